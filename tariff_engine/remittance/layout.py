"""Where the payments stand on a sheet: the header row, and which column holds what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tariff_engine.errors import InputRefused
from tariff_engine.remittance.column_map import ColumnMap
from tariff_engine.remittance.headings import headings, plain
from tariff_engine.remittance.spans import Label, Span, find_label
from tariff_engine.tables.grids import Grid
from tariff_engine.tables.wording import column_letter, shown
from tariff_engine.vocabulary import nearest

Cells = Sequence[str | None]
IDENTIFIERS = ("placement_id", "child_id")
_AMOUNTS = ("amount", "gross", "debit", "credit")
_SEARCHED = 60
_WIDEST_TURNED = 400
_A_FIELD, _A_LABEL = 2, 1


@dataclass(frozen=True)
class Table:
    """A sheet's payments, by column.

    Attributes
    ----------
    rows : every row of the sheet, from its first; ``turned`` where they are its columns.
    header : the place of the header row.
    columns : the column of each field.
    periods : the columns that each hold the payments for one period, and what their headers say.
    guessed : what was told from words or contents and not from a map, as sentences.
    left_out : the filled columns that aren't used.
    """

    name: str
    rows: Sequence[Cells]
    header: int
    columns: Mapping[str, int]
    periods: Mapping[int, Label | Span]
    guessed: Sequence[str] = ()
    left_out: Sequence[str] = ()
    turned: bool = False

    @property
    def titles(self) -> Sequence[Cells]:
        """The rows above the header."""
        return self.rows[: self.header]

    def title_of(self, column: int) -> str:
        """A column's header, or its letter."""
        return self.rows[self.header][column] or f"column {column_letter(column)}"

    def row_number(self, at: int) -> int:
        """A row as a person sees it."""
        return at + 1


@dataclass
class _Found:
    columns: dict[str, int] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    periods: dict[int, Label | Span] = field(default_factory=dict)

    @property
    def score(self) -> int:
        return _A_FIELD * len(self.columns) + _A_LABEL * len(self.periods)

    @property
    def pays(self) -> bool:
        """Whether there is a column of amounts."""
        return bool(self.periods) or any(name in self.columns for name in _AMOUNTS)


def table_of(
    grid: Grid, given: ColumnMap, words: Mapping[str, Span], known: Callable[[Cells], int], turn: bool = True
) -> Table | None:
    """The payments of a sheet, or None where it has none.

    Parameters
    ----------
    given : what a map says.
    words : the days of an authority's own words for periods.
    known : how many of some cells are identifiers of the placements.
    turn : whether a sheet with a child a column may be turned.

    Raises
    ------
    InputRefused : cells below the header are merged, or a header that the map names isn't there.
    """
    rows = grid.cells.rows()
    at, found = _header(rows, given, words)
    if at is not None and found is not None and found.pays:
        guessed: list[str] = []
        _map_columns(found, rows[at], given, grid.name)
        _find_identifier(found, rows, at, known, guessed)
        if any(name in found.columns for name in IDENTIFIERS):
            _refuse_merged(grid, at)
            return _table(grid, rows, at, found, guessed)
    if turn and grid.cells.height <= _WIDEST_TURNED and grid.cells.height > 1:
        return _turned(grid, given, words, known)
    return None


def _table(grid: Grid, rows: Sequence[Cells], at: int, found: _Found, guessed: list[str]) -> Table:
    if len(found.periods) > 1 or "amount" not in found.columns:
        found.columns.pop("amount", None) if found.periods else None
    else:
        found.periods = {}
    used = {*found.columns.values(), *found.periods}
    header = rows[at]
    filled = [column for column in range(len(header)) if column not in used and header[column]]
    for name, column in sorted(found.columns.items(), key=lambda pair: pair[1]):
        if plain(header[column] or "") != name.replace("_", " "):
            guessed.append(f"Column {column_letter(column)}, {shown(header[column] or '')}, was taken for {name}.")
    return Table(
        grid.name,
        rows,
        at,
        found.columns,
        found.periods,
        guessed,
        [f"Column {column_letter(column)}, {shown(header[column] or '')}, isn't used." for column in filled],
    )


def _header(rows: Sequence[Cells], given: ColumnMap, words: Mapping[str, Span]) -> tuple[int | None, _Found | None]:
    """The row that names most, and what it names."""
    if given.header_row is not None:
        at = given.header_row - 1
        return (at, _named(rows[at], given, words)) if at < len(rows) else (None, None)
    best: tuple[int | None, _Found | None] = (None, None)
    for at, cells in enumerate(rows[:_SEARCHED]):
        found = _named(cells, given, words)
        if found.pays and found.score > 1 and (best[1] is None or found.score > best[1].score):
            best = (at, found)
    return best


def _named(cells: Cells, given: ColumnMap, words: Mapping[str, Span]) -> _Found:
    """The fields and the periods that a row's cells name; of two columns for one field the better name wins."""
    found, mapped = _Found(), {plain(header): name for name, header in given.columns.given().items()}
    for column, cell in enumerate(cells):
        if not cell:
            continue
        name = mapped.get(plain(cell))
        known = (name, -1) if name else headings().field_of(cell)
        if known is not None:
            name, rank = known
            if name not in found.columns or rank < found.ranks[name]:
                found.columns[name], found.ranks[name] = column, rank
            continue
        label = words.get(cell.casefold().strip()) or find_label(cell)
        if label is not None and not headings().is_no_payment(cell):
            found.periods[column] = label
    if not found.pays and "total" in found.columns:
        found.columns["amount"] = found.columns.pop("total")
    return found


def _map_columns(found: _Found, header: Cells, given: ColumnMap, sheet: str) -> None:
    """Refuse a header that the map names and the sheet hasn't."""
    titles = {plain(cell): cell for cell in header if cell}
    for name, wanted in given.columns.given().items():
        if plain(wanted) not in titles:
            near = nearest(plain(wanted), titles)
            hint = f" Did you mean {shown(titles[near])}?" if near else ""
            where = f" of sheet {shown(sheet)}" if sheet else ""
            raise InputRefused(f"The column map says that {name} is {shown(wanted)}, which no header{where} is.{hint}")
    if any(name in given.columns.given() for name in _AMOUNTS) and not given.periods:
        found.periods = {} if "month" in found.columns or "to" in found.columns else found.periods


def _find_identifier(
    found: _Found, rows: Sequence[Cells], header: int, known: Callable[[Cells], int], guessed: list[str]
) -> None:
    """Take the column that holds identifiers of the placements, where no header says which, or the wrong one does."""
    body = rows[header + 1 :]
    named = [found.columns[name] for name in IDENTIFIERS if name in found.columns]
    if any(known([row[column] for row in body]) for column in named):
        return
    free = [column for column in range(len(rows[header])) if column not in found.periods and column not in named]
    counts = {column: known([row[column] for row in body]) for column in free}
    best = max(counts, key=lambda column: counts[column], default=None)
    if best is None or not counts[best]:
        return
    for name in [name for name, column in found.columns.items() if column == best]:
        del found.columns[name]
    for name in IDENTIFIERS:
        found.columns.pop(name, None)
    found.columns["child_id"] = best
    title = rows[header][best]
    called = f", {shown(title)}," if title else ""
    guessed.append(
        f"Column {column_letter(best)}{called} has the identifiers of the placements, and was taken for them."
    )


def _turned(grid: Grid, given: ColumnMap, words: Mapping[str, Span], known: Callable[[Cells], int]) -> Table | None:
    """A sheet with a child a column and the months down its side, turned so that a row is a child."""
    turned = pl.DataFrame([pl.Series(str(at), row, dtype=pl.String) for at, row in enumerate(grid.cells.rows())])
    rows = turned.rows()
    at, found = _header(rows, given, words)
    if at is None or found is None or not found.periods:
        return None
    guessed = ["A column is a child and a row a period; the sheet was turned."]
    found.columns = {}
    _find_identifier(found, rows, at, known, [])
    if not any(name in found.columns for name in IDENTIFIERS):
        return None
    return Table(grid.name, rows, at, found.columns, found.periods, guessed, (), True)


def _refuse_merged(grid: Grid, header: int) -> None:
    """Refuse cells that are merged down the table: whose the blank ones are can't be told."""
    ranges = [name for top, name in grid.merged if top > header]
    if ranges:
        where = f" in sheet {shown(grid.name)}" if grid.name else ""
        raise InputRefused(
            f"Cells of the table are merged{where}: {', '.join(ranges[:10])}. Unmerge them, fill in every cell, and "
            f"save the file again."
        )
