"""The column contracts: what each column of an input holds, its type, unit and whether it must be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
import polars as pl

from tariff_engine import money
from tariff_engine.cells import (
    A_SPREADSHEET_ERROR,
    SPREADSHEET_ERRORS,
    Read,
    Reader,
    decimal_number,
    one_code,
    read_budget,
    read_date,
    read_la_code,
    read_month,
    read_payment,
    read_pounds,
    read_provider_id,
    read_text,
    whole_number,
)
from tariff_engine.findings import FindingsLog
from tariff_engine.lookups import number_distinct
from tariff_engine.vocabulary import NotAmong, vocabulary

NEED_PREFIX = "need_"
_HINTED = 200
"""How many bad cells of a column get a nearest match; in a file that is all wrong it says nothing new."""


_PLAIN_POUNDS = 999_999
"""The most whole pounds of an amount that is read without looking at its text."""


@dataclass(frozen=True)
class Column:
    """One column of an input.

    ``kind`` is its type in a person's words, ``required`` whether the file must have it, ``filled`` whether
    every row must have a value.
    """

    name: str
    kind: str
    meaning: str
    reader: Reader
    dtype: pl.DataType
    required: bool = False
    filled: bool = False


class Hints:
    """Which bad cells get a nearest match: the first few of each column, over all the parts of a file."""

    def __init__(self) -> None:
        self._hinted: dict[str, set[str]] = {}

    def wanted(self, column: str, cell: str) -> bool:
        """Whether a bad cell of a column is, or is now made, one of those."""
        hinted = self._hinted.setdefault(column, set())
        if len(hinted) < _HINTED:
            hinted.add(cell)
        return cell in hinted


@cache
def placement_columns() -> Mapping[str, Column]:
    """The columns of a placements file, in the order of the template; need levels come on top of these."""
    words = vocabulary()
    text, whole, day = pl.String(), pl.Int64(), pl.Date()
    reception = {
        "r": "Reception is year group 0",
        "n": "nursery is year group -1",
        "n1": "nursery is year group -2",
        "n2": "nursery is year group -1",
    }
    nc_year = _hinted(whole_number(-4, 20, "a year group"), reception)
    columns = (
        Column("placement_id", "text", "The placement's own identifier, unique in the file.", read_text, text, True, True),
        Column("child_id", "text", "A pseudonym for the child.", read_text, text, True, True),
        Column("home_la", "LA code", "The local authority that is responsible for the child and pays the top-up.", read_la_code, text, True, True),
        Column("provider_id", "URN or UKPRN", "The school, college or other provider; blank for eotas.", read_provider_id, text),
        Column("provider_type", "code", "What kind of provider it is, for payer and section 251 line.", one_code(list(words.provider_types)), text),
        Column("provider_la", "LA code", "The area the provider is in, whose area cost applies.", read_la_code, text),
        Column("commissioner", "LA code", "The authority that pays instead of the home authority.", read_la_code, text),
        Column("payer", "code", "commissioning_school where a school buys alternative provision.", one_code(["commissioning_school"]), text),
        Column("provision", "code", "What is provided.", one_code(list(words.provisions)), text, True, True),
        Column("nc_year", "-4 to 20", "The year group on the first day of the period, or on the start date if later.", nc_year, whole),
        Column("primary_need", "SEN2 code", "The child's primary type of need.", one_code(list(words.need_codes)), text),
        Column("band", "text", "The panel's band; none where the panel gave no band.", read_text, text),
        Column("band_reason", "text", "Why the panel's band differs from the assessed one.", read_text, text),
        Column("start_date", "date", "The first day on roll.", read_date, day, True, True),
        Column("end_date", "date", "The last day on roll; blank where the placement goes on.", read_date, day),
        Column("fte", "above 0 to 1", "The part of a full-time place; 1 if blank.", decimal_number(0, 1, "a part of a full-time place", False), whole),
        Column("support_hours", "hours a week", "Hours of support a week, as given to the child.", decimal_number(0, 168, "hours a week"), whole),
        Column("units", "weeks or days", "Weeks or days commissioned in this spell.", decimal_number(0, 366, "weeks or days"), whole),
        Column("uplifts", "codes with ;", "Uplift codes of the framework, separated by semicolons.", read_text, text),
        Column("agreed_price", "pounds a year", "The agreed education price for this child at this fte, for a full year.", read_pounds, whole),
        Column("care_contribution", "pounds a year", "Social care's contribution: shown, never priced.", read_pounds, whole),
        Column("health_contribution", "pounds a year", "The health service's contribution: shown, never priced.", read_pounds, whole),
        Column("override_by", "text", "Who lifted the maximum.", read_text, text),
        Column("override_reason", "text", "Why the maximum was lifted.", read_text, text),
        Column("count", "whole, from 1", "How many like children the row stands for; 1 if blank.", whole_number(1, 1_000_000, "a count"), whole),
    )  # fmt: skip
    return {column.name: column for column in columns}


@cache
def provider_columns() -> Mapping[str, Column]:
    """The columns of a providers file."""
    words = vocabulary()
    text, whole, day = pl.String(), pl.Int64(), pl.Date()
    columns = (
        Column("provider_id", "URN or UKPRN", "The provider.", read_provider_id, text, True, True),
        Column("name", "text", "The provider's name.", read_text, text),
        Column("provider_type", "code", "What kind of provider it is.", one_code(list(words.provider_types)), text),
        Column("gias_type", "code or name", "Its type of establishment in the register of schools.", _read_gias_type, text),
        Column("la_code", "LA code", "The area it is in.", read_la_code, text),
        Column("provisions", "codes with ;", "What it provides.", read_text, text),
        Column("phases", "codes with ;", "The phases it has.", read_text, text),
        Column("places", "whole number", "Places commissioned.", whole_number(0, 1_000_000, "a number of places"), whole),
        Column("opened", "date", "The day it opened.", read_date, day),
        Column("closed", "date", "The last day it was open.", read_date, day),
        Column("successor", "URN or UKPRN", "The provider that takes over when it closes.", read_provider_id, text),
    )  # fmt: skip
    return {column.name: column for column in columns}


@cache
def place_columns() -> Mapping[str, Column]:
    """The columns of a file of commissioned places."""
    words = vocabulary()
    text, whole = pl.String(), pl.Int64()
    parts = list(dict.fromkeys(phase.places for phase in words.phases.values()))
    number = whole_number(0, 1_000_000, "a number of places")
    columns = (
        Column("provider_id", "URN or UKPRN", "The school, college or other provider that has the places.", read_provider_id, text, True, True),
        Column("la_code", "LA code", "The area the provider is in.", read_la_code, text),
        Column("provision", "code", "What the places are for.", one_code(list(words.provisions)), text, True, True),
        Column("phase", "code", "Places for pupils up to year 11, or for students from year 12.", one_code(parts), text, True, True),
        Column("occupancy", "code", "Which rate the places have: commissioned; or occupied and unoccupied, where there are two rates.", one_code(["commissioned", "occupied", "unoccupied"]), text, True, True),
        Column("places_first", "whole number", "Places before the change of academic year: April to August, or to July from year 12.", number, whole, True, True),
        Column("places_second", "whole number", "Places after the change of academic year: from September, or from August from year 12.", number, whole, True, True),
    )  # fmt: skip
    return {column.name: column for column in columns}


@cache
def school_columns() -> Mapping[str, Column]:
    """The columns of a file of mainstream schools with their notional budgets."""
    text, whole = pl.String(), pl.Int64()
    columns = (
        Column("provider_id", "URN or UKPRN", "The school.", read_provider_id, text, True, True),
        Column("name", "text", "The school's name.", read_text, text),
        Column("pupils", "whole number", "Pupils on roll; needed where help goes by the ratio of funded children to them.", whole_number(0, 1_000_000, "a number of pupils"), whole),
        Column("notional_sen_budget", "pounds a year", "The part of the school's budget that is meant for special educational needs.", read_budget, whole, True, True),
    )  # fmt: skip
    return {column.name: column for column in columns}


@cache
def allocation_columns() -> Mapping[str, Column]:
    """The columns that a providers file may have besides, where providers are protected."""
    text, whole = pl.String(), pl.Int64()
    columns = (
        Column("provider_id", "URN or UKPRN", "The provider.", read_provider_id, text, True, True),
        Column("additional_allocation", "pounds for the period", "What it gets besides places and top-up.", read_budget, whole),
        Column("additional_allocation_last_year", "pounds for the period", "What it got besides last year.", read_budget, whole),
    )  # fmt: skip
    return {column.name: column for column in columns}


@cache
def remittance_columns() -> Mapping[str, Column]:
    """The columns of a remittance: what an authority paid a provider, line by line."""
    text = pl.String()
    columns = (
        Column("provider_id", "URN or UKPRN", "The provider that was paid.", read_provider_id, text, True, True),
        Column("placement_id", "text", "The placement that the payment is for, as in the placements file.", read_text, text),
        Column("child_id", "text", "The child's pseudonym, as in the placements file.", read_text, text),
        Column("month", "year-month", "The month that the payment is for, not the one in which it came.", read_month, text, True, True),
        Column("amount", "pounds", "What was paid; below zero where money was taken back.", read_payment, pl.Int64(), True, True),
        Column("paid_on", "date", "The day of the payment.", read_date, pl.Date()),
        Column("reference", "text", "The remittance advice that the line stands on.", read_text, text),
        Column("note", "text", "What the authority says about the line.", read_text, text),
    )  # fmt: skip
    return {column.name: column for column in columns}


def need_column(area: str, highest_level: int) -> Column:
    """The column of a need level in one area, from 0 to the highest level of the chosen versions."""
    name = NEED_PREFIX + area
    reader = whole_number(0, highest_level, "a need level")
    return Column(
        name,
        f"0 to {highest_level}",
        f"The child's level of need: {area.replace('_', ' ')}.",
        reader,
        pl.Int64(),
    )


def read_columns(
    frame: pl.DataFrame,
    columns: Iterable[Column],
    rows: pl.Series,
    log: FindingsLog,
    where: str = "",
    hints: Hints | None = None,
) -> tuple[pl.DataFrame, pl.Series]:
    """Read every column of a table of text, cell by distinct cell.

    Parameters
    ----------
    frame : the table as read, blanks null.
    columns : the contracts; a column that isn't in the frame is all blank.
    rows : the row number of each row, as a person sees it.
    log : takes the findings.
    where : the start of each message, for a file other than the placements.
    hints : what was hinted at in other parts of the same file.

    Returns
    -------
    The values, typed, in the contracts' names; and for each row whether all of it could be read.
    """
    values: list[pl.Series] = []
    hints = hints or Hints()
    readable = pl.repeat(True, frame.height, dtype=pl.Boolean, eager=True)
    for column in columns:
        if column.name not in frame.columns:
            values.append(_nulls(rows, column))
            continue
        cells = frame[column.name]
        read, bad = _read_distinct(cells, column, rows, log, where, hints)
        if column.filled and cells.null_count():
            blank = cells.is_null()
            log.add(
                "missing_value",
                rows.filter(blank).to_numpy(),
                column.name,
                f"{where}{column.name} is blank and must be given",
            )
            bad = bad | blank
        values.append(read)
        readable = readable & ~bad
    return pl.DataFrame(values), readable


def as_text(series: pl.Series) -> pl.Series:
    """Any column as the text that a person would type for it; blank is null."""
    if series.dtype == pl.String:
        return series
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is not None:
        return series.dt.replace_time_zone(None).cast(pl.String)
    text = series.cast(pl.String)
    if series.dtype == pl.Boolean:
        return text.str.to_lowercase()
    if series.dtype.is_float():
        scientific = text.filter(text.str.contains("e", literal=True).fill_null(False)).unique()
        return text.replace({number: format(Decimal(number), "f") for number in scientific})
    return text


def _plain_pounds(cells: pl.Series) -> pl.Series:
    """Amounts in their plain form, such as 12345.67, as pence all at once; null for every other cell."""
    if cells.dtype.is_integer():
        whole = cells.cast(pl.Int64)
        return (whole * money.PENCE).set(~whole.is_between(0, _PLAIN_POUNDS).fill_null(True), None)
    if cells.dtype == pl.Float64:
        pounds = cells.to_numpy()
        within = (pounds >= 0) & (pounds <= _PLAIN_POUNDS)  # blank cells are NaN, which is neither
        pence = np.rint(np.where(within, pounds, 0) * money.PENCE)
        # The double nearest to an amount in whole pence is written as that amount, and no other double is.
        plain = within & (pence / money.PENCE == pounds)
        return pl.Series(pence.astype(np.int64)).set(pl.Series(~plain), None)
    if cells.null_count():
        filled = cells.is_not_null().arg_true()
        return pl.repeat(None, len(cells), dtype=pl.Int64(), eager=True).scatter(
            filled, _plain_pounds(cells.gather(filled))
        )
    text = as_text(cells)
    whole = text.str.extract(r"^([0-9]{1,6})(?:\.[0-9]{1,2})?$").cast(pl.Int64)
    pence = text.str.extract(r"^[0-9]{1,6}\.([0-9]{1,2})$").fill_null("0").str.pad_end(2, "0").cast(pl.Int64)
    return whole * money.PENCE + pence


def _read_distinct(
    cells: pl.Series, column: Column, rows: pl.Series, log: FindingsLog, where: str, hints: Hints
) -> tuple[pl.Series, pl.Series]:
    if column.reader is read_text:
        return _read_texts(as_text(cells), column, rows, log, where)
    if column.reader is read_provider_id and _are_plain_ids(text := as_text(cells)):
        return text.alias(column.name), _none_of(cells)
    plain = _plain_pounds(cells) if column.reader is read_pounds else None
    odd = np.flatnonzero((cells.is_not_null() & plain.is_null()).to_numpy()) if plain is not None else None
    if odd is not None and not len(odd):
        return (plain if plain is not None else cells).alias(column.name), _none_of(cells)
    left = cells if odd is None else cells.gather(odd)
    codes, texts = number_distinct(left if _is_numbered(left) else as_text(left))
    texts = as_text(texts)
    good, bad, remarks = _read_each(texts, column, where, hints)
    values = pl.Series([*good, None], dtype=column.dtype).gather(codes)
    is_bad = _none_of(cells)
    if bad or remarks:
        at = np.arange(len(cells)) if odd is None else odd
        for code, said in (("bad_value", bad), *sorted(remarks.items())):
            spoken = np.array([cell in said for cell in range(len(texts) + 1)], bool)[codes]
            which = codes[spoken]
            messages = [said[cell] for cell in which.tolist()]
            log.add(code, rows.gather(at[spoken]).to_numpy(), column.name, messages, texts.gather(which))
            if code == "bad_value":
                is_bad = is_bad.scatter(at[spoken], True)
    read = values if plain is None or odd is None else plain.scatter(odd, values)
    return read.alias(column.name), is_bad


def _are_plain_ids(text: pl.Series) -> bool:
    """Whether identifiers of providers are all read as they stand: none is a spreadsheet's decimal, nor its error."""
    return not (text.str.contains(".", literal=True) | text.str.starts_with("#")).any()


def _read_texts(
    text: pl.Series, column: Column, rows: pl.Series, log: FindingsLog, where: str
) -> tuple[pl.Series, pl.Series]:
    failed = text.is_in(SPREADSHEET_ERRORS).fill_null(False)
    if failed.any():
        cells = text.filter(failed)
        messages = [_wrong(column, cell, A_SPREADSHEET_ERROR, where) for cell in cells]
        log.add("bad_value", rows.filter(failed).to_numpy(), column.name, messages, cells)
        text = text.set(failed, None)  # an error isn't an identifier that two rows could share
    return text, failed


def _read_each(
    texts: pl.Series, column: Column, where: str, hints: Hints
) -> tuple[list[object], dict[int, str], dict[str, dict[int, str]]]:
    """Each text's value, or None; what is wrong with it; and the remarks on it, by code."""
    good: list[object] = []
    bad: dict[int, str] = {}
    remarks: dict[str, dict[int, str]] = {}
    for at, cell in enumerate(texts):
        value = None
        try:
            result = column.reader(cell)
        except NotAmong as error:
            said = str(error) if hints.wanted(column.name, cell) else error.briefly
            bad[at] = _wrong(column, cell, said, where)
        except ValueError as error:
            hints.wanted(column.name, cell)
            bad[at] = _wrong(column, cell, str(error), where)
        else:
            value = result.value
            if result.remark is not None:
                code, said = result.remark
                remarks.setdefault(code, {})[at] = where + said
        good.append(value)
    return good, bad, remarks


def _is_numbered(cells: pl.Series) -> bool:
    return cells.dtype.is_integer() or cells.dtype in (pl.Date, pl.String)


def _none_of(cells: pl.Series) -> pl.Series:
    return pl.repeat(False, len(cells), dtype=pl.Boolean, eager=True)


def _nulls(rows: pl.Series, column: Column) -> pl.Series:
    return pl.repeat(None, len(rows), dtype=column.dtype, eager=True).alias(column.name)


def _wrong(column: Column, cell: str, said: str, where: str) -> str:
    """What is wrong with a cell, as a sentence: ``fte '0,5' is not a decimal number``."""
    joint = ": " if said.startswith("expected ") else " "
    return f"{where}{column.name} {_shown(cell)}{joint}{said}"


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= 60 else cell[:57] + "...")


def _hinted(reader: Reader, hints: Mapping[str, str]) -> Reader:
    def read(text: str) -> Read:
        try:
            return reader(text)
        except ValueError as error:
            hint = hints.get(text.casefold())
            raise ValueError(f"{error}; {hint}" if hint else str(error)) from None

    return read


def _read_gias_type(text: str) -> Read:
    types = vocabulary().gias_types
    code = text.removesuffix(".0").lstrip("0")
    if code in types:
        return Read(code)
    named = {row["name"].casefold(): code for code, row in types.items()}
    if text.casefold() in named:
        return Read(named[text.casefold()])
    return one_code([row["name"] for row in types.values()])(text)
