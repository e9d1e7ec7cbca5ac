"""Price a file for a command: with a sign of life, and with what every command refuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from api.cli.layout import counted
from api.cli.screen import complain, working
from api.notices import Figures, Found
from tariff_engine import Costing, Framework, cost
from tariff_engine.errors import UsageError
from tariff_engine.tables.wording import shown

DONE, DATA, USAGE = 0, 1, 2
"""Exit statuses: done, the data, the command line or a framework."""


def priced(
    caseload: pl.DataFrame | Path,
    framework: str | Framework | Sequence[Framework],
    period: str,
    *,
    providers: Path | None = None,
    as_if: bool = False,
) -> Costing:
    """The costing of a caseload, shown to be under way on a terminal."""
    with working("Pricing"):
        return cost(caseload, framework, period, providers=providers, as_if=as_if)


def refuse_errors(*costings: Found, but: str = "") -> bool:
    """Whether some finding is an error; if so, say that nothing was written, ``but`` what it names."""
    errors = sum(int((costing.findings["severity"] == "error").sum()) for costing in costings)
    if errors:
        verb = "is" if errors == 1 else "are"
        nothing = f"nothing was written but {but}" if but else "nothing was written"
        complain(f"There {verb} {counted(errors, 'error')} in the data, and --strict allows none: {nothing}.")
    return errors > 0


def status_of(*costings: Figures) -> int:
    """0, or 1 where there were rows and none of them could be priced."""
    for costing in costings:
        read = costing.counts["read"]
        if read and not costing.counts["priced"]:
            rows = "The one row" if read == 1 else f"None of the {read:,} rows"
            complain(f"{rows} {'could not' if read == 1 else 'could'} be priced. The findings say why.")
            return DATA
    return DONE


def check_out(out: Path, *inputs: Path | None, option: str = "--out") -> None:
    """Refuse what is no name of a file, and what would write over a file that is being read."""
    if not out.name.strip(".") or out.is_dir():
        raise UsageError(f"{shown(str(out))} is a folder. Add the name of a file to {option}.")
    names = [out, out.with_suffix(f".findings{out.suffix}")]
    for source in inputs:
        if source is not None and source.exists() and any(n.exists() and n.samefile(source) for n in names):
            raise UsageError(f"{shown(source.name)} is the file that is being read. Choose another name for {option}.")
