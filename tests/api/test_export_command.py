"""tariff-engine frameworks export: a version as a workbook, and an edited one as a folder again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tariff_engine import load_frameworks
from tariff_engine.errors import UsageError
from tariff_engine.framework_library import framework_files
from tariff_engine.tables.atomic import whole_folder
from tests.api.conftest import DEVON, PRICE, Command
from tests.framework_books import edited


def test_a_version_is_exported_edited_checked_compared_and_priced(command: Command, tmp_path: Path) -> None:
    said = command("frameworks", "export", DEVON, "--out", "devon.xlsx")
    assert (said.status, said.err) == (0, "")
    (framework,) = load_frameworks(DEVON)
    assert said.out.splitlines() == [
        f"devon.xlsx: {DEVON}, content hash {framework.content_hash[:12]}.",
        "Edit the shaded cells, save, and then:",
        "  tariff-engine frameworks check devon.xlsx",
        f"  tariff-engine frameworks diff {DEVON} devon.xlsx",
    ]
    assert command("frameworks", "diff", DEVON, "devon.xlsx", "--json").document["differences"] == []
    edited(tmp_path / "devon.xlsx", "Tariffs", {(4, "rate"): 4620})
    edited(tmp_path / "devon.xlsx", "Framework", {("version", "value"): "2023-24-draft"})
    assert command("frameworks", "check", "devon.xlsx").status == 0
    (title, *changes) = command("frameworks", "diff", DEVON, "devon.xlsx", "--json").document["differences"]
    assert (title["field"], title["new"]) == ("version", "2023-24-draft")
    assert [(change["old"], change["new"]) for change in changes] == [("4500.00", "4620.00")]
    assert "2023-24-draft" in command("frameworks", "show", "devon.xlsx").out
    arguments = ("price", "good.csv", "--framework", "devon.xlsx", "--period", "FY2023-24", "--out", "out.csv")
    assert command(*arguments).status == 0
    provenance = json.loads((tmp_path / "out.provenance.json").read_text(encoding="utf-8"))
    assert provenance["frameworks"][0]["version"] == "2023-24-draft"
    assert provenance["totals"]["amount_pence"] != json.loads(_priced(command, tmp_path))["totals"]["amount_pence"]


def _priced(command: Command, folder: Path) -> str:
    assert command("price", "good.csv", *PRICE, "--out", "old.csv").status == 0
    return (folder / "old.provenance.json").read_text(encoding="utf-8")


def test_a_workbook_becomes_a_folder_again_with_the_same_bytes(command: Command, tmp_path: Path) -> None:
    framework, files = framework_files(DEVON)
    assert command("frameworks", "export", DEVON, "--out", "devon.xlsx").status == 0
    said = command("frameworks", "export", "devon.xlsx", "--out", "ours/devon/2023-24/", "--json").document
    assert said["content_hash"] == framework.content_hash
    assert said["files"] == [str(Path("ours/devon/2023-24") / name) for name in sorted(files)]
    assert {path.name: path.read_bytes() for path in (tmp_path / "ours/devon/2023-24").iterdir()} == files
    assert load_frameworks("ours/devon") == (framework,)


def test_an_empty_folder_is_filled_and_one_with_something_in_it_is_left_alone(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert command("frameworks", "export", DEVON, "--out", "empty").status == 0
    before = {path: path.read_bytes() for path in (tmp_path / "empty").iterdir()}
    said = command("frameworks", "export", "devon@2022-23", "--out", "empty")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("'empty' is there already, and isn't an empty folder.")
    assert {path: path.read_bytes() for path in (tmp_path / "empty").iterdir()} == before


def test_several_versions_are_refused_by_name(command: Command, tmp_path: Path) -> None:
    said = command("frameworks", "export", "devon", "--out", "devon.xlsx")
    assert (said.status, said.out) == (2, "")
    assert said.err == "devon has several versions. Name one of devon@2022-23, devon@2023-24.\n"
    assert not (tmp_path / "devon.xlsx").exists()


@pytest.mark.parametrize("out", ["devon.ods", "devon.xls", "devon.csv", "devon.xslx"])
def test_another_ending_is_refused(command: Command, out: str, tmp_path: Path) -> None:
    said = command("frameworks", "export", DEVON, "--out", out)
    assert said.status == 2
    assert "must end in .xlsx, or be the name of a folder" in said.err
    assert not (tmp_path / out).exists()


def test_a_folder_s_name_may_have_a_point_and_a_number(command: Command, tmp_path: Path) -> None:
    assert command("frameworks", "export", DEVON, "--out", "v1.2").status == 0
    assert (tmp_path / "v1.2" / "framework.toml").is_file()


@pytest.mark.parametrize("rate", [4620, "lots"])
def test_a_workbook_that_somebody_edited_is_not_written_over(command: Command, tmp_path: Path, rate: object) -> None:
    export = ("frameworks", "export", DEVON, "--out", "devon.xlsx")
    assert command(*export).status == 0
    assert command(*export).status == 0
    path = edited(tmp_path / "devon.xlsx", "Tariffs", {(4, "rate"): rate})
    before = path.read_bytes()
    said = command(*export)
    assert said.status == 2
    assert said.err.startswith("'devon.xlsx' has been edited since it was made.")
    assert path.read_bytes() == before


def test_an_edit_that_is_wrong_is_neither_used_nor_exported(command: Command, tmp_path: Path) -> None:
    assert command("frameworks", "export", DEVON, "--out", "devon.xlsx").status == 0
    edited(tmp_path / "devon.xlsx", "Tariffs", {(4, "rate"): "lots"})
    line = "Tariffs, row 4, rate: 'lots' is not an amount in pounds; expected pounds with at most two decimals"
    document = command("frameworks", "check", "devon.xlsx", "--json").document
    assert not document["usable"]
    assert (document["problems"][0]["file"], document["problems"][0]["row"]) == ("Tariffs", 4)
    for arguments in (("show", "devon.xlsx"), ("export", "devon.xlsx", "--out", "folder")):
        said = command("frameworks", *arguments)
        assert (said.status, said.out, said.err) == (2, "", f"{line}\n")
    assert not (tmp_path / "folder").exists()


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "new" / "and" / "deep"

    def fill(fail: Callable[[], None]) -> None:
        with whole_folder(target) as folder:
            (folder / "one.csv").write_text("1", encoding="utf-8")
            assert not (tmp_path / "new").exists()
            fail()

    def full_disk() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(UsageError, match="could not be written: No space left on device"):
        fill(full_disk)
    assert list(tmp_path.iterdir()) == []
    fill(lambda: None)
    assert [path.name for path in target.iterdir()] == ["one.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
