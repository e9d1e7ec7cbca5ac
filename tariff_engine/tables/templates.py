"""Files to fill in: a table's columns with one worked example."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from tariff_engine.columns import NEED_PREFIX, placement_columns
from tariff_engine.framework import NO_BAND, Framework, Tariff
from tariff_engine.periods import YearBasis
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.writing import write_csv
from tariff_engine.vocabulary import vocabulary

_NEEDS_AFTER = "primary_need"


def write_placements_template(path: Path, framework: Framework | None = None) -> Path:
    """Write a placements file with every column and one worked example row, as CSV.

    With a framework it has a need column for each of its areas, and an example that the framework can price.
    """
    path = Path(path)
    frame = placements_template(framework)
    with whole_or_nothing([path]) as (staged,):
        write_csv(staged, frame, money=())
    return path


def placements_template(framework: Framework | None = None) -> pl.DataFrame:
    """The template as a frame of text."""
    example = _PLAIN_EXAMPLE | (_example_of(framework) if framework else {"start_date": _this_september()})
    names: list[str] = []
    for name in placement_columns():
        names.append(name)
        if name == _NEEDS_AFTER and framework is not None:
            names += [NEED_PREFIX + area.code for area in framework.header.need_areas]
    return pl.DataFrame({name: pl.Series([example.get(name)], dtype=pl.String) for name in names})


_PLAIN_EXAMPLE = {
    "placement_id": "EXAMPLE-1",
    "child_id": "pseudonym-1",
    "home_la": "330",
    "provider_id": "100001",
    "provider_type": "maintained",
    "provision": "mainstream",
    "nc_year": "5",
    "primary_need": "SLCN",
    "fte": "1",
    "count": "1",
}


def _this_september() -> str:
    """The first day of the academic year that today is in."""
    first, _ = YearBasis.ACADEMIC.year_of(datetime.now(UTC).date())
    return first.isoformat()


def _example_of(framework: Framework) -> dict[str, str]:
    """A placement that one of the framework's rows fits, its own authority's if it has one."""
    header = framework.header
    tariff = _simplest(framework)
    example = {"start_date": header.effective_from.isoformat()}
    if header.jurisdiction in vocabulary().local_authorities:
        example["home_la"] = header.jurisdiction
    if header.need_areas:
        example["primary_need"] = next(iter(header.need_areas[0].primary_needs), _PLAIN_EXAMPLE["primary_need"])
        example |= {NEED_PREFIX + area.code: str(min(1, area.highest_level)) for area in header.need_areas}
    if tariff is None:
        return example
    example["provision"] = tariff.provision
    if tariff.provider_id:
        example["provider_id"] = tariff.provider_id
    if tariff.band not in ("", NO_BAND):
        example |= {"band": tariff.band, "band_reason": "Agreed by the panel"}
    if tariff.phase:
        example["nc_year"] = str(_year_group(tariff.phase))
    if tariff.unit == "hour":
        example["support_hours"] = "15"
    if tariff.price_basis == "agreed":
        example["agreed_price"] = "12345.00"
    return example


def _simplest(framework: Framework) -> Tariff | None:
    """The first row with a rate, by the year before by the hour, week or day."""
    rows = [row for row in framework.tariffs if row.price_basis == "tariff"] or list(framework.tariffs)
    return min(rows, key=lambda row: row.unit != "year", default=None)


def _year_group(phase: str) -> int:
    """A year group in a phase."""
    known = vocabulary().phases[phase]
    if known.from_nc_year is not None:
        return known.from_nc_year + (known.to_nc_year is not None)
    return known.to_nc_year if known.to_nc_year is not None else 0
