"""Random cases: a framework, a caseload and a costing period for it, the same for the same seed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from .calendars import PeriodRefusedError, check_period, last_of_month, parse_period
from .generate_frameworks import FrameworkMaker
from .generate_placements import PlacementMaker, Row, provider_rows
from .rules import Version, versions_for


@dataclass(frozen=True)
class Case:
    """Files of one case on disk, with the period to cost and whether one version is to cover every day."""

    framework_path: Path
    placements_csv: Path
    providers_csv: Path | None
    period: str
    as_if: bool = False


def write_case(seed: int, folder: Path, placements: int = 350) -> Case:
    """Write one case under a folder."""
    rng = Random(seed)
    year = rng.randint(2023, 2028)
    paths = FrameworkMaker(rng, folder / "framework", year).write_versions()
    framework_path = rng.choice((folder / "framework", paths[-1] if rng.random() < 0.3 else folder / "framework"))
    if not versions_for(framework_path):
        framework_path = paths[0]
    versions = versions_for(framework_path)
    period = _period(rng, year, versions)
    as_if = len(versions) == 1 and rng.random() < 0.2
    has_providers = rng.random() < 0.6
    maker = PlacementMaker(rng, versions, parse_period(period))
    placements_csv = folder / "placements.csv"
    _write(placements_csv, maker.rows(placements))
    providers_csv = folder / "providers.csv" if has_providers else None
    if providers_csv is not None:
        _write(providers_csv, provider_rows(rng))
    return Case(framework_path, placements_csv, providers_csv, period, as_if)


def _period(rng: Random, year: int, versions: tuple[Version, ...]) -> str:
    """A year of either kind or a pair of days; where a version can't cut a month, at month ends."""
    after = f"{(year + 1) % 100:02d}"
    kind = rng.random()
    if kind < 0.35:
        return f"FY{year}-{after}"
    if kind < 0.6:
        return f"AY{year}-{after}"
    start = date(year, rng.randint(1, 12), rng.randint(1, 28))
    end = date(year + rng.choice((0, 1)), rng.randint(1, 12), rng.randint(1, 28))
    start, end = min(start, end), max(start, end)
    pair = f"{start}..{end}"
    try:
        check_period(parse_period(pair), versions)
    except PeriodRefusedError:
        return f"{start.replace(day=1)}..{last_of_month(end)}"
    return pair


def _write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
