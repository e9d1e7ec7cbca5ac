"""The field's codes, loaded once from ``bands/vocabulary.toml`` and ``bands/reference``."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import bands
from tariff_engine.frozen import FrozenDict


@dataclass(frozen=True)
class Provision:
    """Where a child is educated.

    ``high_needs`` is whether the high needs block pays for it, ``has_provider`` whether there is a provider to name,
    ``in_full_time`` whether it is part of a child's full-time place, ``meets_first_part`` whether the school meets the
    first part of extra support from its own notional budget.
    """

    code: str
    title: str
    definition: str
    high_needs: bool
    has_provider: bool
    in_full_time: bool
    meets_first_part: bool


@dataclass(frozen=True)
class Phase:
    """A stage of education by year group; a bound is None where the phase is open at that end.

    ``places`` is what its places are funded as: pre16 or post16.
    """

    code: str
    title: str
    definition: str
    places: str
    from_nc_year: int | None
    to_nc_year: int | None


@dataclass(frozen=True)
class PaymentRule:
    """Who pays and on which section 251 line. An empty tuple, or None, matches anything."""

    provisions: tuple[str, ...]
    provider_types: tuple[str, ...]
    payer_given: str | None
    payer: str
    line: str

    def fits(self, provision: str, provider_type: str | None, payer_given: str | None) -> bool:
        """Whether a placement of this provision, provider type and payer falls under the rule."""
        return (
            (not self.provisions or provision in self.provisions)
            and (not self.provider_types or provider_type in self.provider_types)
            and (self.payer_given is None or payer_given == self.payer_given)
        )


@dataclass(frozen=True)
class PlaceYear:
    """In which month (1 to 12) the second part of a year of places begins. An empty tuple fits anything."""

    provisions: tuple[str, ...]
    phases: tuple[str, ...]
    second_part_from: int

    def fits(self, provision: str, phase: str) -> bool:
        """Whether places of this provision and phase (pre16 or post16) have this year."""
        return (not self.provisions or provision in self.provisions) and (not self.phases or phase in self.phases)


@dataclass(frozen=True)
class Vocabulary:
    """Every code set, in the order of the file; the first of ``provisions`` is provision 0 in the kernel."""

    provisions: Mapping[str, Provision]
    phases: Mapping[str, Phase]
    place_years: tuple[PlaceYear, ...]
    need_codes: Mapping[str, Mapping[str, Any]]
    provider_types: Mapping[str, str]
    payers: Mapping[str, str]
    high_needs_payer: str
    section_251_lines: Mapping[str, Mapping[str, Any]]
    payment_rules: tuple[PaymentRule, ...]
    gias_types: Mapping[str, Mapping[str, Any]]
    local_authorities: Mapping[str, Mapping[str, str]]
    former_authorities: Mapping[str, Mapping[str, str]]
    raw: Mapping[str, Any]

    def provisions_where(self, holds: Callable[[Provision], bool]) -> list[str]:
        """The codes of the provisions of which something holds."""
        return [code for code, provision in self.provisions.items() if holds(provision)]

    def payment(self, provision: str, provider_type: str | None, payer_given: str | None) -> PaymentRule:
        """The first payment rule that fits; the last rule fits everything."""
        return next(r for r in self.payment_rules if r.fits(provision, provider_type, payer_given))

    @property
    def targeted_help_line(self) -> str:
        """The section 251 line of targeted help for mainstream schools."""
        return next(line for line, row in self.section_251_lines.items() if row.get("targeted_help"))

    def place_year(self, provision: str, phase: str) -> PlaceYear:
        """The first year of places that fits; the last one fits everything."""
        return next(year for year in self.place_years if year.fits(provision, phase))

    def school_may_pay(self, provision: str) -> bool:
        """Whether a commissioning school can be the payer for this provision."""
        return any(rule.payer_given is not None and provision in rule.provisions for rule in self.payment_rules)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships with the project."""
    data = tomllib.loads((bands_folder() / "vocabulary.toml").read_text(encoding="utf-8"))
    return Vocabulary(
        provisions=_by(data["provisions"], "code", _provision),
        phases=_by(data["phases"], "code", _phase),
        place_years=tuple(
            PlaceYear(tuple(r.get("provisions", ())), tuple(r.get("phases", ())), r["second_part_from"])
            for r in data["place_years"]
        ),
        need_codes=_by(data["need_codes"], "code", FrozenDict),
        provider_types=_by(data["provider_types"], "code", lambda r: r["title"]),
        payers=_by(data["payers"], "code", lambda r: r["title"]),
        high_needs_payer=next(row["code"] for row in data["payers"] if row.get("high_needs")),
        section_251_lines=_by(data["section_251_lines"], "line", FrozenDict),
        payment_rules=tuple(
            PaymentRule(
                tuple(r.get("provisions", ())),
                tuple(r.get("provider_types", ())),
                r.get("payer_given"),
                r["payer"],
                r["line"],
            )
            for r in data["payment_rules"]
        ),
        gias_types=_by(data["crosswalks"]["gias_types"], "code", FrozenDict),
        local_authorities=_by(_rows("local_authorities.csv"), "code", FrozenDict),
        former_authorities=_by(_rows("former_authorities.csv"), "code", FrozenDict),
        raw=_frozen(data),
    )


def _provision(row: Mapping[str, Any]) -> Provision:
    return Provision(
        row["code"],
        row["title"],
        row["definition"],
        row["high_needs"],
        row.get("has_provider", True),
        row.get("in_full_time", True),
        row.get("meets_first_part", False),
    )


def _phase(row: Mapping[str, Any]) -> Phase:
    return Phase(
        row["code"],
        row["title"],
        row["definition"],
        row["places"],
        row.get("from_nc_year"),
        row.get("to_nc_year"),
    )


def nearest(value: str, choices: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The choice most like ``value``, compared without case, or None where none is as near as ``cutoff`` (0 to 1)."""
    folded = {choice.casefold(): choice for choice in choices}
    from difflib import get_close_matches  # wanted only where something is misspelt

    found = get_close_matches(value.casefold(), folded, n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


class NotAmong(ValueError):
    """A value that is none of the choices; its text says what was expected, and works the nearest out when asked."""

    def __init__(self, value: str, choices: Sequence[str], what: str = "codes") -> None:
        super().__init__(value)
        self._value, self._choices, self._what = value, choices, what

    def __str__(self) -> str:
        return one_of(self._value, self._choices, self._what)

    @property
    def briefly(self) -> str:
        """The text without the nearest match, which takes time to find."""
        return _expected(self._choices, self._what)


def one_of(value: str, choices: Sequence[str], what: str = "codes") -> str:
    """The end of a message: what was expected, and the nearest match to what was given."""
    near = nearest(value, choices)
    hint = f"; did you mean {near}?" if near else ""
    return _expected(choices, what) + hint


def _expected(choices: Sequence[str], what: str) -> str:
    return "expected " + (", ".join(choices) if len(choices) <= _LISTED else f"one of {len(choices)} {what}")


_LISTED = 20


def bands_folder() -> Path:
    """Where the data that ships with the project lies."""
    return Path(bands.__path__[0])


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((bands_folder() / "reference" / name).read_text(encoding="utf-8"))))


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return FrozenDict({key: _frozen(part) for key, part in value.items()})
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def _by(rows: Iterable[Mapping[str, Any]], key: str, make: Any) -> Mapping[str, Any]:
    return FrozenDict({row[key]: make(row) for row in rows})
