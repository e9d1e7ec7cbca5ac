"""What looking through one workbook may still cost, and how going beyond it is said."""

from __future__ import annotations

import time

from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import MEBIBYTE, Limits
from tariff_engine.tables.wording import column_letter, shown

_FAR = 10


class Budget:
    """Counts down while a workbook is read: the seconds, and over all its sheets the cells and the odd ones."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits.workbook
        self.rows = min(limits.rows, limits.workbook.rows)
        self._end = time.monotonic() + limits.workbook.seconds
        self._cells = limits.workbook.cells
        self._odd = limits.workbook.odd_cells

    @property
    def seconds_left(self) -> float:
        """How long reading may still take; 0 once the time is up."""
        return max(0.0, self._end - time.monotonic())

    def check_time(self) -> None:
        """Refuse a workbook whose time is up."""
        if self.seconds_left <= 0:
            raise too_slow()

    def take_sheets(self, count: int) -> None:
        """Refuse a workbook above the limit of sheets."""
        if count > self.limits.sheets:
            raise InputRefused(
                f"The workbook has too many sheets (limit {self.limits.sheets:,}). Keep the sheet with the table "
                f"alone, and save it again."
            )

    def take_odd(self, sheet: str, count: int = 1) -> None:
        """Count cells that have to be listed one by one."""
        self._odd -= count
        if self._odd < 0:
            raise InputRefused(
                f"Sheet {shown(sheet)} has more errors and merged cells than can be listed "
                f"(limit {self.limits.odd_cells:,}). Correct its formulas and save it again."
            )

    def take_row(self, sheet: str, rows: int, cells: int) -> None:
        """Refuse a sheet as soon as it has more filled rows or cells than it may."""
        if rows > self.rows:
            raise self.too_many_rows(sheet)
        if cells > self.limits.cells:
            raise self._too_many_cells()

    def too_many_rows(self, sheet: str = "") -> InputRefused:
        """The refusal of a sheet above the limit of rows."""
        where = f"Sheet {shown(sheet)}" if sheet else "The file"
        return InputRefused(
            f"{where} has too many rows (limit {self.rows:,}). Split it, or save the sheet as CSV UTF-8, which may "
            f"have more."
        )

    def take_extent(self, sheet: str, height: int, width: int, filled: int) -> None:
        """Count the cells between a sheet's first and its last filled one, blank ones too: each takes memory."""
        self._cells -= height * width
        if height <= self.rows and self._cells >= 0:
            return
        if height * width > _FAR * max(filled, 1):
            raise InputRefused(
                f"Sheet {shown(sheet)} goes on to row {height:,} and column {column_letter(width - 1)}, with almost "
                f"nothing between its table and there. Delete the rows and columns beyond it and save the file again."
            )
        raise self._too_many_cells()

    def _too_many_cells(self) -> InputRefused:
        return InputRefused(
            f"The workbook has more than {self.limits.cells:,} cells. Keep the sheet with the table alone, or save it "
            f"as CSV UTF-8."
        )

    def too_large(self) -> InputRefused:
        """The refusal of a workbook that is too large once it is unpacked."""
        most = self.limits.unpacked_bytes // MEBIBYTE
        return InputRefused(
            f"The selected file is far larger unpacked than a workbook of its size can be (limit {most:,} MB, and "
            f"{self.limits.times_packed} times its size). Save the sheet with the table as CSV UTF-8."
        )


def unreadable(why: str = "") -> InputRefused:
    """The refusal of a workbook that is damaged, or that no spreadsheet program writes in this way."""
    reason = f" ({why})" if why else ""
    return InputRefused(f"The selected file could not be read - save it again in Excel, or as CSV UTF-8{reason}.")


def too_slow() -> InputRefused:
    """The refusal of a workbook that took longer to read than it may."""
    return InputRefused(
        "The selected file took too long to read. Keep the sheet with the table alone, or save it as CSV UTF-8."
    )
