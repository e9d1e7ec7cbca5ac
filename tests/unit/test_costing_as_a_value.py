"""A costing in a notebook, a log or a debugger: it names itself and nobody in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tariff_engine.costing import cost
from tariff_engine.errors import FrameworkError, UsageError
from tariff_engine.framework_library import load_frameworks
from tests.small import a_framework, a_row, cost_rows

YEARLY = a_framework()


def test_a_costing_prints_without_a_child_and_compares_by_identity() -> None:
    found = cost_rows(YEARLY, a_row(child_id="child-of-somebody"))
    assert repr(found) == "Costing(small@2025-26, FY2025-26, 1 of 1 rows priced)"
    assert found == found
    assert found != cost_rows(YEARLY, a_row())


def test_when_it_was_made_is_fixed_when_it_is_made() -> None:
    found = cost_rows(YEARLY, a_row())
    assert found.provenance["created_at"] == found.created_at.isoformat(timespec="seconds")


@pytest.mark.parametrize("columns", [("amount",), ("provision", "provision"), ("nowhere",)])
def test_what_can_t_be_grouped_by_is_said(columns: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        cost_rows(YEARLY, a_row()).by(*columns)


def test_versions_of_two_frameworks_are_never_mixed() -> None:
    mixed = [*load_frameworks("devon@2023-24"), *load_frameworks("norfolk@2019-20")]
    with pytest.raises(FrameworkError, match="are different frameworks"):
        cost_rows(mixed, a_row())


def test_a_framework_s_own_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "framework.toml").write_text("", encoding="utf-8")
    (tmp_path / "bands.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="part of a framework"):
        cost_rows(YEARLY, a_row()).write(tmp_path / "bands.csv")
    assert (tmp_path / "bands.csv").read_text(encoding="utf-8") == "mine"


def test_names_in_place_of_versions_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Give a framework's name"):
        cost(tmp_path / "none.csv", ["devon@2023-24"], "FY2023-24")  # type: ignore[list-item]
