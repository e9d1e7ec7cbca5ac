"""Templates: every column, and an example that the engine takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tariff_engine.columns import NEED_PREFIX, placement_columns
from tariff_engine.framework import Framework
from tariff_engine.framework_library import shipped_frameworks
from tariff_engine.tables.reading import read_table
from tariff_engine.tables.templates import write_placements_template


def test_a_template_has_every_column_in_order_and_one_row(tmp_path: Path) -> None:
    path = write_placements_template(tmp_path / "template.csv")
    columns = placement_columns()
    table = read_table(path, list(columns), [name for name, column in columns.items() if column.required])
    assert table.frame.columns == list(columns)
    assert table.frame.height == 1
    assert table.notes == ()


@pytest.mark.parametrize("framework", shipped_frameworks(), ids=lambda framework: framework.name)
def test_a_frameworks_template_has_its_needs_and_an_example_that_is_read(tmp_path: Path, framework: Framework) -> None:
    path = write_placements_template(tmp_path / "template.csv", framework)
    columns = placement_columns()
    needs = [NEED_PREFIX + area.code for area in framework.header.need_areas]
    table = read_table(path, [*columns, *needs], ["placement_id"])
    assert set(table.frame.columns) == {*columns, *needs}
    cells = table.frame.row(0, named=True)
    for name, column in columns.items():
        if cells[name] is not None:
            column.reader(cells[name])
    assert all(cells[need] is not None for need in needs)
    assert cells["band"] is None or cells["band"] in {band.code for band in framework.bands}
