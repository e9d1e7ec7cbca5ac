"""The sheets of rules: every value of a version, with its source and who says so."""

from __future__ import annotations

import polars as pl
import pytest

from tariff_engine import Framework, load_frameworks
from tariff_engine.rule_pages import rule_pages
from tariff_engine.tables.book.pages import RulesPage
from tests.small import a_framework


def pages(*frameworks: Framework) -> dict[str, RulesPage]:
    return {page.name: page for page in rule_pages(frameworks)}


@pytest.fixture(scope="module")
def national() -> Framework:
    (framework,) = load_frameworks("national-illustrative@2025-26")
    return framework


def test_every_value_of_a_version_is_on_a_sheet(national: Framework) -> None:
    heights = {name: page.frame.height for name, page in pages(national).items()}
    assert heights == {
        "Rules": len(national.tariffs),
        "Rules bands": len(national.bands),
        "Rules needs": sum(len(area.levels) for area in national.header.need_areas),
        "Rules uplifts": len(national.uplifts),
        "Rules places": len(national.place_rates),
        "Rules area costs": len(national.area_costs),
        "Rules versions": 1,
        "Rules sources": len(national.header.sources),
    }


def test_what_a_version_does_not_have_has_no_sheet() -> None:
    assert set(pages(a_framework())) == {"Rules", "Rules bands", "Rules needs", "Rules versions", "Rules sources"}


@pytest.mark.parametrize(
    "name", ["Rules", "Rules bands", "Rules uplifts", "Rules places", "Rules area costs", "Rules sources"]
)
def test_every_value_says_whether_anybody_published_it(national: Framework, name: str) -> None:
    frame = pages(national)[name].frame
    assert frame["value_is"].to_list() == ["illustrative"] * frame.height
    assert frame["last_checked_on"].dtype == pl.Date


def test_values_stand_as_the_version_has_them(national: Framework) -> None:
    found = pages(national)
    bands, areas = found["Rules bands"].frame, found["Rules area costs"].frame
    assert bands["minimum_score"].to_list() == [3, 5, 8, 11, 14, 18, 23, 29, 36]
    assert bands["order"].to_list() == list(range(1, 10))
    (camden,) = areas.filter(la_code="202").rows(named=True)
    assert (camden["authority"], camden["factor"]) == ("Camden", 1.205633)
    uplifts = {row["code"]: (row["amount"], row["percent"]) for row in found["Rules uplifts"].frame.rows(named=True)}
    for code, uplift in national.uplifts.items():
        pence, percent = uplifts[code]
        assert uplift.value == (pence if uplift.kind == "amount" else round(percent * 1_000_000))
    weights = found["Rules needs"].frame.filter(area="semh")["weight"].to_list()
    assert weights == [weight / 1_000_000 for weight in national.header.banding.weights["semh"]]


def test_versions_stand_below_each_other() -> None:
    frameworks = load_frameworks("devon")
    found = pages(*frameworks)
    assert found["Rules versions"].frame["framework"].to_list() == [framework.name for framework in frameworks]
    assert found["Rules"].frame["framework"].unique().sort().to_list() == ["devon@2022-23", "devon@2023-24"]
    assert found["Rules versions"].frame["content_hash"][0] == frameworks[0].content_hash
