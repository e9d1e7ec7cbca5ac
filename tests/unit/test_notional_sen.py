"""Notional budgets of mainstream schools: the first part of support, and targeted help by a rule that is data."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tariff_engine import NotionalSen, compare_notional_sen
from tariff_engine.errors import InputRefused, PeriodError, UsageError
from tariff_engine.national_figures import national_figure
from tariff_engine.notional_sen.rule import TargetedHelp, read_rule
from tests.small import a_caseload, a_framework, a_row, a_tariff

RATES = a_framework(a_tariff("mainstream", rate_pence=300_000), a_tariff(rate_pence=1_000_000))
FIRST_PART = int(national_figure("first_part_of_extra_support", "2025-26").value) * 100
RATIO = TargetedHelp.model_validate(
    {"title": "Beyond 2 in 100", "source": "Schools forum", "rule": "beyond_ratio", "level": "0.02"}
)
SHARE = TargetedHelp.model_validate(
    {"title": "Beyond four fifths", "source": "Schools forum", "rule": "beyond_share", "level": "0.8"}
)


def a_child(number: int, **cells: str) -> dict[str, str]:
    return a_row(number, **{"provision": "mainstream", "provider_id": "100001", **cells})


def a_school(
    provider_id: str = "100001", budget: str = "20000.00", pupils: str = "100", **cells: str
) -> dict[str, str]:
    return {"provider_id": provider_id, "notional_sen_budget": budget, "pupils": pupils, **cells}


def compared(
    children: list[dict[str, str]],
    *schools: dict[str, str],
    period: str = "FY2025-26",
    rule: TargetedHelp | None = None,
) -> NotionalSen:
    given = schools or (a_school(),)
    return compare_notional_sen(a_caseload(*children), a_caseload(*given), RATES, period, rule=rule)


def line(found: NotionalSen, provider: str = "100001") -> dict[str, object]:
    return dict(found.lines.filter(pl.col("provider_id") == provider).row(0, named=True))


def codes(found: NotionalSen) -> list[str]:
    return found.findings.filter(pl.col("severity") != "info")["code"].to_list()


def test_the_first_part_is_the_published_figure_a_child_a_year() -> None:
    # Three children, £6,000.00 each, of a budget of £20,000.00.
    found = line(compared([a_child(1), a_child(2), a_child(3)]))
    assert FIRST_PART == 600_000
    assert (found["children"], found["child_years"], found["first_part"]) == (3, 3.0, 1_800_000)
    assert (found["share_of_budget"], found["remaining"]) == (0.9, 200_000)


def test_part_of_a_year_counts_as_that_part() -> None:
    # 183 of 365 days: £6,000.00 x 183 / 365 = £3,008.22 (3008.219...).
    found = line(compared([a_child(1, end_date="2025-09-30")]))
    assert (found["children"], found["child_years"], found["first_part"]) == (1, 0.5014, 300_822)


def test_a_school_s_first_part_is_rounded_once() -> None:
    # Three times 183 days: 3 x 3008.219... = 9024.657..., and not 3 x 3008.22.
    children = [a_child(number, end_date="2025-09-30") for number in (1, 2, 3)]
    assert line(compared(children))["first_part"] == 902_466


def test_a_row_for_several_children_counts_them() -> None:
    found = line(compared([a_child(1, count="4")]))
    assert (found["children"], found["first_part"]) == (4, 2_400_000)


def test_children_elsewhere_and_outside_the_year_don_t_count() -> None:
    children = [a_child(1), a_row(2), a_child(3, start_date="2027-04-01")]
    assert line(compared(children))["children"] == 1


def test_a_school_without_funded_children_keeps_its_budget() -> None:
    found = compared([a_child(1)], a_school(), a_school("100002"))
    assert (line(found, "100002")["first_part"], line(found, "100002")["remaining"]) == (0, 2_000_000)


def test_help_beyond_a_ratio_pays_for_each_child_beyond_it() -> None:
    # Three children; 2% of 100 pupils is 2: one child, £6,000.00.
    found = compared([a_child(1), a_child(2), a_child(3)], rule=RATIO)
    assert (line(found)["targeted_help"], line(found)["s251_line"]) == (600_000, "1.2.4")
    assert found.total == 600_000


def test_help_beyond_a_share_pays_the_shortfall() -> None:
    # £18,000.00 less four fifths of £20,000.00.
    assert line(compared([a_child(1), a_child(2), a_child(3)], rule=SHARE))["targeted_help"] == 200_000


def test_help_is_never_below_0() -> None:
    for rule in (RATIO, SHARE):
        assert line(compared([a_child(1)], rule=rule))["targeted_help"] == 0


def test_a_rule_may_pay_an_amount_of_its_own() -> None:
    rule = RATIO.model_copy(update={"amount": 250_000})
    assert line(compared([a_child(1), a_child(2), a_child(3)], rule=rule))["targeted_help"] == 250_000


def test_without_a_rule_there_is_no_help_and_no_0() -> None:
    assert (line(compared([a_child(1)]))["targeted_help"], line(compared([a_child(1)]))["s251_line"]) == (None, None)


def test_blank_pupils_are_a_finding_where_the_rule_needs_them() -> None:
    found = compared([a_child(1)], a_school(pupils=""), rule=RATIO)
    assert (line(found)["targeted_help"], codes(found)) == (None, ["missing_value"])
    assert codes(compared([a_child(1)], a_school(pupils=""), rule=SHARE)) == []


@pytest.mark.parametrize(
    "schools", [[a_school("100009")], [a_school(budget="")], [a_school(budget="-1")], [a_school(), a_school()]]
)
def test_a_school_without_a_budget_is_a_finding_and_a_blank(schools: list[dict[str, str]]) -> None:
    found = compared([a_child(1), a_child(2), a_child(3)], *schools, rule=SHARE)
    assert line(found)["first_part"] == 1_800_000
    assert (line(found)["remaining"], line(found)["targeted_help"]) == (None, None)
    assert "school_unknown" in codes(found)


@pytest.mark.parametrize("wrong", [{"start_date": "2025-13-01"}, {"fte": "2"}])
def test_a_child_without_a_price_leaves_the_school_blank(wrong: dict[str, str]) -> None:
    found = compared([a_child(1), a_child(2, **wrong)], rule=SHARE)
    assert (line(found)["first_part"], line(found)["targeted_help"]) == (None, None)
    assert "funded_children_unknown" in codes(found)


def test_a_period_that_is_no_year_is_refused() -> None:
    for period in ("2025-04-01..2025-09-30", "2025-04-02..2026-04-01"):
        with pytest.raises(PeriodError, match="one whole year"):
            compared([a_child(1)], period=period)


def test_a_year_without_a_figure_takes_the_nearest_and_says_so() -> None:
    found = compared([a_child(1)], period="FY2026-27")
    assert line(found)["first_part"] == FIRST_PART
    assert found.findings["code"].to_list() == ["figure_of_another_year"]
    assert compared([a_child(1)]).findings.is_empty()


def test_a_file_of_schools_needs_its_budget_column() -> None:
    with pytest.raises(InputRefused, match="notional_sen_budget"):
        compared([a_child(1)], {"provider_id": "100001"})


def test_a_rule_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rule.toml"
    path.write_text('title = "T"\nsource = "S"\nrule = "beyond_ratio"\nlevel = "0.02"\namount = "2500.00"\n', "utf-8")
    assert read_rule(path) == TargetedHelp.model_validate(
        {"title": "T", "source": "S", "rule": "beyond_ratio", "level": "0.02", "amount": "2500.00"}
    )
    assert (read_rule(path).level, read_rule(path).amount) == (Fraction(2, 100), 250_000)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('title = "T"\nsource = "S"\nrule = "beyond_ratio"\nlevel = 0.02\n', "level"),
        ('title = "T"\nsource = "S"\nrule = "beyond_ratio"\nlevel = "x"\n', "level"),
        ('title = "T"\nsource = "S"\nrule = "beyond_hope"\nlevel = "0.1"\n', "rule"),
        ('title = "T"\nrule = "beyond_ratio"\nlevel = "0.1"\n', "source"),
        ('title = "T"\nsource = "S"\nrule = "beyond_ratio"\nlevel = "0.1"\nrate = 1\n', "rate"),
        ('title = "T"\nsource = "S"\nrule = "beyond_ratio"\nlevel = "0.1"\namount = 0.5\n', "amount"),
        ('title = "T"\nsource = "S"\nrule = "beyond_ratio"\nlevel = "0.1"\namount = -5\n', "amount"),
        ("no toml", "rule.toml"),
    ],
)
def test_a_wrong_rule_is_refused_by_name(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "rule.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=word):
        read_rule(path)


def test_a_rule_that_isn_t_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        read_rule(tmp_path / "nowhere.toml")


def test_the_workbook_names_the_source_of_the_figure(tmp_path: Path) -> None:
    (path,) = compared([a_child(1)], rule=SHARE).write(tmp_path / "notional.xlsx")
    book = openpyxl.load_workbook(path, data_only=True)
    assert book.sheetnames == ["Summary", "Notional sen", "Findings", "Provenance"]
    said = [cell for row in book["Summary"].iter_rows(values_only=True) for cell in row if isinstance(cell, str)]
    assert any("Written question 43352" in cell for cell in said)
    assert any("£6,000.00 a year" in cell for cell in said)
