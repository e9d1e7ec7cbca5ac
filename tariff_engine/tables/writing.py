"""Writing a result and what belongs to it: CSV, Parquet, Arrow or one spreadsheet, all of it or nothing.

Money comes in as whole pence. CSV and spreadsheets show pounds with two decimals; Parquet and Arrow keep pence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.errors import UsageError
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.book.pages import CostingPages
from tariff_engine.tables.sinks import STREAMED_SUFFIXES, Write, open_table
from tariff_engine.tables.wording import shown

_SUFFIXES = (*STREAMED_SUFFIXES, ".xlsx", ".ods")
_FRAMEWORK_FILE = "framework.toml"


def write_outputs(
    out: Path,
    tables: Mapping[str, pl.DataFrame],
    provenance: Mapping[str, Any],
    money_columns: Mapping[str, Collection[str]],
    *,
    main: str = "costing",
    rules: pl.DataFrame | None = None,
    summary: Sequence[tuple[str, pl.DataFrame]] = (),
    pages: Callable[[], CostingPages] | None = None,
    inputs: Collection[Path] = (),
) -> list[Path]:
    """Write tables in the form that ``out`` ends in; no ending is CSV.

    Parameters
    ----------
    out : ``OUT.csv`` gives OUT.csv with the main table, OUT.<name>.csv for each other one and
        OUT.provenance.json; ``.parquet`` and ``.arrow`` the same; ``.xlsx`` and ``.ods`` one file of sheets.
    tables : frames by name, such as costing and findings.
    money_columns : for each table, and for ``rules`` and ``summary``, the columns that hold pence.
    main : the table that carries the name of ``out`` itself.
    rules, summary : for spreadsheets only: the rules in force, and blocks of a title and a frame.
    pages : for spreadsheets, in place of ``rules`` and ``summary``: the pages of a costing. In ``.xlsx`` their totals
        are formulas over the main table, in ``.ods`` values.
    inputs : files that must not be overwritten.

    Returns
    -------
    The files written.

    Raises
    ------
    UsageError : the ending, the folder or the size doesn't allow it. Nothing is written.
    """
    out = Path(out)
    if out.name in ("", "..") or out.is_dir():
        raise UsageError(f"{shown(str(out))} is a folder. Give the file's name too, such as costing.csv.")
    suffix = out.suffix.lower() or ".csv"
    if suffix not in _SUFFIXES:
        raise UsageError(f"{shown(out.name)} must end in .csv, .xlsx, .ods, .parquet or .arrow.")
    if suffix in (".xlsx", ".ods"):
        spare([out], inputs)
        with whole_or_nothing([out]) as (staged,):
            write = _spreadsheet_writer(suffix)
            made = None if pages is None else pages()
            write(staged, tables, provenance, money_columns, main=main, rules=rules, summary=summary, pages=made)
        return [out]
    others = [name for name in tables if name != main]
    with open_outputs(out, main, others, money_columns, inputs) as outputs:
        for name, write in outputs.tables.items():
            write(tables[name])
        outputs.write_provenance(provenance)
    return outputs.files


@contextmanager
def open_outputs(
    out: Path, main: str, others: Sequence[str], money_columns: Mapping[str, Collection[str]], inputs: Collection[Path]
) -> Iterator[Outputs]:
    """Open the files of tables that are written some rows at a time: on leaving they appear, all of them or none.

    The parameters are those of ``write_outputs``; the forms are CSV, Parquet and Arrow.
    """
    targets = output_files(out, [main, *others])
    suffix = targets[0].suffix.lower()
    spare(targets, inputs)
    with whole_or_nothing(targets) as staged, ExitStack() as stack:
        tables = {
            name: stack.enter_context(open_table(path, suffix, money_columns.get(name, ())))
            for path, name in zip(staged, [main, *others], strict=False)
        }
        yield Outputs(targets, tables, staged[-1])


@dataclass(frozen=True)
class Outputs:
    """Files that are being written: what takes the next rows of each table, and where provenance goes."""

    files: list[Path]
    tables: Mapping[str, Write]
    provenance_file: Path

    def write_provenance(self, provenance: Mapping[str, Any]) -> None:
        """Write where the figures come from."""
        self.provenance_file.write_text(provenance_text(provenance), encoding="utf-8", newline="\n")


def output_files(out: Path, tables: Sequence[str]) -> list[Path]:
    """The files that tables are written to, the first under the name itself, and that of provenance."""
    suffix = out.suffix or ".csv"
    stem = out.with_suffix("") if out.suffix else out
    others = [f"{stem.name}.{name}{suffix.lower()}" for name in tables[1:]]
    return [
        out if out.suffix else stem.with_name(stem.name + suffix),
        *(stem.with_name(name) for name in [*others, f"{stem.name}.provenance.json"]),
    ]


def provenance_text(provenance: Mapping[str, Any]) -> str:
    """Provenance as JSON, keys in the order given; dates as ISO text."""
    return json.dumps(provenance, indent=2, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"


def _spreadsheet_writer(suffix: str) -> Callable[..., None]:
    """The writer of a spreadsheet, imported when it is used, as most runs need none."""
    if suffix == ".ods":
        from tariff_engine.tables.ods import write_ods

        return write_ods
    from tariff_engine.tables.workbook import write_workbook

    return write_workbook


def spare(targets: Sequence[Path], inputs: Collection[Path]) -> None:
    """Refuse, as UsageError, to write over a part of a framework or over a file that is being read."""
    for target in targets:
        if target.exists() and (target.parent / _FRAMEWORK_FILE).exists():
            raise UsageError(f"{shown(target.name)} is part of a framework. Choose another folder.")
        if target.exists() and any(other.exists() and target.samefile(other) for other in inputs):
            raise UsageError(f"{shown(target.name)} is the file that is being read. Choose another name.")


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in provenance")
