"""Fit the prices of the illustrative national framework, and hold them against what was published.

    python -m scenarios.calibration             the table of modelled against published
    python -m scenarios.calibration --write     fit again, and write the rates to the framework's folders

Two factors are fitted, on England's plans of one January: one for state provision, on the published cost of a child in
a state special school, and one for what is bought, on that of a child in an independent or non-maintained one. All
else is held against published figures without fitting again. What stands before the factors is in
``prices/shape.toml``, and what the prices are held against in ``prices/checks.toml``.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.resources import as_file, files
from pathlib import Path

from scenarios.caseload import england_caseload
from scenarios.figures import national_figure
from scenarios.prices.checks import (
    Compared,
    added,
    compare_checks,
    compare_fits,
    in_base_prices,
    spending_by_provision,
)
from scenarios.prices.shape import Group, Row, next_rows, shape, tariff_rows
from tariff_engine import Costing, Framework, cost, load_frameworks, money
from tariff_engine.errors import UsageError
from tariff_engine.framework import Tariff
from tariff_engine.tables.atomic import whole_or_nothing

_COLUMNS = (
    "provision", "provider_id", "band", "phase", "price_basis", "unit", "rate", "minimum", "maximum", "area_cost",
    "source_id",
)  # fmt: skip


@dataclass(frozen=True)
class Fit:
    """The factor of each group of provisions, exact, and the rows of both versions at these factors."""

    factors: Mapping[Group, Fraction]
    rows: tuple[Row, ...]
    next_rows: tuple[Row, ...]


def fit_prices() -> Fit:
    """Fit both factors. The rates that the framework has now play no part: fitting twice gives the same."""
    unfitted: dict[Group, Fraction] = {fit.group: Fraction(1) for fit in shape().fits}
    spending = spending_by_provision(price_england(_with_rows(illustrative_framework(), tariff_rows(unfitted))))
    factors: dict[Group, Fraction] = {}
    for fit in shape().fits:
        found = added(spending, fit.provisions)
        target = in_base_prices(national_figure(fit.figure, fit.year).value, fit.year)
        factors[fit.group] = (target * money.PENCE * found.children - found.place_pence) / found.price_pence
    rows = tariff_rows(factors)
    return Fit(factors, rows, next_rows(rows))


def price_england(framework: Framework) -> Costing:
    """England's plans, from the figures that the project carries, in the framework's first year."""
    return cost(england_caseload(framework).placements, framework, _year_of(framework))


def beside_published(england: Costing) -> list[Compared]:
    """A costing of England beside what the prices were fitted on, and then beside what they were not."""
    spending = spending_by_provision(england)
    return [*compare_fits(spending), *compare_checks(spending, england.frameworks[0])]


def illustrative_framework() -> Framework:
    """The version whose prices are fitted."""
    (version,) = load_frameworks(f"{shape().framework}@{shape().version}")
    return version


def tariffs_csv(rows: Sequence[Row]) -> str:
    """Rows as the text of ``tariffs.csv``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        amounts = ["" if value is None else f"{value}.00" for value in (row.rate, row.minimum, row.maximum)]
        basis, area = "agreed" if row.agreed else "tariff", "yes" if row.area_cost else "no"
        writer.writerow([row.provision, "", row.band, row.phase, basis, row.unit, *amounts, area, row.source_id])
    return text.getvalue()


def table_text(table: Sequence[Compared]) -> str:
    """The table in Markdown, as the documentation has it."""
    lines = [
        f"| | published | in {shape().base_year} prices | modelled | difference |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row.title}{' (fitted)' if row.fitted else ''} | {row.shown(row.as_published)}, {row.year} "
        f"| {row.shown(row.published)} | {row.shown(row.modelled)} | {row.difference} |"
        for row in table
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Print the table; with ``--write``, fit and write the rates first."""
    if list(arguments) not in ([], ["--write"]):
        sys.stderr.write("usage: python -m scenarios.calibration [--write]\n")
        return 2
    framework = illustrative_framework()
    if arguments:
        fit = fit_prices()
        framework = _with_rows(framework, fit.rows)
        _write(shape().version, fit.rows)
        _write(shape().next_version.version, fit.next_rows)
        for group, factor in fit.factors.items():
            sys.stdout.write(f"Factor for {group}: {float(factor):.6f}\n")
    sys.stdout.write(table_text(beside_published(price_england(framework))))
    return 0


def _write(version: str, rows: Sequence[Row]) -> None:
    with as_file(files("bands") / shape().framework / version) as folder:
        path = Path(folder) / "tariffs.csv"
        if not path.is_file():
            raise UsageError(f"{path} isn't there.")
        with whole_or_nothing([path]) as (staged,):
            staged.write_text(tariffs_csv(rows), encoding="utf-8", newline="\n")


def _with_rows(framework: Framework, rows: Sequence[Row]) -> Framework:
    """The framework with other tariff rows."""
    tariffs = tuple(
        Tariff(
            row=number,
            provision=row.provision,
            provider_id="",
            band=row.band,
            phase=row.phase,
            price_basis="agreed" if row.agreed else "tariff",
            unit=row.unit,
            rate_pence=_pence(row.rate),
            minimum_pence=_pence(row.minimum),
            maximum_pence=_pence(row.maximum),
            area_cost=row.area_cost,
            source_id=row.source_id,
        )
        for number, row in enumerate(rows, start=2)
    )
    return replace(framework, tariffs=tariffs)


def _pence(pounds: int | None) -> int | None:
    return None if pounds is None else pounds * money.PENCE


def _year_of(framework: Framework) -> str:
    start, end = framework.header.year_basis.year_of(framework.header.effective_from)
    return f"{start}..{end}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
