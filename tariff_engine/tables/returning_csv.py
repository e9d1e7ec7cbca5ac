"""A CSV file with what was found beside each row. Its cells are as they were, but for the
apostrophe before what a spreadsheet would run as a formula; it is always in UTF-8.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from tariff_engine.tables.contract import Limits
from tariff_engine.tables.delimited import open_records
from tariff_engine.tables.encodings import scan_text
from tariff_engine.tables.guarding import mark, unmark
from tariff_engine.tables.headers import OUTER_SPACE
from tariff_engine.tables.returning import Checked, changed
from tariff_engine.tables.sinks import write_csv
from tariff_engine.tables.sources import open_source
from tariff_engine.tables.verdicts import ERRORS, RESULT, Place, Verdict, earlier_place

_DEFAULT = Limits()
_OK = Verdict()
_A_RESULT = re.compile(r"ok|set aside|(ok, )?\d+ (error|warning|note)s?(, \d+ (warning|note)s?)*")


def write_returned_csv(out: Path, findings: Path, checked: Checked, limits: Limits = _DEFAULT) -> None:
    """Write the file with two columns more, in its own delimiter, and the table of findings.

    The file has a byte order mark, by which Excel tells that it is in UTF-8. Spaces that stand between a delimiter and
    its cell aren't kept: they were no part of the cell when it was read.
    """
    delimiter = next((str(note.value) for note in checked.raw.notes if note.code == "delimiter"), ",")
    with open_source(checked.source, limits) as file, out.open("w", encoding="utf-8-sig", newline="") as target:
        scan = scan_text(file, limits)
        if scan.sha256 != checked.raw.sha256:
            raise changed()
        # Only where lines end with both is a cell with a line end of either kind put in quotation marks.
        writer = csv.writer(target, delimiter=delimiter, lineterminator="\r\n")
        with open_records(file, scan.encoding, delimiter) as records:
            head = list(islice(records, checked.header_row))
            header = [unmark(cell).strip(OUTER_SPACE) for cell in head[-1]]
            columns = checked.places(header)
            layout = _Layout(len(header), earlier_place(header))
            said = layout.with_said(head[-1], RESULT, ERRORS)
            for record in chain(head[:-1], [said], _rows(records, checked, columns, layout)):
                # A cell that a spreadsheet would run gets its apostrophe, and one that has it keeps it.
                writer.writerow([mark(unmark(cell)) for cell in record])
    write_csv(findings, checked.findings_table(columns), ())


@dataclass(frozen=True)
class _Layout:
    """How many cells the header has, and where in it the two columns of an earlier check stand, if anywhere."""

    width: int
    earlier: int | None

    def own(self, record: list[str]) -> list[str]:
        """The owner's cells of a record."""
        return record if self.earlier is None else record[: self.earlier] + record[self.earlier + 2 :]

    def with_said(self, record: list[str], result: str, errors: str) -> list[str]:
        """A record with the two cells in their place."""
        cells = self.own(record + [""] * (self.width - len(record)))
        at = len(cells) if self.earlier is None else self.earlier
        return [*cells[:at], result, errors, *cells[at:]]


def _rows(
    records: Iterator[list[str]], checked: Checked, columns: dict[str, Place], layout: _Layout
) -> Iterator[list[str]]:
    """The rows under the header.

    A row that has other cells than the header keeps them, and what is said of it stands after its last one.
    """
    verdicts = checked.verdicts(columns)
    ragged, apart = {bad.row for bad in checked.raw.bad_rows}, set(checked.raw.apart)
    for row, record in enumerate(records, start=checked.header_row + 1):
        verdict = verdicts.get(row, _OK)
        said = (verdict.result, verdict.errors)  # Both begin with a word of ours, so no spreadsheet runs them.
        if row in ragged or (row in apart and len(record) != layout.width):
            again = layout.earlier is not None and _A_RESULT.fullmatch("".join(record[-2:-1]))
            yield [*(record[:-2] if again else record), *said]
        elif any(cell.strip(OUTER_SPACE) for cell in layout.own(record)):
            yield layout.with_said(record, *said)
        else:
            yield layout.own(record)
