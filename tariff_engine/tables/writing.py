"""Writing a result and what belongs to it: CSV, Parquet, Arrow or one spreadsheet, all of it or nothing.

Money comes in as whole pence. CSV and spreadsheets show pounds with two decimals; Parquet and Arrow keep pence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from tariff_engine.errors import UsageError
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.book.pages import CostingPages
from tariff_engine.tables.guarding import mark, mark_text
from tariff_engine.tables.wording import pounds_text, shown

_SUFFIXES = (".csv", ".parquet", ".arrow", ".xlsx", ".ods")
_BLOCK_ROWS = 100_000
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
    stem = out.with_suffix("") if out.suffix else out
    if suffix in (".xlsx", ".ods"):
        spare([out], inputs)
        with whole_or_nothing([out]) as (staged,):
            write = _spreadsheet_writer(suffix)
            made = None if pages is None else pages()
            write(staged, tables, provenance, money_columns, main=main, rules=rules, summary=summary, pages=made)
        return [out]
    names = [main, *(name for name in tables if name != main)]
    targets = [out if out.suffix else stem.with_name(stem.name + suffix)]
    targets += [stem.with_name(f"{stem.name}.{name}{suffix}") for name in names[1:]]
    targets.append(stem.with_name(f"{stem.name}.provenance.json"))
    spare(targets, inputs)
    with whole_or_nothing(targets) as staged:
        for path, name in zip(staged[:-1], names, strict=True):
            _write_table(path, suffix, tables[name], money_columns.get(name, ()))
        staged[-1].write_text(provenance_text(provenance), encoding="utf-8", newline="\n")
    return targets


def write_csv(path: Path, frame: pl.DataFrame, money: Collection[str]) -> None:
    """Write one table as CSV: UTF-8 without a mark, lines ending in a line feed, a null as a blank cell.

    ``money`` names the columns of whole pence, shown as pounds. Text that a spreadsheet would run is marked.
    """
    with path.open("wb") as file:
        shown_columns = _as_shown(frame.schema, money)
        header = pl.DataFrame({mark(name): [] for name in frame.columns}, schema_overrides=None)
        header.write_csv(file, include_header=True)
        for block in frame.iter_slices(_BLOCK_ROWS):
            block.select(shown_columns).write_csv(file, include_header=False, quote_style="necessary")


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


def _write_table(path: Path, suffix: str, frame: pl.DataFrame, money: Collection[str]) -> None:
    if suffix == ".csv":
        write_csv(path, frame, money)
    elif suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_ipc(path, compression="zstd")


def _as_shown(schema: pl.Schema, money: Collection[str]) -> list[pl.Expr]:
    columns = []
    for name, dtype in schema.items():
        column = pl.col(name)
        if name in money:
            column = pounds_text(column.cast(pl.Int64)).alias(name)
        elif dtype in (pl.String, pl.Categorical, pl.Enum):
            column = mark_text(column.cast(pl.String)).alias(name)
        columns.append(column)
    return columns


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
