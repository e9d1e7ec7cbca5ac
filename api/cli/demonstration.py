"""The command demo: the main job on a made-up authority, from start to finish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from api.cli.comparing import comparison_document, comparison_lines
from api.cli.costings import DONE, priced
from api.cli.england import england_document, england_lines
from api.cli.layout import WIDTH, Line, counted, heading, paragraph
from api.cli.options import AsJson, Quiet
from api.cli.samples import illustrative, write_frame
from api.cli.screen import say, say_json, working
from api.cli.summary import costing_lines, explanation_lines
from scenarios.calibration import price_england
from scenarios.compare import Comparison
from scenarios.compare import compare as compare_costings
from scenarios.sample import sample_caseload
from tariff_engine import Costing, Framework
from tariff_engine.errors import UsageError
from tariff_engine.explanation import Explanation
from tariff_engine.periods import YearBasis
from tariff_engine.tables.atomic import whole_or_nothing

ROWS, SEED = 6_144, 2
"""The made-up authority: how many placements, and the seed that makes the same ones every time."""


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder for the results; made if it isn't there.")
    ] = Path("tariff-engine-demo"),
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Price a made-up authority under two frameworks, compare them, explain one child, and price England."""
    before, after = _two_versions()
    period = _year_of(before)
    folder = _folder(out)
    with working("Making a caseload"):
        caseload = sample_caseload(ROWS, SEED, (before,))
    write_frame(folder / "placements.csv", caseload)
    source = folder / "placements.csv"
    first = priced(source, before, period)
    second = priced(source, after, period, as_if=True)
    comparison = compare_costings(first, second)
    explanation = first.explain(_telling(first))
    with working("Pricing England"):
        england = price_england(before)
    with working("Writing"):
        files = [
            source,
            *_write_both(first, folder / f"costing-{before.version}", ".csv"),
            *_write_both(second, folder / f"costing-{after.version}-as-if", ".csv"),
            *comparison.write(folder / "comparison.csv"),
            _write_text(folder / "one-child.txt", explanation.text()),
            *_write_both(england, folder / "england", ".parquet"),
        ]
    if json:
        said = comparison_document(comparison, (first, second))
        said |= {"explanation": explanation.to_dict(), "england": england_document(england)}
        say_json({**said, "files": [str(path) for path in files]})
    else:
        say(_lines(comparison, (first, second), explanation, england, files), quiet=quiet)
    raise typer.Exit(DONE)


def _two_versions() -> tuple[Framework, Framework]:
    versions = illustrative()
    return versions[0], versions[-1]


def _year_of(framework: Framework) -> str:
    """The first year of a version's own basis, as a period."""
    start, end = framework.header.year_basis.year_of(framework.header.effective_from)
    return f"{'FY' if framework.header.year_basis is YearBasis.FINANCIAL else 'AY'}{start.year}-{end.year % 100:02d}"


def _folder(out: Path) -> Path:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file. Choose a folder for --out.")
    out.mkdir(parents=True, exist_ok=True)
    return out


def _write_both(costing: Costing, stem: Path, ending: str) -> list[Path]:
    """A costing as a file for programs, and as a workbook where the packages for that are installed."""
    files = costing.write(stem.with_name(f"{stem.name}{ending}"))
    if find_spec("xlsxwriter") is not None:
        files += costing.write(stem.with_name(f"{stem.name}.xlsx"))
    return files


def _write_text(path: Path, text: str) -> Path:
    with whole_or_nothing([path]) as (staged,):
        staged.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def _telling(costing: Costing) -> str:
    """A placement whose explanation shows most: a band, uplifts and a place, for part of the year."""
    whole = (costing.period.end - costing.period.start).days + 1
    lines = costing.lines.filter(pl.col("amount") > 0)
    best = lines.sort(
        pl.col("placement_id").is_unique() & pl.col("band_assessed").is_not_null() & (pl.col("days") < whole),
        pl.col("annual_uplifts") > 0,
        pl.col("place_value").fill_null(0),
        descending=True,
        maintain_order=True,
    )
    return str(best["placement_id"][0])


def _lines(
    comparison: Comparison,
    costings: tuple[Costing, Costing],
    explanation: Explanation,
    england: Costing,
    files: Sequence[Path],
) -> Iterator[Line]:
    first, second = costings
    before, after = first.frameworks[0], second.frameworks[0]
    yield from paragraph(
        f"A made-up authority with {counted(first.counts['read'], 'placement')}; nobody in it is real. It is priced "
        f"for {first.period.name} under {before.name}, and then under {after.name} as if that were in effect in the "
        "same year, so that only the rules differ."
    )
    yield from _title(1, f"What {before.name} costs")
    yield from costing_lines(first)
    yield from _title(2, f"What changes under {after.name}")
    yield from comparison_lines(comparison, costings)
    yield from _title(3, f"One child in full: placement {explanation.placement_id} under {before.name}")
    yield Line()
    yield from explanation_lines(explanation)
    yield from _title(4, f"England's plans under {before.name}")
    yield from england_lines(england)
    yield from _title(5, "What was written")
    for path in files:
        yield Line(f"  {path}")
    yield Line()
    workbooks = [path for path in files if path.suffix == ".xlsx"]
    opened = workbooks[0] if workbooks else next(path for path in files if path.name.startswith("costing"))
    yield from paragraph(f"Open first: {opened}", "good")


def _title(number: int, text: str) -> Iterator[Line]:
    yield from heading(f"{number}. {text}")
    yield Line("=" * min(WIDTH, len(text) + 3), "faint")
