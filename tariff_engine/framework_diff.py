"""What differs between two framework versions, value by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import polars as pl

from tariff_engine import money
from tariff_engine.framework import Framework

SCHEMA: dict[str, pl.DataType] = {
    "table": pl.String(),
    "key": pl.String(),
    "field": pl.String(),
    "old": pl.String(),
    "new": pl.String(),
}
_PENCE = {"rate_pence", "minimum_pence", "maximum_pence"}
_MILLIONTHS = {"factor_millionths", "minimum_score"}
_NOT_CONTENT = {"row", "source_id"}


def diff_frameworks(old: Framework, new: Framework) -> pl.DataFrame:
    """Every value that differs.

    Returns
    -------
    Columns table, key, field, old, new: one row a value, in pounds or decimals as the files have them;
    ``old`` is null for what was added, ``new`` for what was taken away.
    """
    before, after = _contents(old), _contents(new)
    rows: list[dict[str, str | None]] = []
    for table, key in dict.fromkeys([*before, *after]):
        was, now = before.get((table, key), {}), after.get((table, key), {})
        rows += [
            {"table": table, "key": key, "field": name, "old": was.get(name), "new": now.get(name)}
            for name in dict.fromkeys([*was, *now])
            if was.get(name) != now.get(name)
        ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _contents(framework: Framework) -> dict[tuple[str, str], dict[str, str | None]]:
    header = framework.header.model_dump(mode="json", by_alias=True, exclude={"sources"})
    for key in ("weeks_per_year", "days_per_year"):
        header[key] = None if header[key] is None else money.show_factor(header[key])
    weights = header["banding"]["weights"]
    header["banding"]["weights"] = {area: [money.show_factor(w) for w in row] for area, row in weights.items()}
    contents: dict[tuple[str, str], dict[str, str | None]] = {("framework", ""): dict(_flat(header))}
    for band in framework.bands:
        contents["bands", band.code] = _values(band)
    for tariff in framework.tariffs:
        contents["tariffs", " / ".join(part or "any" for part in tariff.key)] = _values(tariff)
    for rate in framework.place_rates:
        contents["places", f"{rate.provision} / {rate.phase} / {rate.occupancy}"] = _values(rate)
    for uplift in framework.uplifts.values():
        contents["uplifts", uplift.code] = _values(uplift, pence=uplift.kind == "amount")
    for area in framework.area_costs.values():
        contents["area_costs", area.la_code] = _values(area)
    return contents


def _values(row: Any, pence: bool = True) -> dict[str, str | None]:
    return {
        f.name.removesuffix("_pence").removesuffix("_millionths"): _shown(f.name, getattr(row, f.name), pence)
        for f in fields(row)
        if f.name not in _NOT_CONTENT
    }


def _shown(name: str, value: Any, pence: bool) -> str | None:
    if value is None or value == "":
        return None
    if name in _PENCE or (name == "value" and pence):
        return money.format_pounds(value)
    if name in _MILLIONTHS or name == "value":
        return money.show_factor(value)
    if isinstance(value, tuple):
        return ";".join(value) or None
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _flat(value: Any, prefix: str = "") -> list[tuple[str, str | None]]:
    """A nested table as dotted keys, with lists counted from 1."""
    if isinstance(value, Mapping):
        return [item for key, part in value.items() for item in _flat(part, f"{prefix}.{key}" if prefix else str(key))]
    if isinstance(value, list):
        return [item for index, part in enumerate(value, start=1) for item in _flat(part, f"{prefix}[{index}]")]
    return [(prefix, None if value in (None, "") else str(value))]
