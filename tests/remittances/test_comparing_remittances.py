"""Every payment and everything due stands once in a check, and due, paid and difference add up."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tariff_engine import check_remittance, cost
from tariff_engine.errors import UsageError
from tariff_engine.remittance import RemittanceCheck
from tariff_engine.tables.templates import Layout, write_template

FRAMEWORK, PERIOD = "devon@2023-24", "FY2023-24"
MONTHS = [f"2023-{month:02d}" for month in range(4, 13)] + ["2024-01", "2024-02", "2024-03"]
PLACEMENTS = pl.DataFrame(
    [
        ("P1", "C-001", "878", "banding_1", "2022-09-01", None, "1"),
        ("P2", "C-002", "878", "banding_2", "2023-05-08", "2024-01-19", "0.6"),
        ("P3", "C-003", "878", "banding_3", "2022-09-01", "2023-09-10", "1"),
        ("P4", "C-003", "878", "banding_1", "2023-09-11", None, "1"),
        ("P5", "C-004", "330", "banding_2", "2022-09-01", None, "1"),
        ("P6", "C-005", "878", "unheard_of", "2022-09-01", None, "1"),
    ],
    schema=["placement_id", "child_id", "home_la", "band", "start_date", "end_date", "fte"],
    orient="row",
).with_columns(provision=pl.lit("mainstream"), provider_id=pl.lit("113000"), provider_type=pl.lit("maintained"))


def paid(*lines: tuple[str | None, str, int]) -> pl.DataFrame:
    """A remittance of children, months and pence."""
    rows = [(child, month, f"{pence / 100:.2f}") for child, month, pence in lines]
    return pl.DataFrame(rows, schema={"Pupil": pl.String, "Month": pl.String, "Amount": pl.String}, orient="row")


def check(*lines: tuple[str | None, str, int], **options: str) -> RemittanceCheck:
    return check_remittance(paid(*lines), PLACEMENTS, FRAMEWORK, PERIOD, **options)  # type: ignore[arg-type]


def all_due(child: str) -> list[tuple[str | None, str, int]]:
    lines = cost(PLACEMENTS, FRAMEWORK, PERIOD).lines.filter(pl.col("child_id") == child)
    return [(child, month, int(lines[month].sum())) for month in MONTHS if lines[month].sum()]


LINES = st.lists(
    st.tuples(
        st.sampled_from(["C-001", "C-002", "C 003", "c-004", "C-005", "C-999", "P3", None]),
        st.sampled_from([*MONTHS, "2023-03", "2024-04", "Summer term 2023", "01/05/2023 - 20/09/2023"]),
        st.integers(-200_000, 500_000),
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(lines=LINES)
def test_every_payment_and_everything_due_stands_once_and_all_adds_up(lines: list[tuple[str | None, str, int]]) -> None:
    if not any(child for child, _, _ in lines):
        lines = [*lines, ("C-001", MONTHS[0], 1)]
    found = check(*lines)
    assert found.payments.height == len(lines)
    assert found.payments["line"].to_list() == list(range(1, len(lines) + 1))
    assert found.lines["paid"].sum() == sum(pence for *_, pence in lines)
    for frame, column in ((found.payments, "paid"), (found.due_lines, "due")):
        sums = dict(frame.group_by("detail").agg(pl.col("amount").sum()).iter_rows())
        for number, pence in found.lines.select("detail", column).iter_rows():
            assert pence is None or pence == sums.get(number, 0)
    known = found.lines.filter(pl.col("due").is_not_null())
    assert (known["paid"] - known["due"] == known["difference"]).all()
    totals = found.totals
    assert totals["paid_pence"] - totals["due_pence"] == totals["difference_pence"] == known["difference"].sum()
    last = found.windows["to"][-1]
    costing = cost(PLACEMENTS, FRAMEWORK, PERIOD).lines
    months = [month for month in MONTHS if month <= f"{last:%Y-%m}"]
    assert totals["due_pence"] == sum(int(costing[month].sum()) for month in months)
    assert found.by_reason()["difference"].sum() == totals["difference_pence"]
    # What isn't a query is settled, so a query that is left out would be a difference that nobody sees.
    asked = set(found.queries["child_id"])
    assert set(found.lines.filter(pl.col("outcome") == "query")["child_id"]) == asked


@settings(deadline=None, max_examples=8)
@given(order=st.permutations(range(12)))
def test_the_order_of_payments_changes_nothing(order: list[int]) -> None:
    lines = [*all_due("C-001")[:11], ("C-002", "2023-06", 1234)]
    mixed = [lines[at] for at in order]
    shown = ["child_id", "period", "due", "paid", "difference", "reasons"]
    assert check(*mixed).lines.select(shown).equals(check(*lines).lines.select(shown))


def test_a_child_without_a_price_is_compared_with_nothing() -> None:
    found = check(*all_due("C-001"), ("C-005", "2023-04", 5000))
    (line,) = found.lines.filter(pl.col("child_id") == "C-005").iter_rows(named=True)
    assert (line["due"], line["paid"], line["difference"]) == (None, 5000, None)
    assert found.totals["not_compared_pence"] == 5000
    assert "not_compared" in found.findings["code"].to_list()


def test_identifiers_in_another_spelling_are_joined_and_said() -> None:
    lines = [
        (f" c{child[1:]}".replace("-0", " 0") if child else None, month, pence)
        for child, month, pence in all_due("C-001")
    ]
    found = check(*lines)
    assert "C-001" not in set(found.queries["child_id"])
    assert "identifier_matched" in found.findings["code"].to_list()


def test_a_mistyped_identifier_is_proposed_and_never_joined() -> None:
    lines = [("C-0O1", month, pence) for _, month, pence in all_due("C-001")]
    found = check(*lines)
    queries = {row["child_id"]: row for row in found.queries.iter_rows(named=True)}
    assert queries["C-001"]["reason"] == "Not paid"
    assert "Is C-001 meant?" in queries["C-0O1"]["question"]
    (near,) = found.findings.filter(pl.col("code") == "identifier_near").iter_rows(named=True)
    assert near["placement_id"] == "P1"
    assert "C-001" not in near["message"]


def test_a_payment_for_several_months_is_held_against_all_of_them() -> None:
    due = all_due("C-001")
    summer = sum(pence for _, month, pence in due if month <= "2023-08")
    found = check(("C-001", "01/04/2023 - 31/08/2023", summer), *(line for line in due if line[1] > "2023-08"))
    own = found.lines.filter(pl.col("child_id") == "C-001")
    assert set(own["outcome"]) == {"as due"}
    assert own["period"][0] == "April 2023 to August 2023"


def test_what_is_due_after_the_last_payment_isn_t_unpaid() -> None:
    found = check(*all_due("C-001")[:3])
    assert found.windows["to"][-1] == date(2023, 6, 30)
    assert "C-001" not in set(found.queries["child_id"])
    assert "compared_until" in found.findings["code"].to_list()


def test_only_one_authority_is_asked_for_what_it_pays() -> None:
    lines = all_due("C-001")
    everybody, one = check(*lines), check(*lines, authority="878")
    assert "C-004" in set(everybody.queries["child_id"])
    assert "authority_not_paid" in everybody.findings["code"].to_list()
    assert "C-004" not in set(one.queries["child_id"])
    with pytest.raises(UsageError, match="999"):
        check(*lines, authority="999")


def test_a_filled_template_needs_no_map(tmp_path: Path) -> None:
    path = write_template(Layout.REMITTANCE, tmp_path / "remittance.xlsx")
    book = openpyxl.load_workbook(path)
    for row, (child, month, pence) in enumerate(all_due("C-001"), start=2):
        cells = ["113000", "P1", child, month, pence / 100]
        for column, value in enumerate(cells, start=1):
            book["Remittance"].cell(row, column).value = value
    book.save(path)
    found = check_remittance(path, PLACEMENTS, FRAMEWORK, PERIOD)
    assert "C-001" not in set(found.queries["child_id"])
    assert found.totals["payments"] == 12


def test_the_workbook_has_every_sheet_and_adds_up(tmp_path: Path) -> None:
    found = check(*all_due("C-001"), ("C-009", "2023-04", -5000))
    for ending in (".xlsx", ".ods"):
        (path,) = found.write(tmp_path / f"check{ending}")
        book = CalamineWorkbook.from_path(str(path))
        assert book.sheet_names == ["Summary", "Queries", "Detail", "Payments", "Findings", "Provenance"]
        detail = book.get_sheet_by_name("Detail").to_python()
        at = detail[0].index("paid")
        assert round(sum(float(str(row[at])) for row in detail[1:]) * 100) == found.lines["paid"].sum()
    summary = openpyxl.load_workbook(tmp_path / "check.xlsx", data_only=True)["Summary"]
    said = {str(row[0].value): [cell.value for cell in row[2:5]] for row in summary.iter_rows() if row[0].value}
    assert [round(float(str(cell)) * 100) for cell in said["All lines"]] == [
        found.lines[name].sum() for name in ("due", "paid", "difference")
    ]


def test_the_letter_has_every_query_and_no_markup_of_theirs(tmp_path: Path) -> None:
    found = check(*all_due("C-001"), ("<b>*x*", "2023-04", 5000))
    text = found.write_letter(tmp_path / "letter.md").read_text(encoding="utf-8")
    path = found.write_letter(tmp_path / "letter.odt")
    with zipfile.ZipFile(path) as package:
        assert package.namelist()[0] == "mimetype"
        body = "".join(ElementTree.fromstring(package.read("content.xml")).itertext())
        for part in ("styles.xml", "meta.xml", "META-INF/manifest.xml"):
            ElementTree.fromstring(package.read(part))
    for query in found.queries.iter_rows(named=True):
        assert query["question"] in body
    assert r"\<b\>\*x\*" in text
    assert "<b>*x*" in body
    with pytest.raises(UsageError, match=r"\.odt"):
        found.write_letter(tmp_path / "letter.docx")


def test_the_same_check_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("a", "b"):
        found = check(*all_due("C-001"), ("C-002", "2023-06", 5000))
        found.write(tmp_path / f"{name}.xlsx")
        found.write_letter(tmp_path / f"{name}.odt")
    for ending in (".xlsx", ".odt"):
        assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()
