"""A column map: what the columns and periods of one authority's remittances mean, written once in a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tariff_engine.errors import PeriodError, UsageError
from tariff_engine.periods import FundingPeriod
from tariff_engine.remittance.spans import Calendar, Span, find_label
from tariff_engine.tables.wording import shown
from tariff_engine.toml_files import MOST_BYTES, read_toml
from tariff_engine.vocabulary import nearest

Header = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class MappedColumns(_Part):
    """The header over each field, as it stands in the remittance."""

    placement_id: Header | None = None
    child_id: Header | None = None
    provider_id: Header | None = None
    month: Header | None = None
    from_: Annotated[Header | None, Field(alias="from")] = None
    to: Header | None = None
    amount: Header | None = None
    gross: Header | None = None
    vat: Header | None = None
    debit: Header | None = None
    credit: Header | None = None
    sign: Header | None = None
    paid_on: Header | None = None
    reference: Header | None = None
    note: Header | None = None

    def given(self) -> dict[str, str]:
        """The headers that are given, by field."""
        return {field.rstrip("_"): header for field, header in self if header is not None}


class ColumnMap(_Part):
    """What one authority's remittances look like; what isn't said is guessed, and the guess is a finding.

    Attributes
    ----------
    sheets : those to read.
    header_row : the row of the header, as a spreadsheet counts.
    dates : what a date says: the last or the first day that a payment is for, or any day of its month.
    weeks : the weeks from one payment to the next, where dates are ends or starts.
    credit : whether an amount marked CR was paid, or taken back.
    columns : the headers.
    periods : what the authority's own words for a period mean: a month, or two dates with ``..`` between them.
    """

    sheets: tuple[Header, ...] = ()
    header_row: Annotated[int | None, Field(ge=1, le=10**6)] = None
    dates: Literal["end", "start", "month"] | None = None
    weeks: Literal[1, 2, 4] = 4
    credit: Literal["paid", "taken_back"] | None = None
    columns: MappedColumns = Field(default_factory=MappedColumns)
    periods: Mapping[Header, Header] = Field(default_factory=dict)

    def spans(self, period: FundingPeriod) -> dict[str, Span]:
        """The days of each of the authority's own words; a word is compared without case."""
        return {word.casefold().strip(): _span(word, text, period) for word, text in self.periods.items()}


def read_column_map(path: str | Path) -> ColumnMap:
    """Read a column map.

    Raises
    ------
    UsageError : the file can't be read, or has a key or a value that isn't known.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            tables = read_toml(file.read(MOST_BYTES + 1))
    except OSError as error:
        raise UsageError(f"{shown(path.name)} can't be read: {error.strerror or 'the system refused'}.") from None
    except ValueError as error:
        raise UsageError(f"{shown(path.name)} {error}") from None
    return column_map_of(tables, path.name)


def column_map_of(tables: Mapping[str, Any], name: str = "the map") -> ColumnMap:
    """A column map from its tables; UsageError names what isn't known in it."""
    try:
        lists = {key: tuple(value) if isinstance(value, list) else value for key, value in tables.items()}
        return ColumnMap.model_validate(lists)
    except ValidationError as error:
        raise UsageError("\n".join(_said(problem, name) for problem in error.errors())) from None


def _said(problem: Any, name: str) -> str:
    where = ".".join(str(part) for part in problem["loc"]) or "the file"
    if problem["type"] == "extra_forbidden":
        known = [*ColumnMap.model_fields, *(field.rstrip("_") for field in MappedColumns.model_fields)]
        near = nearest(str(problem["loc"][-1]), known)
        return f"{shown(name)}: {where} isn't a key of a column map{f'; did you mean {near}?' if near else '.'}"
    return f"{shown(name)}: {where}: {problem['msg']}."


def _span(word: str, text: str, period: FundingPeriod) -> Span:
    try:
        if ".." in text:
            days = FundingPeriod.parse(text)
            return Span(days.start, days.end)
    except PeriodError as error:
        raise UsageError(f"The column map says that {shown(word)} is {shown(text)}: {error}") from None
    label = find_label(text)
    span = None if label is None else Calendar.of([label], period).span(label)
    if span is None:
        raise UsageError(
            f"The column map says that {shown(word)} is {shown(text)}: expected a month such as 2025-04, or two dates "
            f"such as 2025-04-01..2025-04-28."
        )
    return span
