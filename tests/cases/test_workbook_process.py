"""Cases A20 and A22: the process that reads a workbook may fail in any way, and runs nothing of the user's."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.tables.contract import MEBIBYTE
from tariff_engine.tables.incoming.budget import Budget
from tariff_engine.tables.incoming.process import read_cells

from .files import row
from .workbooks import (
    c,
    limited,
    placements,
    r,
    read,
    refusal,
    sheet,
    xlsx,
)

GOOD = xlsx(placements(row(1), row(2)))


@pytest.mark.parametrize("memory", [30, 120])
def test_a20_a_process_that_is_refused_memory_is_a_refused_file(tmp_path: Path, memory: int) -> None:
    string = f"<sst><si><t>{'x' * 30_000}</t></si></sst>"
    cells = sheet(*(r(at, c(f"A{at}", 0, "s")) for at in range(1, 10_000)))
    content = xlsx(cells, parts={"xl/sharedStrings.xml": string})
    assert "could not be read" in refusal(tmp_path, content, limits=limited(memory_bytes=memory * MEBIBYTE))
    assert read(tmp_path, GOOD).frame.height == 2


def test_a20_a_sheet_that_takes_more_memory_than_it_may_ends_the_process_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(xlsx(sheet(r(1, c("A1", 1)), r(20_000, c("SF20000", 1)))))
    with path.open("rb") as file, pytest.raises(InputRefused, match="more memory or time"):
        read_cells(file, [0], Budget(limited(memory_bytes=200 * MEBIBYTE)))


def test_a20_a_file_whose_text_multiplies_is_refused(tmp_path: Path) -> None:
    string = f"<sst><si><t>{'x' * 30_000}</t></si></sst>"
    cells = sheet(*(r(at, c(f"A{at}", 0, "s")) for at in range(1, 100)))
    content = xlsx(cells, parts={"xl/sharedStrings.xml": string})
    assert "more memory or time" in refusal(tmp_path, content, limits=limited(text_bytes=MEBIBYTE))


def test_a20_time_that_is_up_is_a_refused_file(tmp_path: Path) -> None:
    assert "took too long" in refusal(tmp_path, GOOD, limits=limited(seconds=0))
    path = tmp_path / "x.xlsx"
    with path.open("rb") as file, pytest.raises(InputRefused, match="took too long"):
        read_cells(file, [0], Budget(limited(seconds=0)))


def test_a20_files_are_read_side_by_side(tmp_path: Path) -> None:
    def one(number: int) -> int:
        return read(tmp_path, xlsx(placements(*(row(at) for at in range(number)))), f"{number}.xlsx").frame.height

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(1, 9))) == list(range(1, 9))


def test_a22_a_file_s_own_name_is_never_part_of_a_command(tmp_path: Path) -> None:
    name = "=cmd|x; rm -rf $HOME `id` \u202egnp\n.xlsx"
    assert read(tmp_path, GOOD, name).file_name == name.replace("\u202e", "\ufffd").replace("\n", "\ufffd")
    assert read(tmp_path, GOOD, "-c.xlsx").frame.height == 2


def test_nothing_in_the_working_folder_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "polars", "python_calamine", "sitecustomize", "encodings"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    assert read(tmp_path, GOOD).frame.height == 2


def test_a_missing_library_is_named_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(UsageError, match=r"tariff-engine\[xlsx\]"):
        read(tmp_path, GOOD)
