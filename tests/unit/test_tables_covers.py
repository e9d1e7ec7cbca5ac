"""The Cover of a template, read: another template, another version, another framework."""

from __future__ import annotations

import pytest

from tariff_engine.errors import InputRefused
from tariff_engine.tables.covers import (
    CONTENT_HASH,
    FRAMEWORK,
    FRAMEWORK_VERSION,
    TEMPLATE,
    VERSION,
    check_template,
    cover_facts,
    misfit,
)
from tests.small import a_framework

OURS = a_framework()
COVER = cover_facts("placements", OURS)


def test_a_template_of_today_is_read_without_a_word() -> None:
    assert check_template(COVER, "placements") == ()


def test_a_file_without_a_cover_is_no_template() -> None:
    assert check_template({}, "placements") == ()
    assert check_template({FRAMEWORK: "small"}, "placements") == ()


@pytest.mark.parametrize("kind", ["providers", "framework", ""])
def test_another_template_is_refused_by_its_name(kind: str) -> None:
    with pytest.raises(InputRefused, match=f"template for '{kind}'.*placements"):
        check_template({**COVER, TEMPLATE: kind}, "placements")


@pytest.mark.parametrize("version", ["2", "0", "-1", "1.5", "one", "\u0661", ""])
def test_a_version_that_is_not_known_is_refused_with_the_command(version: str) -> None:
    with pytest.raises(InputRefused, match=r"must use the template.*tariff-engine template placements"):
        check_template({**COVER, VERSION: version}, "placements")


def test_an_older_version_is_read_with_a_note() -> None:
    (note,) = check_template(COVER, "placements", current=2)
    assert (note.code, note.severity, note.value) == ("template_older", "info", "1")
    assert "2 is the newest" in note.message


def test_a_template_for_the_version_it_is_read_for_fits() -> None:
    assert misfit(COVER, [OURS]) is None
    assert misfit(COVER, [a_framework(version="2024-25"), OURS]) is None


def test_a_template_for_any_framework_fits_all() -> None:
    assert misfit(cover_facts("placements", None), [OURS]) is None
    assert misfit({}, [OURS]) is None


def test_a_template_for_another_version_does_not_fit() -> None:
    said = misfit({**COVER, FRAMEWORK_VERSION: "2024-25"}, [OURS])
    assert said is not None
    assert "small@2024-25" in said
    assert "small@2025-26" in said


def test_a_template_for_a_version_that_has_changed_does_not_fit() -> None:
    assert "have changed" in str(misfit({**COVER, CONTENT_HASH: "1" * 64}, [OURS]))


def test_a_cover_whose_hash_was_deleted_is_taken_by_its_names() -> None:
    assert misfit({**COVER, CONTENT_HASH: ""}, [OURS]) is None
