"""Read one cell: text to a value, or a ValueError that says what was wrong and what was expected.

Each reader takes stripped, non-blank text. A reader may also return a remark: the cell was read, in another
form than the usual one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from tariff_engine import money
from tariff_engine.periods import EARLIEST, LATEST
from tariff_engine.vocabulary import NotAmong, vocabulary


class Read(NamedTuple):
    """A value, and a remark (finding code, message) where it was recognised in another form."""

    value: Any
    remark: tuple[str, str] | None = None


Reader = Callable[[str], Read]

_MIDNIGHT = r"00:00(?::00(?:\.0+)?)?"
"""The time that a database or a spreadsheet writes after a day that has none."""
_ISO = re.compile(rf"(\d{{4}})-(\d{{2}})-(\d{{2}})(?:[T ]{_MIDNIGHT}Z?)?", re.ASCII)
_SLASHED = re.compile(rf"(\d{{1,2}})/(\d{{1,2}})/(\d{{4}})(?: {_MIDNIGHT})?", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}/\d{1,2}/\d{2}", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?", re.ASCII)
_FIRST_SERIAL_DAY = date(1899, 12, 30)
_WHOLE = re.compile(r"(-?\d{1,12})(?:\.0+)?", re.ASCII)
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+\d+", re.ASCII)
_LAESTAB = re.compile(r"(\d{3})[/ -]?\d{4}", re.ASCII)
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
OLDEST_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")
"""The errors that every spreadsheet program has had from the start."""
SPREADSHEET_ERRORS = (
    *OLDEST_ERRORS,
    *("#SPILL!", "#CALC!", "#BLOCKED!", "#FIELD!", "#CONNECT!", "#UNKNOWN!", "#GETTING_DATA"),
    *("#BUSY!", "#EXTERNAL!", "#PYTHON!", "#TIMEOUT!", "#ERROR!"),
)
A_SPREADSHEET_ERROR = "is a spreadsheet's error; correct the formula that it came from"
UPN_PATTERN = rf"(?i)\b[{_UPN_LETTERS}][0-9]{{11}}[0-9{_UPN_LETTERS}]\b"
"""What a unique pupil number looks like in any text, its check letter apart."""
_UPN = re.compile(rf"[{_UPN_LETTERS}]\d{{11}}[\d{_UPN_LETTERS}]", re.ASCII)


def read_text(text: str) -> Read:
    """Text as it is."""
    return Read(text)


def read_provider_id(text: str) -> Read:
    """A URN or UKPRN as text; ``100002.0``, which a spreadsheet makes of it, is ``100002``."""
    if text in SPREADSHEET_ERRORS:
        raise ValueError(A_SPREADSHEET_ERROR)
    if _ROUNDED.fullmatch(text):
        raise ValueError("is a number as a spreadsheet shortens it; give all its digits, as text")
    match = _WHOLE.fullmatch(text)
    return Read(match[1] if match else text)


def read_date(text: str) -> Read:
    """A day: year-month-day; day/month/year and a spreadsheet's serial number are read with a remark."""
    if match := _ISO.fullmatch(text):
        return Read(_day(int(match[1]), int(match[2]), int(match[3])))
    if match := _SLASHED.fullmatch(text):
        day = _day(int(match[3]), int(match[2]), int(match[1]))
        return Read(day, ("date_format", f"{text} was read as day/month/year: {day}"))
    if match := _SERIAL.fullmatch(text):
        day = _FIRST_SERIAL_DAY + timedelta(days=int(match[1]))
        return Read(_in_range(day), ("date_format", f"{text} was read as a spreadsheet's day number: {day}"))
    if _SHORT_YEAR.fullmatch(text):
        raise ValueError("has a year of two digits; expected year-month-day, such as 2025-09-01")
    raise ValueError("is not a date; expected year-month-day, such as 2025-09-01")


def whole_number(low: int, high: int, what: str) -> Reader:
    """A reader of whole numbers from ``low`` to ``high``."""

    def read(text: str) -> Read:
        match = _WHOLE.fullmatch(text)
        if match is None or not low <= int(match[1]) <= high:
            raise ValueError(f"expected {what}, a whole number from {low} to {high:,}")
        return Read(int(match[1]))

    return read


def decimal_number(above: int, high: int, what: str, include_low: bool = True) -> Reader:
    """A reader of decimals with at most six places, as millionths, from ``above`` to ``high``."""

    def read(text: str) -> Read:
        span = f"{'from' if include_low else 'above'} {above} to {high}"
        try:
            value = money.parse_factor(text)
        except ValueError as error:
            raise ValueError(f"{error}; expected {what} {span}") from None
        low = above * money.MILLION
        if value < low or value > high * money.MILLION or (value == low and not include_low):
            raise ValueError(f"expected {what} {span}")
        return Read(value)

    return read


def read_pounds(text: str) -> Read:
    """An amount in pounds from 0 to the largest rate, as pence."""
    try:
        pence = money.parse_pounds(text)
    except ValueError as error:
        raise ValueError(f"{error}; expected pounds a year, such as 12345.67") from None
    if not 0 <= pence <= money.MAX_RATE_PENCE:
        raise ValueError(f"expected £0 to {money.show_pounds(money.MAX_RATE_PENCE)} a year")
    return Read(pence)


def read_budget(text: str) -> Read:
    """A year's budget or allocation of a provider in pounds, from 0, as pence."""
    read = read_payment(text)
    if read.value < 0:
        raise ValueError("is below 0; expected pounds a year, such as 250000.00")
    return read


def read_payment(text: str) -> Read:
    """An amount in pounds that was paid, or taken back where it is below zero, as pence."""
    try:
        pence = money.parse_pounds(text)
    except ValueError as error:
        raise ValueError(f"{error}; expected pounds, such as 1234.56 or -50.00") from None
    if abs(pence) > money.MAX_YEAR_PENCE:
        raise ValueError(f"expected up to {money.show_pounds(money.MAX_YEAR_PENCE)} either way")
    return Read(pence)


def read_month(text: str) -> Read:
    """A month as year-month; a day, which a spreadsheet may make of it, is read as its month, with a remark."""
    day = f"{text}-01" if _MONTH.fullmatch(text) else text
    try:
        month = f"{read_date(day).value:%Y-%m}"
    except ValueError:
        raise ValueError("is not a month; expected year-month, such as 2025-09") from None
    return Read(month, ("date_format", f"{text} was read as the month {month}") if day == text else None)


def one_code(choices: Sequence[str]) -> Reader:
    """A reader of codes from a closed list, exactly as they are spelt there."""
    allowed = frozenset(choices)

    def read(text: str) -> Read:
        if text not in allowed:
            raise NotAmong(text, choices)
        return Read(text)

    return read


def read_la_code(text: str) -> Read:
    """A local authority's three-digit code; its nine-character GSS code is recognised with a remark."""
    codes, by_gss, by_name = _local_authorities()
    match = _WHOLE.fullmatch(text)
    code = match[1] if match else text
    if code in codes:
        return Read(code)
    if text.upper() in by_gss:
        code = by_gss[text.upper()]
        return Read(code, ("code_matched", f"{text} is the GSS code of {codes[code]}, {code}"))
    if (establishment := _LAESTAB.fullmatch(code)) and establishment[1] in codes:
        raise ValueError(f"looks like a school's LAESTAB number; its local authority is {establishment[1]}")
    if text.casefold() in by_name:
        raise ValueError(f"expected a local authority's code; {text} is {by_name[text.casefold()]}")
    raise NotAmong(text, list(codes), "local authority codes")


def is_upn(text: str) -> bool:
    """Whether text is a unique pupil number whose check letter is right."""
    text = text.upper()
    if not _UPN.fullmatch(text):
        return False
    values = [int(c) if c.isdigit() else _UPN_LETTERS.index(c) for c in text[1:]]
    return _UPN_LETTERS[sum(weight * value for weight, value in enumerate(values, start=2)) % 23] == text[0]


def without_upns(text: str) -> str:
    """Text with every unique pupil number in it masked."""
    return re.sub(UPN_PATTERN, lambda found: "(a UPN)" if is_upn(found[0]) else found[0], text)


def _day(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise ValueError("is not a day that exists; expected year-month-day, such as 2025-09-01") from None
    return _in_range(found)


def _in_range(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"expected a day from {EARLIEST} to {LATEST}")
    return day


@cache
def _local_authorities() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Names by code, codes by GSS code, and codes by name."""
    known = vocabulary()
    codes = {code: row["name"] for code, row in known.local_authorities.items()}
    codes |= {code: row["name"] for code, row in known.former_authorities.items()}
    by_gss = {
        row[key]: code for code, row in known.local_authorities.items() for key in ("previous_gss", "gss") if row[key]
    }
    return codes, by_gss, {name.casefold(): code for code, name in codes.items()}
