"""Price a large file straight to files, a part at a time: the same lines and findings as ``cost``, to the byte.

A part is priced by itself, but for what stands twice in the file, which any two rows may. So the file is read twice.
The first time only the identifiers are looked at, and a 64-bit hash is kept of each: rows whose hash is met once stand
once. The few others are read whole, as a caseload of their own, and compared as they stand. The second time each part
is read, told what stands twice in it, priced and written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from tariff_engine import overlaps
from tariff_engine.columns import as_text
from tariff_engine.costing import moment, money_columns, provenance_of
from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.frozen import FrozenDict
from tariff_engine.money import Ints
from tariff_engine.parts import Part, Pricing, Tally, of_rows, of_the_file, providers_of
from tariff_engine.periods import FundingPeriod
from tariff_engine.placements import read_rows, wanted_columns
from tariff_engine.standing import REPEATED_ID, Twice, children_twice, standing_twice
from tariff_engine.tables.contract import MEBIBYTE, Limits
from tariff_engine.tables.sinks import STREAMED_SUFFIXES
from tariff_engine.tables.streams import STREAMED, ColumnarFile, Hashes, Survey, open_columnar
from tariff_engine.tables.writing import open_outputs
from tariff_engine.totals import added, by_code, codes_added, totals_by

LIMITS = Limits(bytes=2_048 * MEBIBYTE, rows=10_000_000)
"""The most that a file may hold that is priced in parts."""

_ID, _CHILD = "placement_id", "child_id"
_MOST_OF_A_CHILD = 1_000_000
"""How many rows of one child are compared with one another, all in memory, in a file that is read in parts."""

_BY = ("provision", "payer")
"""The columns by which totals are kept."""


@dataclass(frozen=True, eq=False)
class PricedFile:
    """What a file costs, whose lines and findings are in the files that they were written to.

    Attributes
    ----------
    counts : rows and children read, priced and set aside, and the pence that each payer pays.
    found : the findings by code and severity: how many, on which rows, and the first message.
    input : the name and the hash of the file that was read.
    totals : by provision and payer.
    files : what was written; nothing where errors were refused.
    """

    frameworks: tuple[Framework, ...]
    period: FundingPeriod
    as_if: bool
    counts: Mapping[str, int]
    created_at: datetime
    found: pl.DataFrame
    input: tuple[str, str]
    files: tuple[Path, ...]
    totals: pl.DataFrame

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the figures come from: engine, framework versions and their hashes, input, period, totals."""
        return provenance_of(self, *self.input)

    def by(self, *columns: str) -> pl.DataFrame:
        """Children, unpriced children and amount by provision and payer."""
        if columns != _BY:
            raise UsageError(f"Of a file that was priced in parts, totals are kept by {' and '.join(_BY)} alone.")
        return self.totals


def can_stream(caseload: Path, out: Path) -> bool:
    """Whether a file can be priced in parts to another: by their endings."""
    return caseload.suffix.lower() in STREAMED and (out.suffix.lower() or ".csv") in STREAMED_SUFFIXES


def price_file(
    caseload: Path,
    framework: str | Path | Framework,
    period: str | FundingPeriod,
    out: Path,
    *,
    providers: pl.DataFrame | str | Path | None = None,
    as_if: bool = False,
    strict: bool = False,
) -> PricedFile:
    """Price a Parquet or Arrow file to CSV, Parquet or Arrow, without holding all of it.

    Parameters
    ----------
    framework, period, providers, as_if : as for ``cost``.
    out : where the lines go; findings and provenance go beside it, as ``Costing.write`` names them.
    strict : write nothing where some finding is an error.

    Raises
    ------
    What ``cost`` and ``Costing.write`` raise. Then nothing is written.
    """
    pricing, kept = Pricing.of(framework, period, as_if), _Kept()
    money = {"costing": money_columns(pricing.period)}
    try:
        with open_outputs(out, "costing", ["findings"], money, [caseload]) as outputs:
            with (
                open_columnar(caseload, wanted_columns(pricing.frameworks), LIMITS) as source,
                TemporaryDirectory(prefix=".", suffix=".part", dir=out.parent) as folder,
            ):
                facts, found_in_facts = providers_of(providers)
                spool = _Spool(Path(folder))
                for part in _parts(source, pricing, facts):
                    outputs.tables["costing"](part.lines)
                    spool.add(part.findings, found_in_facts)
                    kept.add(part)
                for findings in spool.frames():
                    outputs.tables["findings"](findings)
                    kept.found.append(by_code(findings))
                priced = kept.priced(pricing, (source.name, source.sha256), outputs.files)
            if strict and (priced.found["severity"] == "error").any():
                raise _ErrorsRefused
            outputs.write_provenance(priced.provenance)
    except _ErrorsRefused:
        return replace(priced, files=())
    return priced


def _parts(source: ColumnarFile, pricing: Pricing, providers: pl.DataFrame) -> Iterator[Part]:
    """The parts of a file, priced."""
    survey = source.survey([_ID, _CHILD], lambda column: as_text(column).hash().to_numpy())
    twice = None if source.is_one_part else _standing_twice(source, survey, pricing)
    survey = replace(survey, keys={})  # which are large, and have been used
    for raw in source.parts(survey):
        log = FindingsLog()
        read = pricing.read(raw, log)
        yield pricing.price(read, twice or standing_twice(read), providers, log)


def _standing_twice(source: ColumnarFile, survey: Survey, pricing: Pricing) -> Twice:
    """What stands twice in the whole file: sought among the rows whose identifiers may be those of other rows too."""
    ids = source.some(survey.rows[overlaps.met_again(survey.keys[_ID])], [_ID])
    repeated = overlaps.repeated_ids(as_text(ids.frame[_ID]), ids.rows)
    found = [Twice({REPEATED_ID: repeated})]
    at = np.flatnonzero(overlaps.met_again(survey.keys[_CHILD]))
    for together in _by_child(survey.keys[_CHILD][at], source.part_rows):
        raw = source.some(survey.rows[at[together]])
        found.append(children_twice(read_rows(raw, pricing.frameworks, FindingsLog()), repeated))
    return Twice.among(found)


def _by_child(children: Hashes, most: int) -> Iterator[Ints]:
    """The places of rows, some at a time: those of a child together, and no more than ``most`` where it can be."""
    if not len(children):
        return
    in_order = np.argsort(children, kind="stable")
    hashes = children[in_order]
    cuts = np.unique(np.searchsorted(hashes, hashes[::most]))
    for first, last in pairwise([*cuts.tolist(), len(hashes)]):
        if last - first > most + _MOST_OF_A_CHILD:
            raise InputRefused(
                f"The same child_id is on more than {_MOST_OF_A_CHILD:,} rows. Give each child a pseudonym of its own."
            )
        yield np.sort(in_order[first:last])


class _ErrorsRefused(Exception):
    """Some finding is an error, and none was to be."""


class _Spool:
    """Findings on their way: those of rows wait in a folder until it is known what is said of the file as a whole."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._of_file, self._waiting = folder, list[pl.DataFrame](), list[Path]()

    def add(self, findings: pl.DataFrame, of_providers: pl.DataFrame) -> None:
        """Add a part's findings; those in the providers file come after the first part's own."""
        of_rows_here = of_rows(findings)
        self._of_file.append(findings.head(findings.height - of_rows_here.height))
        if len(self._of_file) == 1:
            self._of_file.append(of_providers)
        if of_rows_here.height:
            self._waiting.append(self._folder / f"{len(self._waiting)}.arrow")
            of_rows_here.write_ipc(self._waiting[-1], compression="lz4")

    def frames(self) -> Iterator[pl.DataFrame]:
        """All findings in their order."""
        yield of_the_file(self._of_file)
        for path in self._waiting:
            yield pl.read_ipc(path)
            path.unlink()


class _Kept:
    """What is kept of parts whose lines are written: totals alone."""

    def __init__(self) -> None:
        self.found: list[pl.DataFrame] = []
        self._tally: Tally | None = None
        self._totals: list[pl.DataFrame] = []

    def add(self, part: Part) -> None:
        """Add a part's totals."""
        self._tally = part.tally if self._tally is None else self._tally + part.tally
        self._totals.append(totals_by(part.lines, _BY))

    def priced(self, pricing: Pricing, source: tuple[str, str], files: list[Path]) -> PricedFile:
        """What all of it comes to."""
        return PricedFile(
            frameworks=pricing.frameworks,
            period=pricing.period,
            as_if=pricing.as_if,
            counts=FrozenDict({} if self._tally is None else self._tally.counts),
            created_at=moment(),
            found=codes_added(self.found),
            input=source,
            files=tuple(files),
            totals=added(self._totals, _BY),
        )
