"""A version with something in every file and under every key, as a workbook, and edits of a workbook by openpyxl."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tariff_engine.framework import Framework
from tariff_engine.framework_reading import read_files
from tariff_engine.framework_workbook import FrameworkWorkbook, read_framework_workbook
from tariff_engine.framework_workbook_writing import write_framework_workbook
from tariff_engine.tables.spreadsheets import SheetText

TOML = """\
# What a workbook doesn't show, and a file keeps, even if it looks like an escape: _x0041_.
id = "full"
version = "2025-26"
title = "A \\"full\\" framework: \u00a31 = 100p"
publisher = "Example County Council"
jurisdiction = "878"              # Devon's
legal_status = "in_force"
effective_from = 2025-04-01
effective_to = 9999-12-31
year_basis = "financial"
weeks_per_year = "39.5"
days_per_year = 190
places_rounding = "whole_pounds"

[proration]
method = "terms"
closed = [2025-05-05, 2025-05-26]
count_day = "last"

[[proration.terms]]
name = "Summer"
start = 2025-04-01
end = 2025-08-31
share = "5/12"
count_date = 2025-05-15

[[proration.terms]]
start = 2025-09-01
end = 2026-03-31
share = "14/24"
count_date = 2025-10-02

[[proration.school_terms]]
start = 2025-04-22
end = 2025-07-23
name = "Summer"

[[sources]]
id = "s"
title = "=HYPERLINK(\\"https://www.example.gov.uk\\")"
publisher = "Example County Council"
url = "https://www.example.gov.uk/bands"
published_on = 2025-02-01
last_checked_on = 2025-03-31

[[sources]]
id = "d"
title = "Worked out"
url = ""
status = "derived"
working = "Two lines,\\nthe second of them here."
note = "A note"

[[need_areas]]
code = "learning"
title = "Learning"
primary_needs = ["SLD", "MLD"]
levels = ["no need", "some: a\\n- list", "", "most"]

[[need_areas]]
code = "social"
title = "Social"
levels = ["no need", "some"]

[banding]
rule = "weighted_score"
[banding.weights]
learning = [0, 1, "3.5", 6]
social = [0, "0.25"]
[banding.co_occurrence]
areas = 2
level = 1
raise = 1
[banding.provision_shift]
special = 1
early_years = -1
hospital = 0
[banding.permitted]
mainstream = ["1", "2"]
special = ["3"]
hospital = []
"""
BANDS = (
    "\ufeffband,order,title,minimum_score,level,descriptor,source_id\r\n"
    '1,1,Band one,0.25,,"=1+1 of help,\r\nevery day",s\r\n'
    "\r\n"
    "2,2,,2,,@someone,d\r\n"
    "3,3,Band three,123456789012.123456,,,s\r\n"
)
TARIFFS = """\
provision,provider_id,band,phase,price_basis,unit,rate,minimum,maximum,area_cost,source_id
special,,1,,tariff,year,4500.01,,,yes,s
 special ,,2,,tariff,year,"\u00a312,132",,,no,s
,,,,,,,,,,
special,113000,2,post16,tariff,year,13000.5,4500,63000.00,no,d
mainstream,,,,tariff,hour,13.04,,,no,s
independent_special,,,,agreed,,,4500.00,63000.00,,s
nmss,,3,,agreed,year,30000.00,,,no,s
ap_time_limited,007,,,tariff,day,103.25,,,no,s
"""
PLACES = "provision,phase,occupancy,rate,source_id\nspecial,pre16,commissioned,10000.00,s\n"
UPLIFTS = """\
code,title,kind,value,provisions,source_id
transport,Transport,amount,1500.00,,s
therapy,Therapy,percent,2.5,special;nmss,s
reduction,Shared staff,amount,-1000.00,special,s
"""
AREA_COSTS = "source_id,factor,la_code\ns,1.021330,878\n"
FULL: Mapping[str, bytes] = {
    "framework.toml": TOML.encode(),
    "bands.csv": BANDS.encode(),
    "tariffs.csv": TARIFFS.encode(),
    "places.csv": PLACES.encode(),
    "uplifts.csv": UPLIFTS.encode(),
    "area_costs.csv": AREA_COSTS.encode(),
}


def a_book(folder: Path, files: Mapping[str, bytes] = FULL) -> Path:
    """A version's workbook as it is exported."""
    path = folder / "framework.xlsx"
    write_framework_workbook(path, files)
    return path


Changes = Mapping[tuple[int | str, str], Any]
"""What is typed into a cell, by its row and the name of its column; a row may be given as what stands in column A."""


def edited(path: Path, sheet: str, changes: Changes) -> Path:
    """Type into cells and save."""
    book = load_workbook(path)
    page = book[sheet]
    for (row, column), value in changes.items():
        number = row if isinstance(row, int) else [cell.value for cell in page["A"]].index(row) + 1
        page.cell(number, column_of(page, column)).value = value
    book.save(path)
    return path


def edited_sheets(sheets: Sequence[SheetText], name: str, changes: Changes) -> list[SheetText]:
    """The sheets of a workbook, as they are read, with other text in some cells."""
    (at,) = (at for at, sheet in enumerate(sheets) if sheet.name == name)
    frame = sheets[at].frame
    heads, first = frame.row(0), frame["0"].to_list()
    lines = [list(line) for line in frame.rows()]
    for (row, column), value in changes.items():
        number = row - 1 if isinstance(row, int) else first.index(row)
        lines += [[None] * len(heads) for _ in range(number + 1 - len(lines))]
        lines[number][heads.index(column)] = None if value is None else str(value)
    changed = pl.DataFrame(lines, schema=dict.fromkeys(frame.columns, pl.String), orient="row")
    return [*sheets[:at], replace(sheets[at], frame=changed), *sheets[at + 1 :]]


def without_row(path: Path, sheet: str, row: int) -> Path:
    """Delete a row as a whole, and save."""
    book = load_workbook(path)
    book[sheet].delete_rows(row)
    book.save(path)
    return path


def column_of(page: Worksheet, name: str) -> int:
    """The number of the column with a header, the first for 1."""
    return [cell.value for cell in page[1]].index(name) + 1


def first_free_row(path: Path, sheet: str) -> int:
    """The row below the last filled one."""
    rows = load_workbook(path)[sheet].iter_rows(values_only=True)
    return max(number for number, cells in enumerate(rows, start=1) if any(cell is not None for cell in cells)) + 1


def read(path: Path) -> FrameworkWorkbook:
    """What a workbook holds, which must be a version that can be used."""
    book = read_framework_workbook(path)
    assert book.framework is not None, [problem.text() for problem in book.problems]
    return book


def full() -> Framework:
    """The version itself."""
    framework, _ = read_files(FULL)
    assert framework is not None
    return framework


def problems(path: Path) -> list[str]:
    """Everything wrong with a workbook, each as its line."""
    return [f"{problem.severity}: {problem.text()}" for problem in read_framework_workbook(path).problems]


def errors(path: Path) -> list[str]:
    """The errors of a workbook, each as its line."""
    return [line.removeprefix("error: ") for line in problems(path) if line.startswith("error")]


def without_bytes(framework: Framework) -> Framework:
    """A version without what tells how its files were written."""
    tariffs = tuple(replace(tariff, row=0) for tariff in framework.tariffs)
    bands = tuple(replace(band, row=0) for band in framework.bands)
    return replace(framework, tariffs=tariffs, bands=bands, content_hash="")
