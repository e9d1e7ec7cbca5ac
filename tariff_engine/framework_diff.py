"""What differs between two framework versions, value by value, with the change of every amount and factor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from tariff_engine import money
from tariff_engine.framework import Framework, Tariff

SCHEMA: dict[str, pl.DataType] = {
    "table": pl.String(),
    "key": pl.String(),
    "field": pl.String(),
    "old": pl.String(),
    "new": pl.String(),
    "change": pl.String(),
    "percent": pl.String(),
}
POUNDS, DECIMAL = "pounds", "decimal"
"""What a value's number counts: pence, or millionths of one. A rate by the week says so too: ``pounds a week``."""

NEW = "new"
"""What stands for a percentage where there was no value before."""

_PENCE = {"rate_pence", "minimum_pence", "maximum_pence"}
_MILLIONTHS = {"factor_millionths", "minimum_score"}
_NOT_CONTENT = {"row", "source_id"}
_IN_THE_KEY = {"provision", "provider_id", "band", "phase", "occupancy", "code", "la_code"}


@dataclass(frozen=True)
class Value:
    """A value as its file has it; where it is an amount or a factor, its number and what that counts."""

    text: str
    number: int | None = None
    unit: str = ""

    @property
    def in_pounds(self) -> bool:
        """Whether ``number`` is pence."""
        return self.unit.startswith(POUNDS)


@dataclass(frozen=True)
class Difference:
    """A value that differs; ``old`` is None for what was added, ``new`` for what was taken away."""

    table: str
    key: str
    field: str
    old: Value | None
    new: Value | None

    @property
    def in_pounds(self) -> bool:
        """Whether it is an amount now or, where it was taken away, was one."""
        value = self.new or self.old
        return value is not None and value.in_pounds

    @property
    def is_number(self) -> bool:
        """Whether it is an amount or a factor."""
        value = self.new or self.old
        return value is not None and value.number is not None

    @property
    def text(self) -> str:
        """The value before and after, as the files have it: ``rate 4500.00 to 4600.00``."""
        if self.old is None or self.new is None:
            return f"{self.field} {_text(self.new or self.old)} {'added' if self.old is None else 'taken away'}"
        return f"{self.field} {self.old.text} to {self.new.text}"

    @property
    def change(self) -> int | None:
        """New less old; None where one is missing, or the two don't count the same. [pence or millionths]"""
        if self.old is None or self.new is None or self.old.unit != self.new.unit:
            return None
        return None if self.old.number is None or self.new.number is None else self.new.number - self.old.number

    @property
    def percent(self) -> str | None:
        """The change by ``percent_of``, such as ``-2.8``; ``new`` for an amount or a factor from nothing.

        None where the old one is 0, or nothing was changed that can be counted.
        """
        if self.old is None:
            return None if self.new is None or self.new.number is None else NEW
        return None if self.change is None or self.old.number is None else percent_of(self.change, self.old.number)


def diff_frameworks(old: Framework, new: Framework) -> pl.DataFrame:
    """Every value that differs.

    Returns
    -------
    Columns table, key, field, old, new, change, percent: one row a value, in pounds or decimals as the files have
    them; ``old`` is null for what was added, ``new`` for what was taken away. ``change`` is exact and stands beside
    amounts and factors that both versions have in the same unit. ``percent`` is to be read: to one decimal, ``new``
    where there was no value before, null where the old one is 0.
    """
    rows = [
        (d.table, d.key, d.field, _text(d.old), _text(d.new), change_text(d), d.percent) for d in differences(old, new)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def differences(old: Framework, new: Framework) -> Iterator[Difference]:
    """Every value that differs, table by table, in the order of the old version and then of what is new."""
    before, after = _contents(old), _contents(new)
    tables = list(dict.fromkeys(table for table, _ in [*before, *after]))
    for table, key in sorted(dict.fromkeys([*before, *after]), key=lambda row: tables.index(row[0])):
        was, now = before.get((table, key), {}), after.get((table, key), {})
        for name in dict.fromkeys([*was, *now]):
            if _text(was.get(name)) != _text(now.get(name)):
                yield Difference(table, key, name, was.get(name), now.get(name))


def change_text(difference: Difference) -> str | None:
    """The change in pounds or as a decimal: ``336.00``, ``-0.02133``."""
    if difference.change is None or difference.new is None:
        return None
    show = money.format_pounds if difference.new.in_pounds else money.show_factor
    return show(difference.change)


def percent_of(change: int, old: int) -> str | None:
    """A change in per cent of the old amount's size, to one decimal, halves away from zero; None where it is 0."""
    if not old:
        return None
    tenths = money.round_half_away(change * 1000, abs(old))
    return f"{'-' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}"


def tariff_key(tariff: Tariff) -> str:
    """What a tariff row fits, as differences name it: ``special / any / B2 / any``."""
    return " / ".join(part or "any" for part in tariff.key)


def _contents(framework: Framework) -> dict[tuple[str, str], dict[str, Value | None]]:
    contents: dict[tuple[str, str], dict[str, Value | None]] = {("framework", ""): dict(_flat(_header(framework)))}
    for band in framework.bands:
        contents["bands", band.code] = _values(band)
    for tariff in framework.tariffs:
        article = "an" if tariff.unit == "hour" else "a"
        contents["tariffs", tariff_key(tariff)] = _values(tariff, rate_unit=f"{POUNDS} {article} {tariff.unit}")
    for rate in framework.place_rates:
        contents["places", f"{rate.provision} / {rate.phase} / {rate.occupancy}"] = _values(rate)
    for uplift in framework.uplifts.values():
        contents["uplifts", uplift.code] = _values(uplift, value_unit=POUNDS if uplift.kind == "amount" else DECIMAL)
    for area in framework.area_costs.values():
        contents["area_costs", area.la_code] = _values(area)
    return contents


def _header(framework: Framework) -> dict[str, Any]:
    """``framework.toml`` without its sources, its factors as values."""
    header = framework.header.model_dump(mode="json", by_alias=True, exclude={"sources"})
    for key in ("weeks_per_year", "days_per_year"):
        header[key] = None if header[key] is None else _number(header[key], DECIMAL)
    weights = header["banding"]["weights"]
    header["banding"]["weights"] = {area: [_number(w, DECIMAL) for w in row] for area, row in weights.items()}
    return header


def _values(row: Any, rate_unit: str = POUNDS, value_unit: str = "") -> dict[str, Value | None]:
    units = dict.fromkeys(_PENCE, POUNDS) | dict.fromkeys(_MILLIONTHS, DECIMAL)
    units |= {"rate_pence": rate_unit, "value": value_unit}
    return {
        f.name.removesuffix("_pence").removesuffix("_millionths"): _value(getattr(row, f.name), units.get(f.name, ""))
        for f in fields(row)
        if f.name not in _NOT_CONTENT | _IN_THE_KEY
    }


def _value(value: Any, unit: str) -> Value | None:
    if value is None or value == "":
        return None
    if unit:
        return _number(value, unit)
    if isinstance(value, tuple):
        return Value(";".join(value)) if value else None
    return Value({True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value))


def _number(number: int, unit: str) -> Value:
    show = money.format_pounds if unit.startswith(POUNDS) else money.show_factor
    return Value(show(number), number, unit)


def _flat(value: Any, prefix: str = "") -> list[tuple[str, Value | None]]:
    """A nested table as dotted keys, with lists counted from 1."""
    if isinstance(value, Mapping):
        return [item for key, part in value.items() for item in _flat(part, f"{prefix}.{key}" if prefix else str(key))]
    if isinstance(value, list):
        return [item for index, part in enumerate(value, start=1) for item in _flat(part, f"{prefix}[{index}]")]
    return [(prefix, value if isinstance(value, Value) else _value(value, ""))]


def _text(value: Value | None) -> str | None:
    return None if value is None else value.text
