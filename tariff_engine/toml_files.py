"""TOML from somebody else's file, within limits that a hand-written one never meets."""

from __future__ import annotations

import tomllib
from typing import Any

MOST_BYTES = 1_000_000
MOST_LINE = 8_192
MOST_DOTS = 200


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
