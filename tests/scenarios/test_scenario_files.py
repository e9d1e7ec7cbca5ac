"""Scenarios as files: what is written is read, and what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from scenarios import SetRate, load_scenario, shipped_scenarios
from scenarios.scenario import Scenario, read_scenario
from tariff_engine import load_frameworks
from tariff_engine.errors import UsageError
from tests.scenarios.scenarios_by_hand import a_scenario, rates, scenarios


@given(scenarios)
def test_a_scenario_survives_its_file(scenario: Scenario) -> None:
    assert read_scenario(scenario.to_toml().encode()) == scenario


@pytest.mark.parametrize("text", ['"quoted"', "back\\slash", "line\nbreak", "tab\tbell\x07", "£ é \u2028 \x7f 🦉"])
def test_any_text_survives_the_file(text: str) -> None:
    scenario = a_scenario(SetRate(provision="special", provider_id=text, rate="1"), title=text, source=text)
    assert read_scenario(scenario.to_toml().encode()) == scenario


@pytest.mark.parametrize("name", list(shipped_scenarios()))
def test_each_shipped_scenario_works_on_its_baseline(name: str) -> None:
    scenario = shipped_scenarios()[name]
    assert scenario.baseline
    assert "Nobody has proposed it" in scenario.source
    changed = scenario.apply(load_frameworks(scenario.baseline))
    assert rates(changed[0]) != rates(load_frameworks(scenario.baseline)[0])


def test_the_library_holds_a_few() -> None:
    assert list(shipped_scenarios()) == [
        "inclusion-in-mainstream",
        "independent-prices-down-10-percent",
        "rates-up-3-percent",
    ]


HEAD = 'title = "T"\nsource = "S"\n'
CHANGE = f'{HEAD}[[levers]]\nlever = "change_rates"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'title = "T"\nsorce = "S"\nlevers = []',
            ["sorce: is not a key", "did you mean source?", "source: is required"],
        ),
        (CHANGE + 'percnt = "3"', ["levers[1].percnt: is not a key", "did you mean percent?"]),
        (CHANGE + "percent = 3.5", ["levers[1].percent", "quoted decimal"]),
        (CHANGE + 'percent = "3,5"', ["levers[1].percent", "'3,5' is not a decimal number"]),
        (CHANGE + 'percent = "3"\nprovisions = ["specal"]', ["levers[1].provisions[1]", "did you mean special?"]),
        (CHANGE + 'percent = "3"\nphases = ["primry"]', ["levers[1].phases[1]", "did you mean primary?"]),
        (CHANGE, ["levers[1]", "percent or pounds"]),
        (HEAD + '[[levers]]\nlever = "change_rate"', ["levers[1].lever", "did you mean change_rates?"]),
        (HEAD + '[[levers]]\npercent = "3"', ["levers[1].lever: is required"]),
        (HEAD + '[[levers]]\nlever = "set_rate"\nrate = "1"', ["levers[1].provision: is required"]),
        (HEAD + "levers = []", ["levers: expected 1 to"]),
        (HEAD + "levers = 3", ["levers", "valid array"]),
        ("title = 2026-04-01", ["source: is required"]),
        ("title = ", ["is not a UTF-8 TOML file"]),
    ],
)
def test_a_wrong_file_is_refused_with_the_key_and_the_nearest_match(
    text: str, words: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "what-if.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_scenario(path)
    message = str(refused.value)
    assert all(line.startswith("what-if.toml: ") for line in message.splitlines())
    for word in words:
        assert word in message


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        load_scenario(tmp_path / "missing.toml")
    with pytest.raises(UsageError, match="can't be read"):
        load_scenario(tmp_path)
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(UsageError, match="at most 1 MB"):
        load_scenario(tmp_path / "large.toml")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xa3"')
    with pytest.raises(UsageError, match="UTF-8"):
        load_scenario(tmp_path / "latin.toml")
