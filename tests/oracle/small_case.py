"""Small frameworks and placements by hand, for the oracle's own tests."""

from __future__ import annotations

from pathlib import Path

from .oracle import Answer, Line, cost_exactly

BANDS = """band,order,title,minimum_score,level,descriptor,source_id
B1,1,Band 1,,1,,s
B2,2,Band 2,,2,,s
B3,3,Band 3,,3,,s
B4,4,Band 4,,,,s
"""
TARIFF_HEAD = "provision,provider_id,band,phase,price_basis,unit,rate,minimum,maximum,area_cost,source_id\n"
NEEDS = ("need_learning", "need_social")
_TOML = """
id = "small"
version = "{version}"
title = "A small framework"
publisher = "Nobody"
jurisdiction = "878"
legal_status = "{status}"
effective_from = {start}
{end}
year_basis = "{basis}"
weeks_per_year = 39
days_per_year = 190
places_rounding = "exact"

[proration]
{proration}

[[sources]]
id = "s"
title = "By hand"
publisher = "Nobody"
url = "https://example.org/s"
last_checked_on = 2026-11-23

[[need_areas]]
code = "learning"
title = "Learning"
primary_needs = ["SLD", "MLD"]
levels = ["none", "some", "more", "most"]

[[need_areas]]
code = "social"
title = "Social"
primary_needs = ["SEMH"]
levels = ["none", "some", "more", "most"]

[banding]
rule = "{rule}"
{banding}
"""


def write_framework(
    folder: Path,
    tariffs: str,
    *,
    version: str = "v1",
    start: str = "2015-04-01",
    end: str = "",
    status: str = "in_force",
    basis: str = "financial",
    proration: str = 'method = "calendar_days"',
    rule: str = "highest_level",
    banding: str = "",
    bands: str = BANDS,
    **tables: str,
) -> Path:
    """Write one version under a folder and return the folder; ``tables`` are further files by name."""
    path = folder / version
    path.mkdir(parents=True)
    ending = f"effective_to = {end}" if end else ""
    text = _TOML.format(
        version=version,
        start=start,
        end=ending,
        status=status,
        basis=basis,
        proration=proration,
        rule=rule,
        banding=banding,
    )
    (path / "framework.toml").write_text(text, encoding="utf-8")
    (path / "bands.csv").write_text(bands, encoding="utf-8")
    (path / "tariffs.csv").write_text(TARIFF_HEAD + tariffs, encoding="utf-8")
    for name, content in tables.items():
        (path / f"{name}.csv").write_text(content, encoding="utf-8")
    return folder


def placement(**cells: str) -> dict[str, str]:
    """A placement row: one child at one special school, no need anywhere, from 1 April 2025 on."""
    row = {
        "placement_id": "P1",
        "child_id": "C1",
        "home_la": "878",
        "provider_id": "100001",
        "provider_type": "maintained",
        "provision": "special",
        "start_date": "2025-04-01",
    }
    return row | dict.fromkeys(NEEDS, "0") | cells


def cost_rows(folder: Path, *rows: dict[str, str], period: str = "FY2025-26") -> Answer:
    """Cost rows by hand."""
    return cost_exactly(folder, rows, period)


def cost_one(folder: Path, period: str = "FY2025-26", **cells: str) -> Line:
    """The only line of one placement."""
    (line,) = cost_rows(folder, placement(**cells), period=period).lines
    return line


def paid(line: Line) -> list[int | None]:
    """The months of a line in which something falls due, in order. [pence]"""
    return [pence for pence in line.months.values() if pence != 0]
