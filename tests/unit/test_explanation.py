"""A placement explained: every step in words and numbers, ending on the costing's own pence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from tariff_engine import Costing, Framework
from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.explanation import ExplanationDiffers, Step, source_of
from tariff_engine.framework import PlaceRate
from tariff_engine.framework_header import Source
from tests.small import THREE_BANDS, a_framework, a_row, a_tariff, an_uplift, cost_rows

FULL = a_framework(
    a_tariff(band="B2", rate_pence=1213200, area_cost=True, minimum_pence=450000, maximum_pence=1000000),
    areas={"878": 1021330},
    uplifts=[
        an_uplift("extra", "amount", 150000),
        an_uplift("part", "percent", 2_500_000),
        an_uplift("other", "amount", 1, "nmss"),
    ],
    places=[PlaceRate("special", "pre16", "commissioned", 1000000, "s")],
)


def steps(costing: Costing, placement: str = "P1") -> dict[str, Step]:
    """Steps by title; of several alike, the last."""
    return {step.title: step for step in costing.explain(placement).steps}


def test_every_step_stands_in_order_with_its_sum_and_its_source() -> None:
    found = cost_rows(
        FULL, a_row(uplifts="extra;part;other", start_date="2025-09-03", end_date="2026-02-13", fte="0.6")
    )
    explanation = found.explain("P1")
    assert [step.title for step in explanation.steps] == [
        "Placement",
        "Finding (warning)",
        "Version",
        "Assessed band",
        "Phase",
        "Rate",
        "Area cost",
        "Annual top-up",
        "Uplift extra",
        "Uplift part",
        "Uplift other",
        "Minimum",
        "Maximum",
        "Annual price",
        "Months",
        "Payer",
        "Place value",
    ]
    by = {step.title: step for step in explanation.steps}
    # 1213200 x 1.021330 x 0.6 = 743446.53; 2.5% of it is 18586.18; the maximum is 1000000 x 0.6.
    assert by["Annual top-up"].formula == "£12,132.00 x area cost 1.02133 x fte 0.6"
    assert by["Annual top-up"].result == "£7,434.47"
    assert (by["Uplift extra"].formula, by["Uplift extra"].result) == ("£1,500.00 x fte 0.6", "£900.00")
    assert (by["Uplift part"].formula, by["Uplift part"].result) == ("£7,434.47 x 2.5%", "£185.86")
    assert by["Uplift other"].text == "is for another provision, and isn't added"
    assert by["Minimum"].formula == "£4,500.00 x fte 0.6 = £2,700.00"
    assert by["Maximum"].formula == "£10,000.00 x fte 0.6 = £6,000.00"
    assert (by["Annual price"].text, by["Annual price"].result) == ("£2,520.33 was cut", "£6,000.00")
    assert by["Rate"].source == {
        "title": "By hand",
        "url": "https://www.example.gov.uk",
        "last_checked_on": "2025-03-31",
        "status": "published",
    }
    assert "row 2 of tariffs.csv" in by["Rate"].text
    assert by["Place value"].result == "£10,000.00"
    assert "164 of 365 in the year from 2025-04-01" in by["Months"].text
    assert explanation.amount_pence == found.total == 269589
    assert explanation.text().splitlines()[-1] == "Amount for FY2025-26: £2,695.89"


def test_the_text_numbers_its_steps_and_names_the_sources() -> None:
    lines = cost_rows(FULL, a_row()).explain("P1").text().splitlines()
    assert lines[0] == "Placement P1, FY2025-26"
    assert lines[2].startswith("1. Placement: ")
    assert "   Source: By hand; https://www.example.gov.uk; last checked 2025-03-31" in lines


def test_the_dictionary_is_plain_values_for_json() -> None:
    found = cost_rows(FULL, a_row()).explain("P1").to_dict()
    assert json.loads(json.dumps(found)) == json.loads(json.dumps(found, default=str))
    assert (found["placement_id"], found["period"], found["amount_pence"]) == ("P1", "FY2025-26", 1000000)
    assert found["conclusion"] == "Amount for FY2025-26: £10,000.00"
    assert set(found["steps"][0]) == {"title", "text", "formula", "result", "source"}


def test_an_assessed_band_shows_each_need_and_what_it_came_to() -> None:
    weights = {"learning": [0, 1, 3, 6], "social": [0, 2, "4.5", 8]}
    bands = [replace(band, minimum_score=band.order * 2_000_000, level=None) for band in THREE_BANDS]
    framework = a_framework(
        a_tariff(),
        bands=bands,
        banding={
            "rule": "weighted_score",
            "weights": weights,
            "co_occurrence": {"areas": 2, "level": 1, "raise": 1},
            "provision_shift": {"special": -1},
        },
    )
    step = steps(cost_rows(framework, a_row(need_learning="1", need_social="2")))["Assessed band"]
    assert step.formula.splitlines() == ["Learning: level 1, a (scores 1)", "Social: level 2, b (scores 4.5)"]
    assert step.text == (
        "by weighted score, which comes to 5.5: B2, raised 1 for needs in several areas at once, "
        "moved -1 for the provision"
    )
    assert step.result == "B2"


def test_a_panel_s_band_is_said_with_its_reason() -> None:
    found = steps(cost_rows(FULL, a_row(band="B2", band_reason="new evidence")))
    assert found["Band"].text == "the panel gave B2 (new evidence), which is final"
    assert "Assessed band" in found


def test_a_blank_year_group_is_said() -> None:
    assert steps(cost_rows(FULL, a_row(nc_year="")))["Phase"].text == (
        "the year group is blank, so only rates for any phase fit"
    )


@pytest.mark.parametrize(
    ("tariff", "cells", "formula", "rate"),
    [
        (
            {"unit": "hour", "rate_pence": 1304},
            {"support_hours": "22.5", "fte": "0.8"},
            "£13.04 x 22.5 hours a week x 39 weeks",
            "£13.04 an hour",
        ),
        ({"unit": "week", "rate_pence": 10001}, {"fte": "0.5"}, "£100.01 x 39 weeks x fte 0.5", "£100.01 a week"),
        ({"unit": "day", "rate_pence": 10325}, {}, "£103.25 x 190 days x fte 1", "£103.25 a day"),
        ({}, {}, "£4,500.00 x fte 1", "£4,500.00 a year"),
    ],
)
def test_a_top_up_shows_its_units(tariff: dict[str, Any], cells: dict[str, str], formula: str, rate: str) -> None:
    found = steps(cost_rows(a_framework(a_tariff(**tariff)), a_row(**cells)))
    assert found["Annual top-up"].formula == formula
    assert found["Rate"].result == rate


def test_an_agreed_price_and_an_override_are_said() -> None:
    framework = a_framework(a_tariff(price_basis="agreed", rate_pence=None, maximum_pence=6300000))
    row = a_row(agreed_price="40000.00", fte="0.5", override_by="Head of SEND", override_reason="a tribunal")
    found = steps(cost_rows(framework, row))
    assert (found["Agreed price"].result, found["Rate"].result) == ("£40,000.00", "no rate")
    assert found["Maximum"].text == "lifted by Head of SEND: a tribunal"
    assert found["Annual price"].result == "£40,000.00"


def test_a_spell_bought_by_the_unit_is_spread_over_its_own_days() -> None:
    framework = a_framework(a_tariff(unit="day", rate_pence=10325))
    found = steps(cost_rows(framework, a_row(units="30", start_date="2025-09-08", end_date="2025-10-19")))
    assert found["Spell"].formula == "£103.25 x 30 days x area cost 1 x fte 1"
    assert found["Spell"].result == "£3,097.50"
    assert [line.split()[0] for line in found["Months"].formula.splitlines()] == ["2025-09", "2025-10"]


def test_a_spell_under_two_versions_says_which_prices_it() -> None:
    def by_day(version: str, rate: int, **dates: Any) -> Framework:
        return a_framework(a_tariff(unit="day", rate_pence=rate), version=version, **dates)

    both = [by_day("old", 10325, effective_to="2025-09-30"), by_day("new", 20000, effective_from="2025-10-01")]
    found = cost_rows(both, a_row(units="30", start_date="2025-09-08", end_date="2025-10-19"))
    explanation = found.explain("P1")
    said = [step.text for step in explanation.steps if step.title == "Spell"]
    assert "it is bought by the unit, so the version of its first covered day prices it: small@old" in said
    assert explanation.amount_pence == 309750


def test_a_placement_outside_the_period_is_due_nothing() -> None:
    explanation = cost_rows(FULL, a_row(start_date="2030-04-01")).explain("P1")
    assert explanation.steps[-1].text == "no day of the placement is in FY2025-26, so nothing is due"
    assert explanation.conclusion == "Amount for FY2025-26: £0.00"


def test_a_placement_without_a_band_or_a_row_for_that_is_due_nothing() -> None:
    explanation = cost_rows(FULL, a_row(need_learning="0")).explain("P1")
    assert {s.title: s.text for s in explanation.steps}["Rate"] == (
        "no band was reached and small@2025-26 has no rate for that, so nothing is added"
    )
    assert explanation.amount_pence == 0


def test_a_placement_without_a_price_says_so_and_gives_the_finding() -> None:
    explanation = cost_rows(FULL, a_row(band="B1", band_reason="x")).explain("P1")
    titles = {step.title: step.text for step in explanation.steps}
    assert titles["Finding (error)"].startswith("provision: small@2025-26 has no rate for special, B1")
    assert titles["Price"] == "none, for the reason in the findings above; a missing price is never 0"
    assert explanation.amount_pence is None
    assert explanation.conclusion == "Amount for FY2025-26: none; the placement is set aside"


def test_days_without_a_version_are_said() -> None:
    found = cost_rows(a_framework(effective_from="2025-09-01"), a_row()).explain("P1")
    said = [step.text for step in found.steps if step.title == "Version"]
    assert said[0] == "no chosen version covers 2025-04-01 to 2025-08-31, 153 days, so there is no price"


def test_as_if_is_said() -> None:
    old = a_framework(effective_to="2021-03-31")
    assert (
        "as if it covered every day, though it is in effect from"
        in steps(cost_rows(old, a_row(), as_if=True))["Version"].text
    )


def test_several_stints_and_children_are_added_up_at_the_end() -> None:
    found = cost_rows(FULL, a_row(nc_year="6", count="3"))
    explanation = found.explain("P1")
    assert [step.title for step in explanation.steps].count("Version") == 2
    assert explanation.steps[0].text.endswith(", 3 like children")
    assert explanation.steps[-1].title == "All months"
    assert explanation.steps[-1].result == "£30,000.00"
    assert explanation.amount_pence == found.total == 3000000


def test_a_handover_is_said_once_for_the_stint() -> None:
    providers = pl.DataFrame({"provider_id": ["100001"], "closed": ["2025-12-10"], "successor": ["100009"]})
    found = cost_rows(FULL, a_row(), providers=providers)
    assert found.lines.height == 2
    explanation = found.explain("P1")
    titles = [step.title for step in explanation.steps]
    assert (titles.count("Handover"), titles.count("Months")) == (1, 1)
    assert explanation.amount_pence == 1000000


@pytest.mark.parametrize(
    ("proration", "says"),
    [
        ({"remainder": "last"}, "by calendar days, each month rounded alone and the last takes the rest"),
        ({"method": "months", "count_day": 15}, "by months"),
    ],
)
def test_how_the_year_is_spread_is_said(proration: dict[str, Any], says: str) -> None:
    assert says in steps(cost_rows(a_framework(proration=proration), a_row()))["Months"].text


# ---- refusals


def test_a_placement_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^There is no placement P9 in "):
        cost_rows(FULL, a_row()).explain("P9")


def test_a_row_that_could_not_be_read_is_refused_with_the_reason() -> None:
    with pytest.raises(InputRefused) as refused:
        cost_rows(FULL, a_row(start_date="soon", fte="2")).explain("P1")
    said = str(refused.value)
    assert said.startswith("Placement P1 can't be explained, as its row couldn't be read. row 2: start_date 'soon'")
    assert "row 2: fte '2': expected a part of a full-time place above 0 to 1" in said


@pytest.mark.parametrize("column", ["annual_top_up", "annual_price", "over_limit", "2025-04"])
def test_steps_that_do_not_end_on_the_costing_s_figures_are_never_shown(column: str) -> None:
    found = cost_rows(FULL, a_row())
    wrong = replace(found, lines=found.lines.with_columns(pl.col(column) + 1))
    with pytest.raises(ExplanationDiffers, match=column):
        wrong.explain("P1")


def test_a_band_that_is_not_the_costing_s_is_never_shown() -> None:
    found = cost_rows(FULL, a_row())
    wrong = replace(found, lines=found.lines.with_columns(band=pl.lit("B3")))
    with pytest.raises(ExplanationDiffers, match="Explaining band comes to B2, and the costing has B3"):
        wrong.explain("P1")


# ---- sources


def test_a_value_that_nobody_published_says_so_with_its_working() -> None:
    derived = {"id": "s", "title": "Worked out", "status": "derived", "working": "half of the other"}
    text = cost_rows(a_framework(sources=[derived]), a_row()).explain("P1").text()
    assert (
        "   Source: Worked out; DERIVED: nobody published this value; working: half of the other" in text.splitlines()
    )


def test_an_unknown_source_is_none() -> None:
    framework = a_framework()
    assert source_of(framework, "nowhere") is None
    assert isinstance(framework.sources["s"], Source)
