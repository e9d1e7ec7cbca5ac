"""The command ``frameworks diff``: what differs, and what each change costs a caseload in a full year."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from scenarios import cost_of_changes
from tariff_engine import diff_frameworks, load_frameworks
from tests.api.conftest import DEVON, Command
from tests.contract.commands import run
from tests.small import TARIFFS, TOML, UPLIFTS, a_row, write_csv, write_version

OLD_DEVON = "devon@2022-23"
BOTH = ("frameworks", "diff", OLD_DEVON, DEVON)
SPECIAL = {"home_la": "878", "provision": "special", "start_date": "2022-09-01"}
CHILDREN = (
    a_row(1, **{**SPECIAL, "provider_id": "113636"}),
    a_row(2, **{**SPECIAL, "provider_id": "113636", "count": "3", "fte": "0.5"}),
    a_row(3, **{**SPECIAL, "provider_id": "131552", "end_date": "2023-12-31"}),
    a_row(4, **{**SPECIAL, "provider_id": "131552", "provision": "sen_unit", "count": "5"}),
    a_row(5, **{**SPECIAL, "provider_id": "131552", "end_date": "2022-12-31"}),
)
CO_OCCURRENCE = """rule = "highest_level"

[banding.co_occurrence]
areas = 2
level = 2
raise = 1
"""
FULL_YEAR = (*BOTH, "--caseload", "children.csv")


@pytest.fixture(autouse=True)
def children(tmp_path: Path) -> None:
    write_csv(tmp_path / "children.csv", *CHILDREN)


def one_line(text: str) -> str:
    return " ".join(text.split())


def unwrapped(text: str) -> str:
    """Everything on one line, the figures of a row after all of its words: a line that goes on is indented."""
    rows: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        words, *figures = re.split(r"\s{2,}", line.strip())
        if line.startswith("  ") and rows:
            rows[-1][0].append(words)
        else:
            rows.append(([words], figures))
    return " ".join(" ".join([*words, *figures]) for words, figures in rows)


def test_a_difference_is_in_pounds_and_per_cent(command: Command) -> None:
    said = command(*BOTH)
    assert said.status == 0
    (line,) = (line for line in said.out.splitlines() if line.startswith("special / 113636 / any / any, rate"))
    assert line.split()[-4:] == ["£17,220.00", "£17,556.00", "+£336.00", "+2.0%"]
    document = command(*BOTH, "--json").document
    before, after = (load_frameworks(name)[0] for name in (OLD_DEVON, DEVON))
    assert document["differences"] == diff_frameworks(before, after).to_dicts()
    assert set(document) == {"before", "after", "differences"}


def test_a_version_differs_from_itself_in_nothing(command: Command) -> None:
    assert command("frameworks", "diff", DEVON, DEVON, "--json").document["differences"] == []
    assert command("frameworks", "diff", DEVON, DEVON).out == "devon@2023-24 to devon@2023-24: 0 differences\n"


def test_each_change_is_shown_with_its_children_and_its_cost_and_then_the_total(command: Command) -> None:
    said = command(*FULL_YEAR)
    assert (said.status, said.err) == (0, "")
    text = unwrapped(said.out)
    assert "FY2023-24 (1 April 2023 to 31 March 2024)" in text
    assert "special / 113636 / any / any: rate £17,220.00 to £17,556.00 (+£336.00, +2.0%) 4 +£840.00" in text
    assert "special / 131552 / any / any: rate £17,220.00 to £17,556.00 (+£336.00, +2.0%) 1 +£336.00" in text
    assert "Difference, +2.0% +£1,176.00" in text
    assert "Priced on both sides: the figures are theirs 5" in text
    assert "Of them, gone by the end of FY2023-24: with a full year too 1" in text
    assert "Without a price on either side: not in the figures 5" in text
    assert "Not there in FY2023-24: not in the figures 1" in text
    assert "10 changes with 0 children change nothing here." in text
    assert "effective_from 2022-04-01 to 2023-04-01" in text
    order = [said.out.index(part) for part in ("special / 113636", "special / 131552", "special / glendinning")]
    assert order == sorted(order)


def test_no_line_is_wider_than_a_terminal(command: Command) -> None:
    for arguments in (BOTH, FULL_YEAR):
        assert max(len(line) for line in command(*arguments).out.splitlines()) <= 80


def test_json_has_every_change_in_pence_and_who_is_in_no_figure(command: Command) -> None:
    document = command(*FULL_YEAR, "--json").document
    full_year = document["full_year"]
    assert full_year["changes"][0] == {
        "table": "tariffs",
        "key": "special / 113636 / any / any",
        "values": [{"field": "rate", "old": "17220.00", "new": "17556.00", "change": "336.00", "percent": "2.0"}],
        "children": 4,
        "full_year_pence": 84_000,
        "outside_pence": 0,
    }
    assert len(full_year["changes"]) == 12
    assert full_year["difference_pence"] == 117_600 == full_year["after_pence"] - full_year["before_pence"]
    assert sum(change["full_year_pence"] for change in full_year["changes"]) == 117_600
    assert full_year["children"] == {
        "both": 5,
        "only_before": 0,
        "only_after": 0,
        "neither": 5,
        "outside_period": 1,
    }
    assert full_year["findings"]["after"][0]["code"] == "no_tariff"
    assert full_year["provenance"]["period"]["name"] == "FY2023-24"
    assert len(document["differences"]) == 16


def test_the_command_says_what_the_function_says(command: Command, tmp_path: Path) -> None:
    before, after = (load_frameworks(name)[0] for name in (OLD_DEVON, DEVON))
    found = cost_of_changes(tmp_path / "children.csv", before, after)
    assert command(*FULL_YEAR, "--out", "out.parquet").status == 0
    assert pl.read_parquet(tmp_path / "out.parquet").equals(found.frame)


def test_another_year_can_be_asked_for(command: Command) -> None:
    document = command(*FULL_YEAR, "--period", "AY2022-23", "--json").document["full_year"]
    assert document["provenance"]["period"]["name"] == "AY2022-23"
    assert document["children"]["outside_period"] == 0


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_the_changes_are_written_and_named(command: Command, tmp_path: Path, ending: str) -> None:
    said = command(*FULL_YEAR, "--out", f"out.{ending}")
    assert said.status == 0
    assert f"out.{ending}" in said.out.split("Written")[1]
    assert (tmp_path / f"out.{ending}").is_file()
    assert command(*FULL_YEAR, "--out", f"out.{ending}", "--json").document["full_year"]["files"]


def test_providers_say_whose_area_cost_applies(command: Command, tmp_path: Path) -> None:
    rates = TARIFFS.replace("12132.00,,,no", "12132.00,,,yes")
    for name, factor in (("a", "1.1"), ("b", "1.2")):
        areas = f"la_code,factor,source_id\n878,1,s\n330,{factor},s\n"
        write_version(tmp_path / name, tariffs_csv=rates, area_costs_csv=areas)
    write_csv(tmp_path / "one.csv", a_row(1))
    write_csv(tmp_path / "providers.csv", {"provider_id": "100001", "la_code": "330"})
    asked = ("frameworks", "diff", "a", "b", "--caseload", "one.csv", "--period", "FY2025-26", "--json")
    assert command(*asked).document["full_year"]["difference_pence"] == 0
    there = command(*asked, "--providers", "providers.csv").document["full_year"]
    assert there["difference_pence"] == 121_320
    assert there["changes"][0]["key"] == "330"
    assert there["changes"][0]["values"][0]["percent"] == "9.1"


def test_bands_limits_new_rows_and_what_others_pay_are_told(command: Command, tmp_path: Path) -> None:
    write_version(tmp_path / "a")
    write_version(
        tmp_path / "b",
        framework_toml=TOML.replace('rule = "highest_level"', CO_OCCURRENCE).replace(
            "weeks_per_year = 39", "weeks_per_year = 38"
        ),
        tariffs_csv=TARIFFS.replace("B3,,tariff,year,20000.00", "B3,,tariff,year,21000.00").replace(
            "mainstream,,,,tariff,hour,13.04", "mainstream,,,,tariff,week,90.00"
        )
        + "respite,,,,tariff,day,100.00,,,no,s\nap_targeted,,,,tariff,year,900.00,,950.00,no,s\n",
        places_csv="provision,phase,occupancy,rate,source_id\nspecial,pre16,commissioned,11000.00,s\n",
        uplifts_csv=UPLIFTS.replace("therapy,Therapy,percent,2.5", "therapy,Therapy,percent,3"),
    )
    write_csv(
        tmp_path / "some.csv",
        a_row(1, need_social="2", uplifts="therapy"),
        a_row(2, provision="ap_targeted", payer="commissioning_school"),
        a_row(3, provision="mainstream", support_hours="10"),
    )
    said = command("frameworks", "diff", "a", "b", "--caseload", "some.csv", "--period", "FY2025-26")
    text = unwrapped(said.out)
    assert said.status == 0
    assert "Needs, weights and bands Children Full year 3 values 1 +£8,064.70" in text
    assert "new, banding.co_occurrence.areas 2; banding.co_occurrence.level 2; banding.co_occurrence.raise 1" in text
    assert "unit hour to week; rate £13.04 an hour to £90.00 a week 1" in text
    assert "new, price_basis tariff; unit day; rate £100.00 a day; area_cost no 0" in text
    assert "rate £900.00; maximum £950.00" in text
    assert "therapy: value 2.5 to 3 (+0.5, +20.0%) 1 +£105.00" in text
    assert "weeks_per_year 39 to 38 (-1, -2.6%) 1 -£90.00" in text
    assert "rate £10,000.00 to £11,000.00 (+£1,000.00, +10.0%) - -" in text
    assert "Place rates are paid for places" in text
    assert "Priced only after: not in the figures 1 £900.00" in text


def test_what_others_pay_has_a_column_of_its_own(command: Command, tmp_path: Path) -> None:
    for name, rate in (("a", "100.00"), ("b", "101.00")):
        write_version(tmp_path / name, tariffs_csv=TARIFFS + f"respite,,,,tariff,year,{rate},,,no,s\n")
    write_csv(tmp_path / "respite.csv", a_row(1, provision="respite", count="5"))
    said = command("frameworks", "diff", "a", "b", "--caseload", "respite.csv", "--period", "FY2025-26")
    text = unwrapped(said.out)
    assert "Children Full year Outside it" in text
    assert "5 £0.00 +£5.00" in text
    assert "Outside it, paid by others: +£5.00." in text


def test_spells_bought_by_the_day_are_told(command: Command, tmp_path: Path) -> None:
    write_version(tmp_path / "a")
    write_version(tmp_path / "b", tariffs_csv=TARIFFS.replace("103.25", "104.25"))
    spell = a_row(1, provision="ap_time_limited", units="10", start_date="2025-09-01", end_date="2025-09-14")
    write_csv(tmp_path / "ap.csv", spell)
    text = unwrapped(command("frameworks", "diff", "a", "b", "--caseload", "ap.csv", "--period", "FY2025-26").out)
    assert "rate £103.25 a day to £104.25 a day (+£1.00, +1.0%) 1 +£10.00" in text
    assert "with a full year too" not in text
    assert "Of them, bought by the week or day: with the amount in FY2025-26 1" in text


def test_an_illustration_says_so(command: Command, tmp_path: Path) -> None:
    write_version(tmp_path / "a")
    write_version(tmp_path / "b", framework_toml=TOML.replace("in_force", "illustrative"))
    write_csv(tmp_path / "one.csv", a_row(1))
    said = command("frameworks", "diff", "a", "b", "--caseload", "one.csv", "--period", "FY2025-26")
    assert "ILLUSTRATIVE" in said.out
    assert "ILLUSTRATIVE" not in command(*FULL_YEAR).out


def test_errors_end_a_strict_run_and_nothing_is_written(command: Command, tmp_path: Path) -> None:
    said = command(*FULL_YEAR, "--strict", "--out", "out.csv")
    assert (said.status, said.out) == (1, "")
    assert not (tmp_path / "out.csv").exists()


def test_a_caseload_that_cannot_be_priced_ends_with_1(command: Command) -> None:
    said = command(*BOTH, "--caseload", "hopeless.csv")
    assert said.status == 1
    assert "Priced on both sides: the figures are theirs 0" in one_line(said.out)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--period", "FY2023-24"),
        ("--out", "out.csv"),
        ("--providers", "children.csv"),
        ("--as-if",),
        ("--caseload", "children.csv", "--period", "2023"),
        ("--caseload", "children.csv", "--out", "children.csv"),
        ("--caseload", "children.csv", "--out", "out.docx"),
        ("--caseload", "children.csv", "--out", "."),
    ],
)
def test_what_has_no_meaning_is_refused(command: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    said = command(*BOTH, *arguments)
    assert (said.status, said.out) == (2, "")
    assert said.err
    assert "Traceback" not in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_as_if_changes_nothing_here(command: Command) -> None:
    assert command(*FULL_YEAR, "--as-if").out == command(*FULL_YEAR).out


def test_a_pipe_gets_plain_words_and_one_json_document(tmp_path: Path) -> None:
    plain = run([*FULL_YEAR], tmp_path)
    assert plain.returncode == 0
    assert "\x1b" not in plain.stdout + plain.stderr
    assert "Pricing" not in plain.stderr
    assert json.loads(run([*FULL_YEAR, "--json"], tmp_path).stdout)["after"] == DEVON
