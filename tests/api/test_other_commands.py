"""tariff-engine explain, frameworks, compare, sample, template, demo."""

from __future__ import annotations

import csv
import json
import shutil
import socket
from pathlib import Path

import pytest

from tariff_engine import cost, load_frameworks, shipped_frameworks
from tests.api.conftest import DEVON, NATIONAL, NEXT_NATIONAL, PRICE, Command

OLD_DEVON = "devon@2022-23"


def test_an_explanation_ends_on_the_amount(command: Command) -> None:
    said = command("explain", "good.csv", "--placement", "P2", *PRICE)
    assert (said.status, said.err) == (0, "")
    assert said.out.rstrip().splitlines()[-1] == "Amount for FY2023-24: £977.46"
    assert "Source: " in said.out
    assert max(len(line) for line in said.out.splitlines() if "http" not in line) <= 80


@pytest.mark.parametrize("form", [("--format", "json"), ("--json",)])
def test_an_explanation_can_be_had_as_json(command: Command, form: tuple[str, ...]) -> None:
    said = command("explain", "good.csv", "--placement", "P2", *PRICE, *form).document
    assert said["amount_pence"] == 97_746
    assert said == cost("good.csv", DEVON, "FY2023-24").explain("P2").to_dict()


@pytest.mark.parametrize(
    ("placement", "status", "word"), [("P9", 2, "no placement P9"), ("P5", 1, "row 6"), ("P4", 1, "row 5")]
)
def test_what_can_t_be_explained_is_said(command: Command, placement: str, status: int, word: str) -> None:
    said = command("explain", "mixed.csv", "--placement", placement, *PRICE)
    assert (said.status, said.out) == (status, "")
    assert word in said.err


def test_a_placement_without_a_price_is_explained_up_to_there(command: Command) -> None:
    said = command("explain", "mixed.csv", "--placement", "P6", *PRICE)
    assert said.status == 0
    assert "none" in said.out.splitlines()[-1]


def test_explain_is_strict_where_it_is_asked_to_be(command: Command) -> None:
    assert command("explain", "mixed.csv", "--placement", "P1", *PRICE).status == 0
    said = command("explain", "mixed.csv", "--placement", "P1", *PRICE, "--strict")
    assert (said.status, said.out) == (1, "")


def test_every_shipped_version_is_listed(command: Command) -> None:
    said = command("frameworks", "list")
    for framework in shipped_frameworks():
        assert framework.name in said.out
    listed = command("frameworks", "list", "--json").document["frameworks"]
    assert [f"{entry['id']}@{entry['version']}" for entry in listed] == [f.name for f in shipped_frameworks()]
    assert all(len(entry["content_hash"]) == 64 for entry in listed)


@pytest.mark.parametrize("name", [framework.name for framework in shipped_frameworks()])
def test_every_shipped_version_can_be_shown(command: Command, name: str) -> None:
    said = command("frameworks", "show", name)
    (framework,) = load_frameworks(name)
    assert said.status == 0
    assert framework.content_hash in said.out
    assert all(band.code in said.out for band in framework.bands)
    assert max(len(line) for line in said.out.splitlines() if "http" not in line) <= 80
    (document,) = command("frameworks", "show", name, "--json").document["frameworks"]
    assert len(document["rates"]) == len(framework.tariffs)
    assert {row["source_id"] for row in document["rates"]} <= {source["id"] for source in document["sources"]}


def test_a_framework_in_a_folder_is_checked_and_used(command: Command, root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "bands" / "devon" / "2023-24", tmp_path / "ours")
    assert command("frameworks", "check", "ours").status == 0
    priced = command("price", "good.csv", "--framework", "ours", "--period", "FY2023-24", "--out", "out.csv")
    assert priced.status == 0
    path = tmp_path / "ours" / "tariffs.csv"
    path.write_text(path.read_text("utf-8").replace("1600.00", "16oo.00"), encoding="utf-8")
    said = command("frameworks", "check", "ours")
    assert said.status == 2
    assert "tariffs.csv, row 2" in said.out
    document = command("frameworks", "check", "ours", "--json").document
    assert not document["usable"]
    assert document["problems"][0]["row"] == 2
    priced = command("price", "good.csv", "--framework", "ours", "--period", "FY2023-24", "--out", "out.csv")
    assert priced.status == 2
    assert "tariffs.csv, row 2" in priced.err


@pytest.mark.parametrize("framework", sorted({framework.id for framework in shipped_frameworks()}))
def test_what_is_shipped_passes_its_own_check(command: Command, framework: str) -> None:
    assert command("frameworks", "check", framework).status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("frameworks", "diff", "devon", DEVON),
        ("frameworks", "show", "nothing"),
        ("frameworks", "check", "nothing"),
        ("frameworks",),
        ("frameworks", "frobnicate"),
        (),
        ("frobnicate",),
        ("compare", "good.csv", "--framework", DEVON, "--period", "FY2023-24", "--out", "out.csv"),
        ("sample", "--rows", "0", "--seed", "1", "--out", "s.csv"),
        ("sample", "--rows", "5", "--seed", "1", "--out", "s.docx"),
        ("sample", "--rows", "5", "--seed", "1", "--out", "nowhere/s.csv"),
        ("template", "placements", "--out", "t.docx"),
        ("template", "frobnicate", "--out", "t.csv"),
        ("demo", "--out", "good.csv"),
        ("sample", "--rows", "5", "--seed", "1", "--out", "."),
        ("template", "placements", "--out", "."),
        ("compare", "good.csv", "--framework", OLD_DEVON, "--framework", DEVON, "--period", "FY2023-24", "--out", "."),
        ("serve", "--port", "0"),
        ("serve", "--host", "256.1.1.1"),
    ],
)
def test_a_command_line_that_is_wrong_ends_with_2(command: Command, arguments: tuple[str, ...]) -> None:
    said = command(*arguments)
    assert said.status == 2
    assert said.err
    assert "Traceback" not in said.err


def test_a_comparison_says_what_changes(command: Command, tmp_path: Path) -> None:
    both = ("--framework", OLD_DEVON, "--framework", DEVON, "--period", "FY2023-24", "--as-if")
    (tmp_path / "special.csv").write_text(
        "placement_id,child_id,home_la,provider_id,provider_type,provision,start_date\n"
        "P1,C1,878,113636,maintained,special,2023-04-01\n",
        encoding="utf-8",
    )
    said = command("compare", "special.csv", *both, "--out", "out.csv")
    assert said.status == 0
    assert "+£336.00" in said.out
    assert (tmp_path / "out.csv").is_file()
    document = command("compare", "special.csv", *both, "--out", "out.csv", "--json").document
    assert document["difference_pence"] == 33_600
    assert document["by_provision"] == [
        {"provision": "special", "before_pence": 1_722_000, "after_pence": 1_755_600, "difference_pence": 33_600}
    ]


def test_a_comparison_is_strict_where_it_is_asked_to_be(command: Command, tmp_path: Path) -> None:
    both = ("--framework", OLD_DEVON, "--framework", DEVON, "--period", "FY2023-24", "--as-if")
    said = command("compare", "mixed.csv", *both, "--out", "out.csv", "--strict")
    assert (said.status, said.out) == (1, "")
    assert not (tmp_path / "out.csv").exists()
    assert command("compare", "mixed.csv", *both, "--out", "out.csv", "--quiet").out == ""


def test_the_same_seed_makes_the_same_file(command: Command, tmp_path: Path) -> None:
    for name, seed in (("a.csv", 7), ("b.csv", 7), ("c.csv", 8)):
        assert command("sample", "--rows", 40, "--seed", seed, "--out", name).status == 0
    first, second, third = ((tmp_path / name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))
    assert first == second != third


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_sample_can_be_priced_as_it_says(command: Command, ending: str) -> None:
    said = command("sample", "--rows", 60, "--seed", 1, "--out", f"s.{ending}", "--json").document
    assert said["rows"] == 60
    arguments = ("--framework", said["framework"], "--period", said["period"], "--out", "out.csv")
    assert command("price", f"s.{ending}", *arguments).status == 0


@pytest.mark.parametrize("framework", [DEVON, NATIONAL])
def test_a_template_s_example_has_a_price(command: Command, tmp_path: Path, framework: str) -> None:
    said = command("template", "placements", "--out", "t.csv", "--framework", framework)
    assert said.status == 0
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["start_date"]
    period = "FY" + framework.partition("@")[2].replace("-", "-")
    arguments = ("--framework", framework, "--period", period, "--out", "out.csv", "--strict")
    assert command("price", "t.csv", *arguments).status == 0
    assert command("template", "placements", "--out", "t.csv", "--json").document["template"] == "placements"


def test_the_demo_does_the_main_job(command: Command, tmp_path: Path) -> None:
    said = command("demo", "--out", "results")
    assert (said.status, said.err) == (0, "")
    assert said.out.rstrip().splitlines()[-1].startswith("Open first: results")
    assert "ILLUSTRATIVE" in said.out
    assert "AS IF" in said.out
    assert "One child in full" in said.out
    names = {path.name for path in (tmp_path / "results").iterdir()}
    assert {"placements.csv", "comparison.csv", "one-child.txt"} <= names
    assert sum(name.endswith(".xlsx") for name in names) == 3
    provenance = json.loads((tmp_path / "results" / "costing-2025-26.provenance.json").read_text("utf-8"))
    assert provenance["totals"]["read"] > 6_000
    document = command("demo", "--out", "results", "--json").document
    assert document["before"]["totals"] == provenance["totals"]
    assert document["before"]["frameworks"][0]["version"] == NATIONAL.partition("@")[2]
    assert document["after"]["frameworks"][0]["version"] == NEXT_NATIONAL.partition("@")[2]


def test_a_port_that_is_taken_is_a_sentence(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = command("serve", "--port", port)
    assert (said.status, said.out) == (2, "")
    assert "can't be listened on" in said.err


def test_the_version_is_printed(command: Command) -> None:
    assert command("--version").out.startswith("tariff-engine ")


@pytest.mark.parametrize(
    "name", ["", "demo", "price", "explain", "compare", "frameworks", "sample", "template", "serve"]
)
def test_every_command_has_help_in_plain_lines(command: Command, name: str) -> None:
    said = command(*([name] if name else []), "--help")
    assert said.status == 0
    assert "Usage: tariff-engine" in said.out
    assert not set(said.out) & set("│─┃━┏╭\x1b")
