"""What authorities call the columns, rows and sheets of a remittance, from ``headings.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from tariff_engine.frozen import FrozenDict
from tariff_engine.tables.headers import normalise

_MARKS = re.compile(r"\(\s*(?:£|gbp|incl\.? ?vat|excl\.? ?vat)?\s*\)|[£:.,#*\"']")
_SPACES = re.compile(r"[\s_]+")
_MOST_OF_A_WORD = 60


@dataclass(frozen=True)
class Headings:
    """The known words. ``fields`` gives each spelling its field and its place in the field's list, 0 the best."""

    fields: Mapping[str, tuple[str, int]]
    totals: tuple[str, ...]
    balances: tuple[str, ...]
    not_payments: tuple[str, ...]
    explaining: frozenset[str]
    terms: Mapping[str, tuple[int, int]]

    def field_of(self, header: str) -> tuple[str, int] | None:
        """The field that a header names, and how well, or None."""
        return self.fields.get(plain(header))

    def is_no_payment(self, header: str) -> bool:
        """Whether a header that names a period isn't over what was paid for it."""
        words = f" {plain(header)} "
        return any(f" {word} " in words for word in self.not_payments)

    def is_totals(self, text: str) -> bool:
        """Whether a row that starts with a text is a total of others."""
        return _starts(plain(text), self.totals)

    def is_balance(self, text: str) -> bool:
        """Whether a row that starts with a text only carries an amount from page to page."""
        return _starts(plain(text), self.balances)


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """A header in small letters, with single spaces and without marks."""
    return _SPACES.sub(" ", _MARKS.sub(" ", normalise(text[:_MOST_OF_A_WORD]).replace("_", " "))).strip()


@cache
def headings() -> Headings:
    """The words that ship with the project."""
    data = tomllib.loads(files("tariff_engine.remittance").joinpath("headings.toml").read_text(encoding="utf-8"))
    fields: dict[str, tuple[str, int]] = {}
    for field, names in data["fields"].items():
        for at, name in enumerate(names):
            fields.setdefault(plain(name), (field, at))
    return Headings(
        FrozenDict(fields),
        tuple(data["rows"]["totals"]),
        tuple(map(plain, data["rows"]["balances"])),
        tuple(data["periods"]["not_payments"]),
        frozenset(data["sheets"]["explain"]),
        FrozenDict({name: (first, last) for name, (first, last) in data["terms"].items()}),
    )


def _starts(text: str, words: tuple[str, ...]) -> bool:
    return any(text == word or text.startswith(f"{word} ") for word in words)
