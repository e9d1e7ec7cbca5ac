"""A small framework and small caseloads by hand, as values and as files, for tests that change one thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine import Costing, Framework, cost
from tariff_engine.framework import AreaCost, Band, PlaceRate, Tariff, Uplift
from tariff_engine.framework_checks import check_consistency
from tariff_engine.framework_header import Header

TOML = """\
id = "small"
version = "2025-26"
title = "A small framework"
publisher = "Example County Council"
jurisdiction = "878"
legal_status = "in_force"
effective_from = 2020-04-01
year_basis = "financial"
weeks_per_year = 39
days_per_year = 190

[proration]
method = "calendar_days"
remainder = "spread"

[[sources]]
id = "s"
title = "By hand"
publisher = "Example County Council"
url = "https://www.example.gov.uk/bands"
last_checked_on = 2025-03-31

[[need_areas]]
code = "learning"
title = "Learning"
primary_needs = ["SLD", "MLD"]
levels = ["no need", "some", "more", "most"]

[[need_areas]]
code = "social"
title = "Social"
primary_needs = ["SEMH"]
levels = ["no need", "some", "more", "most"]

[banding]
rule = "highest_level"
"""
BANDS = """\
band,order,title,minimum_score,level,descriptor,source_id
B1,1,Band 1,,1,,s
B2,2,Band 2,,2,,s
B3,3,Band 3,,3,,s
"""
TARIFFS = """\
provision,provider_id,band,phase,price_basis,unit,rate,minimum,maximum,area_cost,source_id
special,,B1,,tariff,year,4500.01,,,no,s
special,,B2,,tariff,year,12132.00,,,no,s
special,,B3,,tariff,year,20000.00,,,no,s
mainstream,,,,tariff,hour,13.04,,,no,s
independent_special,,,,agreed,,,4500.00,63000.00,,s
nmss,,,,agreed,year,30000.00,,,no,s
ap_time_limited,,,,tariff,day,103.25,,,no,s
"""
PLACES = """\
provision,phase,occupancy,rate,source_id
special,pre16,commissioned,10000.00,s
"""
UPLIFTS = """\
code,title,kind,value,provisions,source_id
transport,Transport,amount,1500.00,,s
therapy,Therapy,percent,2.5,special;nmss,s
reduction,Shared staff,amount,-1000.00,,s
"""
FILES: Mapping[str, str] = {
    "framework.toml": TOML,
    "bands.csv": BANDS,
    "tariffs.csv": TARIFFS,
    "places.csv": PLACES,
    "uplifts.csv": UPLIFTS,
}


def write_version(folder: Path, **files: str) -> Path:
    """Write the small version's files into a folder; a keyword such as ``bands_csv`` gives another text."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {**FILES, **{name.replace("_toml", ".toml").replace("_csv", ".csv"): text for name, text in files.items()}}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


HEADER: Mapping[str, Any] = {
    "id": "small",
    "version": "2025-26",
    "title": "A small framework",
    "publisher": "Example County Council",
    "jurisdiction": "878",
    "legal_status": "in_force",
    "effective_from": "2020-04-01",
    "effective_to": None,
    "year_basis": "financial",
    "weeks_per_year": 39,
    "days_per_year": 190,
    "sources": [{"id": "s", "title": "By hand", "url": "https://www.example.gov.uk", "last_checked_on": "2025-03-31"}],
    "need_areas": [
        {"code": "learning", "title": "Learning", "primary_needs": ["SLD", "MLD"], "levels": ["no", "a", "b", "c"]},
        {"code": "social", "title": "Social", "primary_needs": ["SEMH"], "levels": ["no", "a", "b", "c"]},
    ],
    "banding": {"rule": "highest_level"},
}


def a_header(**changes: Any) -> Header:
    """The header of the small version, with some keys changed; dates may be given as text."""
    return Header.model_validate({**HEADER, **changes}, strict=False)


def a_band(code: str, order: int, *, score: int | None = None, level: int | None = None) -> Band:
    """A band; its score is in millionths of a point."""
    return Band(order + 1, code, order, code, score, level, "", "s")


def a_tariff(provision: str = "special", **changes: Any) -> Tariff:
    """A tariff row of 4,500.00 a year that fits everything in a provision, with some cells changed."""
    cells: dict[str, Any] = {
        "row": 2,
        "provision": provision,
        "provider_id": "",
        "band": "",
        "phase": "",
        "price_basis": "tariff",
        "unit": "year",
        "rate_pence": 450000,
        "minimum_pence": None,
        "maximum_pence": None,
        "area_cost": False,
        "source_id": "s",
    }
    return Tariff(**{**cells, **changes})


def an_uplift(code: str = "extra", kind: str = "amount", value: int = 150000, *provisions: str) -> Uplift:
    """An uplift; the value is pence for an amount and millionths of one per cent for a percentage."""
    return Uplift(code, code, "percent" if kind == "percent" else "amount", value, provisions, "s")


THREE_BANDS = (a_band("B1", 1, level=1), a_band("B2", 2, level=2), a_band("B3", 3, level=3))


def a_framework(
    *tariffs: Tariff,
    bands: Sequence[Band] = THREE_BANDS,
    uplifts: Sequence[Uplift] = (),
    places: Sequence[PlaceRate] = (),
    areas: Mapping[str, int] | None = None,
    **header: Any,
) -> Framework:
    """A version as a value. ``areas`` are area costs by authority in millionths."""
    factors = areas or {}
    framework = Framework(
        header=a_header(**header),
        bands=tuple(bands),
        tariffs=tariffs or (a_tariff(),),
        place_rates=tuple(places),
        uplifts={uplift.code: uplift for uplift in uplifts},
        area_costs={code: AreaCost(code, factor, "s") for code, factor in factors.items()},
        content_hash="0" * 64,
    )
    errors = [problem.text() for problem in check_consistency(framework) if problem.severity == "error"]
    if errors:
        raise ValueError("\n".join(errors))
    return framework


PLACEMENT: Mapping[str, str] = {
    "placement_id": "P1",
    "child_id": "C1",
    "home_la": "878",
    "provider_id": "100001",
    "provider_type": "maintained",
    "provision": "special",
    "nc_year": "4",
    "start_date": "2025-04-01",
    "end_date": "",
    "band": "",
    "need_learning": "2",
    "need_social": "0",
}


def a_row(number: int = 1, /, **cells: str) -> dict[str, str]:
    """A placement row: one child all year at one special school, whose needs come to B2."""
    return {**PLACEMENT, "placement_id": f"P{number}", "child_id": f"C{number}", **cells}


def a_caseload(*rows: Mapping[str, str]) -> pl.DataFrame:
    """Rows as a table of text; a column that some row lacks is blank there."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return pl.DataFrame({name: [row.get(name) or None for row in rows] for name in columns}, strict=False).cast(
        pl.String
    )


def cost_rows(
    framework: Framework | Sequence[Framework], *rows: Mapping[str, str], period: str = "FY2025-26", **options: Any
) -> Costing:
    """Price rows by hand."""
    return cost(a_caseload(*rows), framework, period, **options)


def write_csv(path: Path, *rows: Mapping[str, str]) -> Path:
    """Write rows as a CSV file, just as they are given."""
    a_caseload(*rows).write_csv(path)
    return path


def codes(costing: Costing) -> dict[str | None, list[str]]:
    """The codes of a costing's findings by placement, in order."""
    found: dict[str | None, list[str]] = {}
    for placement, code in costing.findings.select("placement_id", "code").iter_rows():
        found.setdefault(placement, []).append(code)
    return found


def message(costing: Costing, code: str, placement: str | None = None) -> str:
    """The message of the only finding of a code, for one placement where several have it."""
    rows = costing.findings.filter(pl.col("code") == code)
    if placement is not None:
        rows = rows.filter(pl.col("placement_id") == placement)
    if rows.height != 1:
        raise ValueError(f"{rows.height} findings of {code}: {rows['message'].to_list()}")
    return str(rows["message"][0])
