"""Read a framework version from its folder, and say everything that is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from tariff_engine.errors import FrameworkError, Problem
from tariff_engine.framework import Framework
from tariff_engine.framework_checks import check_consistency
from tariff_engine.framework_header import Header
from tariff_engine.framework_rows import COLUMNS, HEADER_FILE, RowReader
from tariff_engine.toml_files import read_toml
from tariff_engine.vocabulary import nearest, one_of

MOST_BYTES = 50_000_000
MOST_PROBLEMS = 50

REQUIRED_FILES = (HEADER_FILE, "bands.csv", "tariffs.csv")

# Where a key may be one thing or another, the checker names the alternative as if it were a key.
_ALTERNATIVE = re.compile(r"constrained-|literal\[|function-", re.ASCII)


def read_version(folder: Path) -> tuple[Framework | None, list[Problem]]:
    """Read the version in a folder.

    Returns
    -------
    The framework, or None where an error stands against it; and every problem, errors first.
    """
    files, problems = read_folder(folder)
    return read_files(files, problems)


def read_files(
    files: Mapping[str, bytes],
    found: Sequence[Problem] = (),
    row_numbers: Mapping[str, Sequence[int]] | None = None,
) -> tuple[Framework | None, list[Problem]]:
    """Read a version from its files' bytes by name, wherever they came from.

    Parameters
    ----------
    found : problems that getting the files has shown; an error among them leaves no framework.
    row_numbers : by CSV file, the number of each filled row as a person sees it, where that isn't the file's.

    Returns
    -------
    The framework, or None where an error stands against it; and every problem, errors first.
    """
    problems = list(found)
    reader = RowReader(problems)
    header = _header(files[HEADER_FILE], reader) if HEADER_FILE in files else None
    if header is not None:
        reader.sources = frozenset(source.id for source in header.sources)
    numbers = row_numbers or {}
    tables = {name: reader.table(name, files[name], numbers.get(name, ())) for name in COLUMNS if name in files}
    if header is None or any(problem.severity == "error" for problem in problems):
        return None, _errors_first(problems)
    framework = Framework(
        header=header,
        bands=tuple(sorted(tables["bands.csv"], key=lambda band: band.order)),
        tariffs=tuple(tables["tariffs.csv"]),
        place_rates=tuple(tables.get("places.csv", ())),
        uplifts={uplift.code: uplift for uplift in tables.get("uplifts.csv", ())},
        area_costs={area.la_code: area for area in tables.get("area_costs.csv", ())},
        content_hash=content_hash(files),
    )
    problems += check_consistency(framework)
    failed = any(problem.severity == "error" for problem in problems)
    return (None if failed else framework), _errors_first(problems)


def load_version(folder: Path) -> Framework:
    """Read the version in a folder, or raise FrameworkError with every problem."""
    framework, problems = read_version(folder)
    if framework is None:
        raise FrameworkError([problem for problem in problems if problem.severity == "error"])
    return framework


def read_folder(folder: Path) -> tuple[dict[str, bytes], list[Problem]]:
    """The bytes of a version's files in a folder by name, and what is wrong with the folder."""
    contents: dict[str, bytes] = {}
    problems: list[Problem] = []
    for name in (HEADER_FILE, *COLUMNS):
        path = folder / name
        if not path.is_file():
            if name in REQUIRED_FILES:
                problems.append(Problem("error", name, None, "", f"there is no such file in {folder.name}"))
            continue
        if path.stat().st_size > MOST_BYTES:
            problems.append(Problem("error", name, None, "", f"the file is above {MOST_BYTES // 1_000_000} MB"))
            continue
        contents[name] = path.read_bytes()
    strays = sorted(path.name for path in folder.glob("*.csv") if path.name not in COLUMNS)
    problems += [
        Problem("warning", stray, None, "", f"isn't a file of a version; {one_of(stray, list(COLUMNS))}")
        for stray in strays[:MOST_PROBLEMS]
    ]
    return contents, problems


def content_hash(contents: Mapping[str, bytes]) -> str:
    """SHA-256 over the version's files by sorted name, each as name, NUL, bytes, NUL."""
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(name.encode() + b"\0" + contents[name] + b"\0")
    return digest.hexdigest()


def _errors_first(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.severity != "error")


def _header(content: bytes, reader: RowReader) -> Header | None:
    try:
        return Header.model_validate(_with_tuples(read_toml(content)))
    except ValidationError as error:
        _note_problems(error, reader)
    except ValueError as error:
        reader.error(HEADER_FILE, None, "", str(error))
    return None


def _note_problems(error: ValidationError, reader: RowReader) -> None:
    """One problem a key, up to a number that a person would read."""
    said: dict[str, list[str]] = {}
    details = error.errors(include_url=False)
    for detail in details[:MOST_PROBLEMS]:
        said.setdefault(_key(detail["loc"]), []).append(_expected(cast(Mapping[str, Any], detail)))
    for key, messages in said.items():
        reader.error(HEADER_FILE, None, key, "; or ".join(messages))
    if len(details) > MOST_PROBLEMS:
        reader.error(HEADER_FILE, None, "", f"and {len(details) - MOST_PROBLEMS:,} problems more")


def _with_tuples(value: Any) -> Any:
    """The same tables with tuples for lists, as a framework never changes."""
    if isinstance(value, dict):
        return {key: _with_tuples(part) for key, part in value.items()}
    return tuple(_with_tuples(part) for part in value) if isinstance(value, list) else value


def _key(location: Sequence[int | str]) -> str:
    """A place in the file as its author sees it: ``proration.terms[2].share``, counting from 1."""
    key = ""
    for part in location:
        if isinstance(part, str) and _ALTERNATIVE.match(part):
            continue
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def _expected(detail: Mapping[str, Any]) -> str:
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        near = nearest(str(detail["loc"][-1]), _known_keys())
        return "is not a key of a framework" + (f"; did you mean {near}?" if near else "")
    if kind == "missing":
        return "is required and isn't there"
    message = str(detail["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return message
    shown = repr(given) if len(repr(given)) <= 60 else f"{type(given).__name__}"
    if kind in ("literal_error", "enum"):
        choices = [
            c.strip(" '") for c in str(detail.get("ctx", {}).get("expected", "")).replace(" or ", ",").split(",")
        ]
        return f"{shown}: {one_of(str(given), choices)}"
    return f"{shown}: {message[:1].lower()}{message[1:]}"


def _known_keys() -> set[str]:
    from tariff_engine import framework_header as parts

    models = (
        parts.Header,
        parts.Source,
        parts.NeedArea,
        parts.Banding,
        parts.CoOccurrence,
        parts.Proration,
        parts.Term,
        parts.SchoolTerm,
    )
    return {info.alias or name for model in models for name, info in model.model_fields.items()}
