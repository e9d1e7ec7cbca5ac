"""TOML from somebody else's file, within limits that a hand-written one never meets; and TOML out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

MOST_BYTES = 1_000_000
MOST_LINE = 8_192
MOST_DOTS = 200

_LINE = re.compile(
    r"""(?P<key>[A-Za-z0-9_-]+)(?P<before>\s*=\s*)(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'\[{]+)(?P<after>\s*(?:#.*)?)"""
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 100
_LONGEST_LINE = 1_000
_MOST_DOTS_IN_LINE = 100


def read_toml(content: bytes) -> dict[str, Any]:
    """The tables of a TOML file; ValueError says what is wrong, also with one that is made to be slow."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"is above {MOST_BYTES // 1_000_000} MB")
    for line in content.splitlines():
        if len(line) > MOST_LINE or line.count(b".") > MOST_DOTS:
            raise ValueError(f"has a line of more than {MOST_LINE:,} characters or {MOST_DOTS} dots")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not a UTF-8 TOML file: {error}") from None


def write_toml(tables: Mapping[str, Any]) -> bytes:
    """Tables of text, whole numbers, truth values, dates, lists and tables as a TOML file.

    ``read_toml`` gives them back as they are. The same tables give the same bytes. Long text and long lists are broken
    over lines.
    """
    lines = [*_table(tables, "")]
    return ("\n".join(lines).strip("\n") + "\n").encode()


def edit_toml(content: bytes, values: Mapping[str, Any]) -> bytes:
    """A TOML file with other values for keys above its first table, and all else as it was, comments too.

    A value of None takes its key away, and a key that isn't there is added below the others. A value that is broken
    over several lines is left as it is: read the result, and use it only where it says what was wanted.
    """
    lines = content.decode().splitlines(keepends=True)
    top = next((at for at, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    missing = {key: value for key, value in values.items() if value is not None}
    edited, last = [], 0
    for line in lines[:top]:
        found = _LINE.fullmatch(line.rstrip("\r\n"))
        if found is None or found["key"] not in values:
            edited.append(line)
        elif found["key"] in missing:
            end = line[len(line.rstrip("\r\n")) :]
            edited.append(f"{found['key']}{found['before']}{_value(missing.pop(found['key']))}{found['after']}{end}")
        last = len(edited) if found else last
    edited[last:last] = [f"{_key(key)} = {_value(value)}\n" for key, value in missing.items()]
    return "".join([*edited, *lines[top:]]).encode()


def _table(table: Mapping[str, Any], path: str) -> Iterator[str]:
    """A table's own keys first, then the tables in it, as TOML wants them."""
    below = {key: value for key, value in table.items() if _is_tables(value) or isinstance(value, Mapping)}
    for key, value in table.items():
        if key not in below:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in below.items():
        name = f"{path}.{_key(key)}" if path else _key(key)
        if isinstance(value, Mapping):
            yield from ("", f"[{name}]")
            yield from _table(value, name)
            continue
        for part in value:
            yield from ("", f"[[{name}]]")
            yield from _table(part, name)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) for part in value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)


def _value(value: Any) -> str:
    if isinstance(value, list):
        parts = [_value(part) for part in value]
        line = f"[{', '.join(parts)}]"
        return line if len(line) <= _WIDTH else "\n".join(["[", *(f"    {part}," for part in parts), "]"])
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    """Text on one line, or where that is too long for ``read_toml`` on several that are joined when read."""
    line = _quoted(text)
    if len(line.encode()) <= _LONGEST_LINE and line.count(".") <= _MOST_DOTS_IN_LINE:
        return line
    parts = [_quoted(text[at : at + _WIDTH])[1:-1] for at in range(0, len(text), _WIDTH)]
    # Space at the start of a line is dropped after a backslash that joins it, unless it is spelt out.
    parts = [f"\\u0020{part[1:]}" if part.startswith(" ") else part for part in parts]
    return '"""\\\n' + "\\\n".join(parts) + '"""'


def _quoted(text: str) -> str:
    """Text as a TOML basic string, which has JSON's escapes."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
