"""The rows of a version's CSV files, read cell by cell; each problem names its file, row and column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from tariff_engine import money
from tariff_engine.cells import read_provider_id
from tariff_engine.errors import Problem
from tariff_engine.framework import AreaCost, Band, PlaceRate, Tariff, Uplift
from tariff_engine.vocabulary import nearest, one_of, vocabulary

HEADER_FILE = "framework.toml"
MOST_NAME = 64
MOST_ROWS = 500_000

COLUMNS: dict[str, tuple[str, ...]] = {
    "bands.csv": ("band", "order", "title", "minimum_score", "level", "descriptor", "source_id"),
    "tariffs.csv": (
        *("provision", "provider_id", "band", "phase", "price_basis", "unit"),
        *("rate", "minimum", "maximum", "area_cost", "source_id"),
    ),
    "places.csv": ("provision", "phase", "occupancy", "rate", "source_id"),
    "uplifts.csv": ("code", "title", "kind", "value", "provisions", "source_id"),
    "area_costs.csv": ("la_code", "factor", "source_id"),
}
_OPTIONAL_COLUMNS = {"provider_id"}

T = TypeVar("T")


def csv_rows(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and the filled rows of a CSV file, each with its number; ValueError says what is wrong.

    Cells are stripped, and a line end in one is a line feed, whatever system wrote it. A row with a cell too many or
    too few is given as it is.
    """
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError:
        raise ValueError("is not in UTF-8; save it as CSV UTF-8") from None
    except csv.Error as error:
        raise ValueError(f"is not a CSV file: {error}") from None
    if not lines or len(lines) > MOST_ROWS:
        raise ValueError("is empty" if not lines else f"has more than {MOST_ROWS:,} rows")
    header, *rows = ([cell.strip().replace("\r\n", "\n") for cell in cells] for cells in lines)
    return header, [(number, cells) for number, cells in enumerate(rows, start=2) if any(cells)]


@dataclass
class RowReader:
    """Reads the CSV files of a version and notes each problem with its file, row and column."""

    problems: list[Problem]
    sources: frozenset[str] | None = None
    _seen: dict[tuple[str, Any], int] = field(default_factory=dict)

    def error(self, file: str, row: int | None, column: str, message: str) -> None:
        """Note an error."""
        self.problems.append(Problem("error", file, row, column, message))

    def table(self, name: str, content: bytes, numbers: Sequence[int] = ()) -> list[Any]:
        """The rows that could be read, as Band, Tariff, PlaceRate, Uplift or AreaCost.

        ``numbers`` are the filled rows' numbers as a person sees them, where the file isn't what they look at.
        """
        make: Callable[[_Row], Any] = _MAKERS[name]
        try:
            header, rows = csv_rows(content)
        except ValueError as error:
            self.error(name, None, "", str(error))
            return []
        if not self._check_header(name, header):
            return []
        made = []
        for at, (number, cells) in enumerate(rows):
            number = numbers[at] if at < len(numbers) else number
            if len(cells) != len(header):
                self.error(name, number, "", f"has {len(cells)} cells where the header has {len(header)}")
                continue
            before = len(self.problems)
            value = make(_Row(self, name, number, dict(zip(header, cells, strict=True))))
            if len(self.problems) == before:
                made.append(value)
        return made

    def once(self, name: str, row: int, column: str, key: Any, what: str) -> None:
        """Note a key that an earlier row has; a blank or unread one is noted where it is read."""
        if not key:
            return
        first = self._seen.setdefault((name, key), row)
        if first != row:
            self.error(name, row, column, f"{what} is already on row {first}")

    def _check_header(self, name: str, header: Sequence[str]) -> bool:
        before = len(self.problems)
        known = COLUMNS[name]
        for column in header:
            if column not in known:
                self.error(name, 1, column or "(blank)", f"is not a column of this file; {one_of(column, known)}")
            elif header.count(column) > 1:
                self.error(name, 1, column, "stands more than once in the header")
        for column in known:
            if column not in header and column not in _OPTIONAL_COLUMNS:
                self.error(name, 1, column, "is a column of this file and isn't there")
        return len(self.problems) == before


@dataclass(frozen=True)
class _Row:
    """One row of a CSV file, read cell by cell."""

    reader: RowReader
    file: str
    number: int
    cells: Mapping[str, str]

    def error(self, column: str, message: str) -> None:
        self.reader.error(self.file, self.number, column, message)

    def text(self, column: str, required: bool = False) -> str:
        value = self.cells.get(column, "")
        if required and not value:
            self.error(column, "is blank and must be given")
        return value

    def name(self, column: str) -> str:
        """A code that other files name: short, printable, and nothing that a spreadsheet would run."""
        value = self.text(column, required=True)
        if ";" in value:
            self.error(column, f"{value[:MOST_NAME]!r}: a semicolon separates codes, so it can't be in one")
        elif value and not (value.isprintable() and len(value) <= MOST_NAME and value[0] not in "=+-@"):
            self.error(column, f"{value[:MOST_NAME]!r}: expected up to {MOST_NAME} printable characters")
        return value

    def choice(self, column: str, choices: Sequence[str], required: bool = True) -> Any:
        value = self.text(column, required)
        if value and value not in choices:
            self.error(column, f"{value!r}: {one_of(value, choices)}")
        return value

    def number_from(self, column: str, parse: Callable[[str], T], what: str, required: bool = False) -> T | None:
        value = self.text(column, required)
        if not value:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.error(column, f"{value!r} {error}; expected {what}")
            return None

    def pounds(self, column: str, required: bool = False) -> int | None:
        pence = self.number_from(column, money.parse_pounds, "pounds with at most two decimals", required)
        if pence is not None and not 0 <= pence <= money.MAX_RATE_PENCE:
            self.error(column, f"{self.cells[column]!r}: expected £0 to {money.show_pounds(money.MAX_RATE_PENCE)}")
        return pence

    def source(self) -> str:
        source_id, known = self.text("source_id", required=True), self.reader.sources
        if source_id and known is not None and source_id not in known:
            near = nearest(source_id, known)
            hint = f"; did you mean {near}?" if near else ""
            self.error("source_id", f"{source_id!r} is none of the sources in {HEADER_FILE}{hint}")
        return source_id


def _band(row: _Row) -> Band:
    code = row.name("band")
    row.reader.once(row.file, row.number, "band", code and ("band", code), f"band {code!r}")
    order = row.number_from("order", _whole, "a whole number, 1 for the lowest", required=True)
    row.reader.once(row.file, row.number, "order", order and ("order", order), f"order {order}")
    return Band(
        row=row.number,
        code=code,
        order=order or 0,
        title=row.text("title"),
        minimum_score=row.number_from("minimum_score", money.parse_factor, "a score"),
        level=row.number_from("level", _whole, "a whole level"),
        descriptor=row.text("descriptor"),
        source_id=row.source(),
    )


def _tariff(row: _Row) -> Tariff:
    basis = row.choice("price_basis", ("tariff", "agreed"))
    rate = row.pounds("rate", required=basis == "tariff")
    tariff = Tariff(
        row=row.number,
        provision=row.choice("provision", list(vocabulary().provisions)),
        provider_id=read_provider_id(row.text("provider_id")).value,
        band=row.text("band"),
        phase=row.choice("phase", list(vocabulary().phases), required=False),
        price_basis=basis,
        unit=row.choice("unit", ("year", "week", "day", "hour"), required=rate is not None) or "year",
        rate_pence=rate,
        minimum_pence=row.pounds("minimum"),
        maximum_pence=row.pounds("maximum"),
        area_cost=row.choice("area_cost", ("yes", "no"), required=rate is not None) == "yes",
        source_id=row.source(),
    )
    row.reader.once(
        row.file,
        row.number,
        "provision",
        tariff.key,
        f"a rate that fits the same ({' / '.join(k or 'any' for k in tariff.key)})",
    )
    if (
        tariff.minimum_pence is not None
        and tariff.maximum_pence is not None
        and tariff.minimum_pence > tariff.maximum_pence
    ):
        row.error("minimum", "is above the maximum")
    return tariff


def _place_rate(row: _Row) -> PlaceRate:
    rate = PlaceRate(
        provision=row.choice("provision", list(vocabulary().provisions)),
        phase=row.choice("phase", ("pre16", "post16")),
        occupancy=row.choice("occupancy", ("commissioned", "occupied", "unoccupied")),
        rate_pence=row.pounds("rate", required=True) or 0,
        source_id=row.source(),
    )
    row.reader.once(
        row.file, row.number, "provision", (rate.provision, rate.phase, rate.occupancy), "the same place rate"
    )
    return rate


def _uplift(row: _Row) -> Uplift:
    code = row.name("code")
    row.reader.once(row.file, row.number, "code", code, f"uplift {code!r}")
    kind: Literal["amount", "percent"] = row.choice("kind", ("amount", "percent"))
    if kind == "percent":
        value = row.number_from("value", money.parse_factor, "a percentage, 10 for 10%", required=True) or 0
        if abs(value) > 100 * money.MILLION:
            row.error("value", "a percentage runs from -100 to 100")
    else:
        value = row.number_from("value", money.parse_pounds, "pounds a year", required=True) or 0
        if abs(value) > money.MAX_RATE_PENCE:
            row.error("value", f"an amount runs up to {money.show_pounds(money.MAX_RATE_PENCE)}")
    provisions = tuple(part.strip() for part in row.text("provisions").split(";") if part.strip())
    for provision in provisions:
        if provision not in vocabulary().provisions:
            row.error("provisions", f"{provision!r}: {one_of(provision, list(vocabulary().provisions))}")
    return Uplift(code, row.text("title"), kind, value, provisions, row.source())


def _area_cost(row: _Row) -> AreaCost:
    la_code = row.choice("la_code", [*vocabulary().local_authorities, *vocabulary().former_authorities])
    row.reader.once(row.file, row.number, "la_code", la_code, f"local authority {la_code}")
    factor = row.number_from("factor", money.parse_factor, "a decimal with at most six places", required=True)
    if factor is not None and not 0 < factor <= 10 * money.MILLION:
        row.error("factor", f"{row.cells['factor']!r}: expected above 0 and up to 10")
    return AreaCost(la_code, factor or 0, row.source())


_MAKERS: dict[str, Callable[[_Row], Any]] = {
    "bands.csv": _band,
    "tariffs.csv": _tariff,
    "places.csv": _place_rate,
    "uplifts.csv": _uplift,
    "area_costs.csv": _area_cost,
}


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ValueError("is not a whole number")
    return int(text)
