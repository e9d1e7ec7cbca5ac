"""Versions found by name or by path, and used side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from tariff_engine import check_framework, load_frameworks, shipped_frameworks
from tariff_engine.errors import FrameworkError, UsageError
from tariff_engine.framework_library import shipped_named, shipped_names
from tests.small import BANDS, TOML, write_version


def a_version(folder: Path, name: str, start: str, status: str = "in_force", framework: str = "small") -> Path:
    text = TOML.replace('version = "2025-26"', f'version = "{name}"').replace("2020-04-01", start)
    text = text.replace('"in_force"', f'"{status}"').replace('id = "small"', f'id = "{framework}"')
    return write_version(folder / name, framework_toml=text)


# ---- shipped


def test_every_shipped_version_can_be_loaded_by_its_name() -> None:
    names = shipped_names()
    assert list(names) == sorted(names)
    assert len(names) >= 5
    assert [framework.name for framework in shipped_frameworks()] == list(names)
    for name in names:
        (framework,) = load_frameworks(name)
        assert framework.name == name


def test_no_shipped_version_has_an_error() -> None:
    for name in shipped_names():
        assert [p.text() for p in check_framework(name) if p.severity == "error"] == []


def test_a_name_alone_takes_every_version_in_force_or_superseded_oldest_first() -> None:
    found = load_frameworks("devon")
    assert [framework.version for framework in found] == ["2022-23", "2023-24"]
    assert [f.header.effective_from for f in found] == sorted(f.header.effective_from for f in found)


def test_versions_that_are_used_when_named_are_used_when_named() -> None:
    (framework,) = load_frameworks("national-illustrative@2025-26")
    assert framework.needs_naming
    with pytest.raises(UsageError) as refused:
        load_frameworks("national-illustrative")
    assert str(refused.value).startswith(
        "national-illustrative has only consultation or illustrative versions, which are used when named: "
        "national-illustrative@2025-26"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("devn", "There is no framework 'devn', neither shipped nor a folder. Did you mean devon?"),
        ("Devon", "There is no framework 'Devon', neither shipped nor a folder. Did you mean devon?"),
        ("zzzz", "There is no framework 'zzzz', neither shipped nor a folder."),
        ("", "There is no framework '', neither shipped nor a folder."),
        ("../bands/devon", "There is no framework '../bands/devon', neither shipped nor a folder."),
        ("devon@", "There is no framework 'devon@', neither shipped nor a folder. Did you mean devon?"),
        ("devon@1999-00", "There is no version 1999-00 of devon; there are 2022-23, 2023-24."),
    ],
)
def test_a_name_that_nothing_has_is_refused_with_the_nearest(name: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        shipped_named(name)
    assert str(refused.value).startswith(message.rstrip("."))


def test_a_shipped_name_is_never_a_path(tmp_path: Path) -> None:
    a_version(tmp_path, "v1", "2020-04-01")
    with pytest.raises(UsageError, match="There is no framework"):
        shipped_named(str(tmp_path / "v1"))


# ---- on disk


def test_a_version_s_folder_is_used_whatever_its_status(tmp_path: Path) -> None:
    (framework,) = load_frameworks(a_version(tmp_path, "v1", "2020-04-01", "consultation"))
    assert (framework.version, framework.header.legal_status) == ("v1", "consultation")


def test_the_folder_above_takes_the_versions_that_need_no_naming_oldest_first(tmp_path: Path) -> None:
    a_version(tmp_path, "a", "2024-04-01")
    a_version(tmp_path, "b", "2022-04-01", "superseded")
    a_version(tmp_path, "c", "2023-04-01", "consultation")
    (tmp_path / "notes").mkdir()
    assert [framework.version for framework in load_frameworks(str(tmp_path))] == ["b", "a"]


def test_a_folder_of_nothing_but_consultations_is_refused(tmp_path: Path) -> None:
    a_version(tmp_path / "plan", "a", "2024-04-01", "consultation")
    with pytest.raises(UsageError, match=r"^plan has only consultation or illustrative versions.*: small@a\.$"):
        load_frameworks(tmp_path / "plan")


def test_a_folder_without_a_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no framework\.toml, neither in this folder nor in one below it"):
        load_frameworks(tmp_path)


def test_a_file_is_no_framework(tmp_path: Path) -> None:
    folder = a_version(tmp_path, "v1", "2020-04-01")
    with pytest.raises(UsageError, match=r"^framework\.toml is a file, and a framework is a folder with a"):
        load_frameworks(folder / "framework.toml")


def test_two_frameworks_are_not_used_side_by_side(tmp_path: Path) -> None:
    a_version(tmp_path, "a", "2023-04-01")
    a_version(tmp_path, "b", "2024-04-01", framework="other")
    with pytest.raises(FrameworkError, match="small@a and other@b are different frameworks; choose one"):
        load_frameworks(tmp_path)
    assert [p.message for p in check_framework(tmp_path)] == [
        "small@a and other@b are different frameworks; choose one"
    ]


def test_two_versions_that_start_on_the_same_day_are_refused(tmp_path: Path) -> None:
    a_version(tmp_path, "a", "2024-04-01")
    a_version(tmp_path, "b", "2024-04-01")
    with pytest.raises(FrameworkError, match="a and b both start on 2024-04-01"):
        load_frameworks(tmp_path)


def test_a_consultation_may_start_on_the_same_day_as_the_version_in_force(tmp_path: Path) -> None:
    a_version(tmp_path, "a", "2024-04-01")
    a_version(tmp_path, "b", "2024-04-01", "consultation")
    assert [framework.version for framework in load_frameworks(tmp_path)] == ["a"]
    assert check_framework(tmp_path) == []


def test_a_version_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    for folder, start in (("x", "2023-04-01"), ("y", "2024-04-01")):
        write_version(tmp_path / folder, framework_toml=TOML.replace("2020-04-01", start))
    with pytest.raises(FrameworkError, match="version 2025-26 is there twice"):
        load_frameworks(tmp_path)


def test_checking_says_everything_and_loading_refuses_with_all_of_it(tmp_path: Path) -> None:
    folder = write_version(tmp_path / "v1", bands_csv=BANDS.replace("B2,2", "B2,two").replace("B3,3", "B3,three"))
    lines = [problem.text() for problem in check_framework(folder)]
    assert [line.split(":")[0] for line in lines] == ["bands.csv, row 3, order", "bands.csv, row 4, order"]
    with pytest.raises(FrameworkError) as refused:
        load_frameworks(folder)
    assert str(refused.value) == "\n".join(lines)


def test_a_good_version_has_nothing_against_it(tmp_path: Path) -> None:
    assert check_framework(a_version(tmp_path, "v1", "2020-04-01")) == []


def test_checking_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        check_framework(tmp_path / "nowhere")
    with pytest.raises(UsageError):
        check_framework("nowhere")
