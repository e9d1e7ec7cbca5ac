"""Finding the header row, and matching its headers to the columns that are known."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from tariff_engine.cells import SPREADSHEET_ERRORS
from tariff_engine.errors import InputRefused
from tariff_engine.tables.contract import Note
from tariff_engine.tables.wording import column_letter, listed, shown, unquoted
from tariff_engine.vocabulary import nearest

OUTER_SPACE = " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff" + "".join(
    chr(code) for code in range(0x2000, 0x200B)
)
"""White space at the ends of a cell, with the no-break and zero-width kinds that copying leaves."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_SEPARATORS = re.compile(r"[\s_\-\u2010-\u2015]+")
_ENOUGH_NAMES = 2
_A_SLIP = 0.85
_NEAR = 0.4


def normalise(header: str) -> str:
    """A header without the differences that people don't see: case, kind and number of spaces, hyphens.

    ``Home  LA`` and ``home-la`` both give ``home_la``.
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", header))
    return _SEPARATORS.sub("_", visible.strip(OUTER_SPACE)).casefold()


@dataclass(frozen=True)
class Wanted:
    """The columns to look for: those known, and those that must be there."""

    known: tuple[str, ...]
    required: tuple[str, ...]

    @classmethod
    def of(cls, known: Collection[str], required: Collection[str]) -> Wanted:
        """The wanted columns, required ones counted among the known."""
        names = tuple(dict.fromkeys([*known, *required]))
        return cls(names, tuple(required))

    @cached_property
    def _by_normal_form(self) -> dict[str, str]:
        return {normalise(name): name for name in self.known}

    def name_of(self, header: str) -> str | None:
        """The known name of a header, exact or in another spelling, or None."""
        return header if header in self.known else self._by_normal_form.get(normalise(header))

    def count_in(self, cells: Sequence[str]) -> int:
        """How many different known columns a row of cells names."""
        return len({name for name in map(self.name_of, cells) if name is not None})

    def all_in(self, cells: Sequence[str]) -> bool:
        """Whether a row of cells names every required column."""
        return set(self.required) <= set(map(self.name_of, cells))

    @property
    def enough(self) -> int:
        """How many known names make a row a possible header."""
        return min(_ENOUGH_NAMES, len(self.known))


@dataclass(frozen=True)
class Header:
    """A matched header row: one name a column, None where the header cell is blank."""

    names: tuple[str | None, ...]
    notes: tuple[Note, ...]


def find_header(records: Sequence[Sequence[str]], wanted: Wanted) -> int:
    """The index of the header row among the first records.

    The first row where it names two known columns; else the only row that does. Where none does, the row that
    names most, so that what is missing can be said of it.
    """
    counts = [wanted.count_in(cells) for cells in records]
    candidates = [index for index, count in enumerate(counts) if count >= wanted.enough]
    if candidates and (candidates[0] == 0 or len(candidates) == 1):
        return candidates[0]
    if candidates:
        rows = listed([str(index + 1) for index in candidates])
        raise InputRefused(f"Rows {rows} all look like the header row. Keep one, with nothing above it.")
    filled = [index for index, cells in enumerate(records) if any(cell.strip(OUTER_SPACE) for cell in cells)]
    if not filled:
        raise InputRefused("The selected file is empty: its first row must name the columns.")
    return max(filled, key=lambda index: counts[index])


def match_header(cells: Sequence[str], wanted: Wanted, row: int = 1, sheet: str = "") -> Header:
    """Give each header cell its column's name. ``sheet`` is the name of a workbook's sheet.

    Raises
    ------
    InputRefused : a header is a spreadsheet's error; two headers are, or stand for, the same column; or a required
        column isn't there.
    """
    texts = [cell.strip(OUTER_SPACE) for cell in cells]
    _refuse_errors(texts, f"{unquoted(sheet)} row {row}" if sheet else f"Row {row}")
    known = [wanted.name_of(cell) if text else None for cell, text in zip(cells, texts, strict=True)]
    names = [name or text or None for name, text in zip(known, texts, strict=True)]
    _refuse_duplicates(names, texts)
    _refuse_missing(known, texts, wanted, row)
    notes: list[Note] = []
    for index, (name, match, cell) in enumerate(zip(names, known, cells, strict=True)):
        if match is not None and match != cell:
            message = f"The header {shown(cell)} in column {column_letter(index)} was taken for {match}."
            notes.append(Note("header_matched", "info", row, match, cell, message))
        elif match is None and name is not None:
            notes.append(_extra_column(name, index, row, wanted))
    return Header(tuple(names), tuple(notes))


def header_row_notes(at: int) -> list[Note]:
    """The note that the header isn't the first row, ``at`` counted from 0."""
    if not at:
        return []
    above = "row 1" if at == 1 else f"rows 1 to {at}"
    return [Note("header_row", "info", at + 1, None, None, f"The header is row {at + 1}; {above} left out.")]


def column_names(header: Header) -> list[str]:
    """The name of each column; one whose header is blank is called by its letter."""
    names = [name or f"Column {column_letter(index)}" for index, name in enumerate(header.names)]
    for index, name in enumerate(names):
        if header.names[index] is None and name in header.names:
            raise InputRefused(f"{name} has no header, and another column is called that. Give it a header.")
    return names


def _extra_column(name: str, index: int, row: int, wanted: Wanted) -> Note:
    """The note on a column that isn't known, with the known name that it may be a slip of."""
    message = f"Column {column_letter(index)}, {shown(name)}, isn't one the engine knows; it is passed through."
    near = nearest(normalise(name), wanted.known, cutoff=_A_SLIP)
    if near is not None:
        message += f" Did you mean {near}?"
    return Note("extra_column", "info", row, name, None, message)


def _refuse_errors(texts: Sequence[str], row: str) -> None:
    """Refuse headers that are errors: under one of them may stand a column that prices depend on."""
    failed = [
        f"column {column_letter(at)}, holds {text}" for at, text in enumerate(texts) if text in SPREADSHEET_ERRORS
    ]
    if failed:
        raise InputRefused(
            f"{row}, {'; '.join(failed)} where the name of a column should be, so what stands under it can't be told. "
            f"Correct the header and save the file again."
        )


def _refuse_duplicates(names: Sequence[str | None], texts: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        if name is None:
            continue
        if name in seen:
            first = seen[name]
            pair = [f"{column_letter(at)} ({shown(texts[at])})" for at in (first, index)]
            raise InputRefused(f"Columns {pair[0]} and {pair[1]} are both {shown(name)}. Rename or delete one of them.")
        seen[name] = index


def _refuse_missing(known: Sequence[str | None], texts: Sequence[str], wanted: Wanted, row: int) -> None:
    missing = [name for name in wanted.required if name not in known]
    if not missing:
        return
    from difflib import get_close_matches  # wanted only where something is misspelt

    unmatched = {normalise(text): text for text, name in zip(texts, known, strict=True) if name is None and text}
    sentences = []
    for name in missing:
        near = get_close_matches(normalise(name), unmatched, n=1, cutoff=_NEAR)
        if near:
            header = unmatched[near[0]]
            where = column_letter(texts.index(header))
            sentences.append(f"{name} (the nearest header found is {shown(header)} in column {where})")
        else:
            sentences.append(f"{name} (no header found is near it)")
    noun, verb = ("column", "is") if len(missing) == 1 else ("columns", "are")
    raise InputRefused(
        f"The {noun} {listed(sentences)} {verb} missing from the header in row {row}. "
        f"Add {'it' if len(missing) == 1 else 'them'}, or correct the header."
    )
