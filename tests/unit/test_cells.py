"""One cell read: what is taken, what is remarked on, and what is refused with the way out."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from tariff_engine.cells import (
    Reader,
    decimal_number,
    is_upn,
    one_code,
    read_date,
    read_la_code,
    read_month,
    read_payment,
    read_pounds,
    read_provider_id,
    read_text,
    whole_number,
)
from tariff_engine.columns import (
    as_text,
    need_column,
    place_columns,
    placement_columns,
    provider_columns,
    read_columns,
    remittance_columns,
)
from tariff_engine.findings import FindingsLog


def refusal(reader: Reader, text: str) -> str:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared where it is used
        reader(text)
    return str(refused.value)


# ---- text and identifiers


def test_text_is_taken_as_it_is() -> None:
    assert read_text("O'Brien <b>{{7*7}}</b>") == ("O'Brien <b>{{7*7}}</b>", None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100002", "100002"),
        ("100002.0", "100002"),
        ("100002.00", "100002"),
        ("000123", "000123"),
        ("100002.5", "100002.5"),
        ("unit-7", "unit-7"),
        ("1" * 13, "1" * 13),
    ],
)
def test_a_provider_s_number_is_the_same_as_text_and_as_a_number(text: str, value: str) -> None:
    assert read_provider_id(text) == (value, None)


# ---- dates


@pytest.mark.parametrize(
    "text", ["2026-04-01", "2026-04-01 00:00:00", "2026-04-01T00:00", "2026-04-01 00:00:00.000000"]
)
def test_a_day_is_read_year_first_without_a_remark(text: str) -> None:
    assert read_date(text) == (date(2026, 4, 1), None)


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("01/04/2026", "01/04/2026 was read as day/month/year: 2026-04-01"),
        ("1/4/2026", "1/4/2026 was read as day/month/year: 2026-04-01"),
        ("46113", "46113 was read as a spreadsheet's day number: 2026-04-01"),
        ("46113.0", "46113.0 was read as a spreadsheet's day number: 2026-04-01"),
    ],
)
def test_a_day_in_another_form_is_read_with_a_remark(text: str, remark: str) -> None:
    assert read_date(text) == (date(2026, 4, 1), ("date_format", remark))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("31/02/2026", "is not a day that exists; expected year-month-day, such as 2025-09-01"),
        ("04/13/2026", "is not a day that exists; expected year-month-day, such as 2025-09-01"),
        ("2026-02-29", "is not a day that exists; expected year-month-day, such as 2025-09-01"),
        ("2026-13-01", "is not a day that exists; expected year-month-day, such as 2025-09-01"),
        ("1/4/26", "has a year of two digits; expected year-month-day, such as 2025-09-01"),
        ("1 April 2026", "is not a date; expected year-month-day, such as 2025-09-01"),
        ("2026-4-1", "is not a date; expected year-month-day, such as 2025-09-01"),
        ("20260401", "is not a date; expected year-month-day, such as 2025-09-01"),
        ("2026-04-01 09:30:00", "is not a date; expected year-month-day, such as 2025-09-01"),
        ("TBC", "is not a date; expected year-month-day, such as 2025-09-01"),
        ("46113.5", "is not a date; expected year-month-day, such as 2025-09-01"),
        ("10000", "expected a day from 1950-01-01 to 2150-12-31"),
    ],
)
def test_a_day_that_can_t_be_told_is_refused(text: str, message: str) -> None:
    assert refusal(read_date, text) == message


@pytest.mark.parametrize("text", ["1949-12-31", "2151-01-01", "31/12/1949", "0001-01-01"])
def test_a_day_outside_the_calendar_is_refused(text: str) -> None:
    assert refusal(read_date, text) == "expected a day from 1950-01-01 to 2150-12-31"


@pytest.mark.parametrize(("text", "day"), [("1950-01-01", date(1950, 1, 1)), ("2150-12-31", date(2150, 12, 31))])
def test_the_first_and_last_day_are_read(text: str, day: date) -> None:
    assert read_date(text).value == day


# ---- numbers


@pytest.mark.parametrize(("text", "value"), [("-4", -4), ("20", 20), ("0", 0), ("7.0", 7), ("07", 7)])
def test_whole_numbers_are_read(text: str, value: int) -> None:
    assert whole_number(-4, 20, "a year group")(text) == (value, None)


@pytest.mark.parametrize("text", ["-5", "21", "7.5", "seven", "R", "+7", "1e1", "--1", "9" * 20])
def test_other_whole_numbers_are_refused_with_the_span(text: str) -> None:
    assert refusal(whole_number(-4, 20, "a year group"), text) == "expected a year group, a whole number from -4 to 20"


def test_a_large_bound_is_shown_with_commas() -> None:
    assert refusal(whole_number(1, 1_000_000, "a count"), "0") == "expected a count, a whole number from 1 to 1,000,000"
    assert whole_number(1, 1_000_000, "a count")("1000000").value == 1_000_000


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("22.5", 22_500_000), ("168", 168_000_000), ("-0.0", 0)])
def test_decimals_are_read_as_millionths(text: str, value: int) -> None:
    assert decimal_number(0, 168, "hours a week")(text) == (value, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-0.000001", "expected hours a week from 0 to 168"),
        ("168.000001", "expected hours a week from 0 to 168"),
        ("some", "is not a decimal number; expected hours a week from 0 to 168"),
        ("0.0000001", "has more than 6 decimal places; expected hours a week from 0 to 168"),
        ("nan", "is not a decimal number; expected hours a week from 0 to 168"),
    ],
)
def test_other_decimals_are_refused_with_the_span(text: str, message: str) -> None:
    assert refusal(decimal_number(0, 168, "hours a week"), text) == message


def test_a_part_of_a_place_is_above_0() -> None:
    fte = decimal_number(0, 1, "a part", include_low=False)
    assert fte("0.000001").value == 1
    assert fte("1").value == 1_000_000
    assert refusal(fte, "0") == "expected a part above 0 to 1"
    assert refusal(fte, "1.000001") == "expected a part above 0 to 1"


@pytest.mark.parametrize(("text", "pence"), [("£1,234.56", 123456), ("0", 0), ("1,000,000", 100000000), ("-0", 0)])
def test_pounds_are_read_as_pence(text: str, pence: int) -> None:
    assert read_pounds(text) == (pence, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1000000.01", "expected £0 to £1,000,000.00 a year"),
        ("-0.01", "expected £0 to £1,000,000.00 a year"),
        ("TBC", "is not an amount in pounds; expected pounds a year, such as 12345.67"),
        ("1234.567", "has more than 2 decimal places; expected pounds a year, such as 12345.67"),
    ],
)
def test_other_pounds_are_refused(text: str, message: str) -> None:
    assert refusal(read_pounds, text) == message


# ---- codes


@pytest.mark.parametrize(("text", "pence"), [("1234.56", 123456), ("-50", -5000), ("(1.00)", -100), ("0", 0)])
def test_a_payment_may_be_taken_back(text: str, pence: int) -> None:
    assert read_payment(text) == (pence, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [("TBC", "is not an amount in pounds; expected pounds, such as 1234.56 or -50.00"),
     ("-10,000,000.01", "expected up to £10,000,000.00 either way"),
     ("1.234", "has more than 2 decimal places; expected pounds, such as 1234.56 or -50.00")],
)  # fmt: skip
def test_other_payments_are_refused(text: str, message: str) -> None:
    assert refusal(read_payment, text) == message


def test_a_month_is_read_year_first() -> None:
    assert read_month("2025-09") == ("2025-09", None)


@pytest.mark.parametrize("text", ["2025-09-01", "30/09/2025", "45901"])
def test_a_day_is_read_as_its_month_with_a_remark(text: str) -> None:
    assert read_month(text) == ("2025-09", ("date_format", f"{text} was read as the month 2025-09"))


@pytest.mark.parametrize("text", ["2025-13", "2025-00", "Sep-25", "2025", "09/2025", "1949-12", "2025-9"])
def test_another_month_is_refused(text: str) -> None:
    assert refusal(read_month, text) == "is not a month; expected year-month, such as 2025-09"


def test_a_code_is_taken_as_it_is_spelt() -> None:
    assert one_code(["special", "mainstream"])("special") == ("special", None)


def test_another_code_is_refused_with_the_nearest() -> None:
    reader = one_code(["special", "mainstream"])
    assert refusal(reader, "Special") == "expected special, mainstream; did you mean special?"
    assert refusal(reader, "zzz") == "expected special, mainstream"


def test_a_long_list_of_codes_is_counted_and_not_shown() -> None:
    reader = one_code([f"code_{n}" for n in range(21)])
    assert refusal(reader, "code_x").startswith("expected one of 21 codes; did you mean code_")


@pytest.mark.parametrize("text", ["878", "878.0", "878.00"])
def test_an_authority_s_code_is_the_same_as_text_and_as_a_number(text: str) -> None:
    assert read_la_code(text) == ("878", None)


def test_a_gss_code_is_matched_with_a_remark() -> None:
    value, remark = read_la_code("E10000008")
    assert value == "878"
    assert remark is not None
    assert remark[0] == "code_matched"
    assert "E10000008" in remark[1]
    assert "878" in remark[1]
    assert read_la_code("e10000008").value == "878"


def test_a_school_s_number_in_the_authority_s_column_is_refused_with_the_authority() -> None:
    assert "878" in refusal(read_la_code, "878/4001")
    assert "878" in refusal(read_la_code, "8784001")


def test_a_name_in_the_authority_s_column_is_refused_with_the_code() -> None:
    said = refusal(read_la_code, "devon")
    assert "878" in said
    assert "code" in said


@pytest.mark.parametrize("text", ["87", "000", "E99999999", "Narnia"])
def test_an_unknown_authority_is_refused(text: str) -> None:
    assert "local authority" in refusal(read_la_code, text)


# ---- pupil numbers


def test_a_pupil_number_is_told_by_its_check_letter() -> None:
    # A real number's first letter is letter (sum of 2 x first digit, 3 x second ... ) mod 23 of the 23 letters.
    digits = "801200001001"
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    total = sum(weight * int(digit) for weight, digit in enumerate(digits, start=2))
    right = letters[total % 23]
    assert is_upn(right + digits)
    assert not any(is_upn(letter + digits) for letter in letters if letter != right)


def test_a_temporary_pupil_number_is_one_too() -> None:
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    body = "80120000100"
    total = sum(weight * int(digit) for weight, digit in enumerate(body, start=2)) + 13 * letters.index("B")
    assert is_upn(f"{letters[total % 23]}{body}B")


@pytest.mark.parametrize("text", ["C1", "", "801200001001", "I801200001001", "A80120000100", "A8012000010011"])
def test_a_pseudonym_is_none(text: str) -> None:
    assert not is_upn(text)


# ---- whole columns


def test_any_column_is_read_as_the_text_a_person_would_type() -> None:
    assert as_text(pl.Series(["a", None])).to_list() == ["a", None]
    assert as_text(pl.Series([True, False, None])).to_list() == ["true", "false", None]
    assert as_text(pl.Series([878, None])).to_list() == ["878", None]
    assert as_text(pl.Series([878.0, 0.1 + 0.2])).to_list() == ["878.0", "0.30000000000000004"]
    assert as_text(pl.Series([date(2026, 4, 1)])).to_list() == ["2026-04-01"]


def read(frame: dict[str, list[str | None]], *names: str) -> tuple[pl.DataFrame, list[bool], pl.DataFrame]:
    table = pl.DataFrame(frame, schema=dict.fromkeys(frame, pl.String))
    rows = pl.Series("row", range(2, table.height + 2), dtype=pl.Int64)
    log = FindingsLog()
    columns = [placement_columns()[name] for name in names]
    values, readable = read_columns(table, columns, rows, log, where="somewhere: ")
    return values, readable.to_list(), log.frame(pl.DataFrame({"row": rows, "placement_id": rows.cast(pl.String)}))


def test_a_column_is_read_cell_by_cell_and_a_bad_cell_spoils_its_row_alone() -> None:
    values, readable, said = read({"fte": ["0.5", "2", None, "2"], "nc_year": ["4", "5", "R", "6"]}, "fte", "nc_year")
    assert values["fte"].to_list() == [500_000, None, None, None]
    assert values["nc_year"].to_list() == [4, 5, None, 6]
    assert readable == [True, False, False, False]
    assert said.select("row", "column", "value").rows() == [(3, "fte", "2"), (4, "nc_year", "R"), (5, "fte", "2")]
    assert said["message"][0] == "somewhere: fte '2': expected a part of a full-time place above 0 to 1"
    assert said["message"][1].endswith("from -4 to 20; Reception is year group 0")


def test_a_blank_in_a_column_that_every_row_needs_is_missing() -> None:
    _, readable, said = read({"provision": ["special", None]}, "provision")
    assert readable == [True, False]
    assert said.select("code", "row", "column", "message").rows() == [
        ("missing_value", 3, "provision", "somewhere: provision is blank and must be given")
    ]


def test_a_column_that_is_not_there_is_blank() -> None:
    values, readable, said = read({"provision": ["special"]}, "provision", "fte", "start_date")
    assert values.row(0) == ("special", None, None)
    assert values.dtypes == [pl.String, pl.Int64, pl.Date]
    assert readable == [True]
    assert said.height == 0


def test_a_remark_is_a_finding_that_spoils_nothing() -> None:
    values, readable, said = read({"start_date": ["01/04/2026", "2026-04-01"]}, "start_date")
    assert values["start_date"].to_list() == [date(2026, 4, 1)] * 2
    assert readable == [True, True]
    assert said.select("code", "severity", "row", "value").rows() == [("date_format", "info", 2, "01/04/2026")]


def test_a_long_cell_is_cut_in_its_message() -> None:
    _, _, said = read({"fte": ["x" * 500]}, "fte")
    assert len(said["message"][0]) < 200
    assert len(said["value"][0]) == 80


@pytest.mark.parametrize("text", ["N", "n1", "N2", "r"])
def test_a_year_group_in_letters_is_refused_with_its_number(text: str) -> None:
    reader = placement_columns()["nc_year"].reader
    assert "is year group" in refusal(reader, text)


def test_the_columns_of_the_files_are_those_that_others_rely_on() -> None:
    assert " ".join(placement_columns()) == (
        "placement_id child_id home_la provider_id provider_type provider_la commissioner payer provision nc_year "
        "primary_need band band_reason start_date end_date fte support_hours units uplifts agreed_price "
        "care_contribution health_contribution override_by override_reason count"
    )
    required = [column.name for column in placement_columns().values() if column.required]
    assert required == ["placement_id", "child_id", "home_la", "provision", "start_date"]
    assert " ".join(provider_columns()) == (
        "provider_id name provider_type gias_type la_code provisions phases places opened closed successor"
    )
    assert all(
        column.meaning and column.kind for column in [*placement_columns().values(), *provider_columns().values()]
    )


def test_places_and_remittances_have_their_columns() -> None:
    assert " ".join(place_columns()) == "provider_id la_code provision phase occupancy places_first places_second"
    assert [column.name for column in place_columns().values() if not column.required] == ["la_code"]
    assert " ".join(remittance_columns()) == ("provider_id placement_id child_id month amount paid_on reference note")
    required = [column.name for column in remittance_columns().values() if column.required]
    assert required == ["provider_id", "month", "amount"]
    assert place_columns()["phase"].reader("post16").value == "post16"
    assert "commissioned" in refusal(place_columns()["occupancy"].reader, "full")


def test_a_need_column_takes_the_levels_of_its_area() -> None:
    column = need_column("cognition_learning", 3)
    assert (column.name, column.kind, column.required) == ("need_cognition_learning", "0 to 3", False)
    assert column.reader("3").value == 3
    assert refusal(column.reader, "4") == "expected a need level, a whole number from 0 to 3"


@pytest.mark.parametrize("text", ["7", "07", "7.0", "Community special school", "community SPECIAL school"])
def test_a_type_of_establishment_is_read_by_its_number_or_its_name(text: str) -> None:
    assert provider_columns()["gias_type"].reader(text).value == "7"


def test_an_unknown_type_of_establishment_is_refused_with_the_nearest() -> None:
    said = refusal(provider_columns()["gias_type"].reader, "Comunity special scool")
    assert "did you mean Community special school?" in said
