"""What holds for every costing, and C17: order and splitting of the input change nothing.

The checks at the top are what the other cases of this folder call on every costing that they make.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tariff_engine import Costing, cost
from tariff_engine.errors import InputRefused
from tests.small import TARIFFS, a_caseload, a_row, codes, write_csv, write_version

YEAR = "FY2025-26"
HEADER = (
    "placement_id,child_id,home_la,provider_id,provider_type,provision,nc_year,start_date,need_learning,need_social"
)
B2_ROW = "P{0},C{0},878,100001,maintained,special,4,2025-04-01,2,0"
B2_YEAR = 1213200
AGREED_HEADER = "placement_id,child_id,home_la,provider_id,provision,start_date,agreed_price"


def good_rows(*numbers: int) -> str:
    """Rows of the plain header, each a child who is at a special school all year at the rate of B2."""
    return "".join(f"{B2_ROW.format(number)}\n" for number in numbers)


def agreed(*amounts: str) -> str:
    """A CSV file whose rows have an agreed price and nothing else that could be wrong."""
    rows = [f'P{n},C{n},878,100001,nmss,2025-04-01,"{amount}"\n' for n, amount in enumerate(amounts, start=1)]
    return f"{AGREED_HEADER}\n{''.join(rows)}"


def price(folder: Path, content: str | bytes, name: str = "caseload.csv", **options: Any) -> Costing:
    """Write a file just as it is given and price it under the small framework, also from files."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    version = folder / "small"
    return cost(path, version if version.exists() else write_version(version), YEAR, **options)


def refusal(folder: Path, content: str | bytes, name: str = "caseload.csv") -> str:
    """The sentence with which a whole file is refused."""
    with pytest.raises(InputRefused) as refused:
        price(folder, content, name)
    return str(refused.value)


def the_finding(costing: Costing, code: str, row: int | None = None) -> dict[str, Any]:
    """The only finding of a code, on one row where several have it."""
    found = costing.findings.filter(pl.col("code") == code)
    if row is not None:
        found = found.filter(pl.col("row") == row)
    assert found.height == 1, costing.findings.rows()
    return found.row(0, named=True)


def nothing_lost(costing: Costing, *, read: int, priced: int) -> None:
    """Every row that was read is priced or set aside with an error, and every penny is in the totals."""
    counts, lines = costing.counts, costing.lines
    assert (counts["read"], counts["priced"], counts["set_aside"]) == (read, priced, read - priced)
    assert counts["read_children"] == counts["priced_children"] + counts["set_aside_children"]
    in_error = costing.findings.filter((pl.col("severity") == "error") & pl.col("row").is_not_null())["row"]
    assert in_error.n_unique() == read - priced
    has_price = pl.col("amount").is_not_null()
    assert lines.filter(has_price)["placement_id"].n_unique() == priced
    blank = lines.filter(~has_price)
    assert all(blank[name].is_null().all() for name in costing.money_columns)
    for amount, *months in lines.filter(has_price).select("amount", *costing.months).iter_rows():
        assert sum(months) == amount
    assert lines["amount"].sum() == counts["amount_pence"] + counts["outside_amount_pence"]


MIXED = (
    a_row(1),
    a_row(2, need_learning="3", fte="0.6", start_date="2025-09-03", end_date="2026-02-13"),
    a_row(3, nc_year="6"),
    a_row(4, provision="nmss", agreed_price="64000.01"),
    a_row(5, provision="ap_time_limited", provider_type="other", units="30.5", end_date="2025-10-19"),
    a_row(6, provision="mainstream", support_hours="22.5", count="7"),
    a_row(7, start_date="31/02/2025"),
    a_row(8, band="B9"),
    a_row(9, need_social=""),
    a_row(10, child_id="twice", end_date="2025-12-31"),
    a_row(11, child_id="twice", end_date="2025-10-31"),
    a_row(12, child_id="both", fte="0.5"),
    a_row(13, child_id="both", fte="0.5", provider_id="100002"),
    a_row(14, provision="ap_time_limited", provider_type="other", payer="commissioning_school"),
)
PRICED = 9
BY_PLACEMENT = ["placement_id", "from"]


def test_every_row_that_is_read_is_priced_or_set_aside_in_rows_children_and_pounds(tmp_path: Path) -> None:
    found = cost(write_csv(tmp_path / "in.csv", *MIXED), write_version(tmp_path / "small"), YEAR)
    nothing_lost(found, read=len(MIXED), priced=PRICED)
    assert found.counts["read_children"] == len(MIXED) + 6
    for columns in (["provision"], ["payee"], ["home_la", "band"], ["payer"], ["s251_line"], ["version"]):
        assert found.by(*columns)["amount"].sum() == found.lines["amount"].sum()
    assert found.by("payer").select("payer", "amount").rows() == [
        ("commissioning_school", found.counts["outside_amount_pence"]),
        ("la_high_needs", found.total),
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_c17_shuffled_rows_give_the_same_lines_and_findings(tmp_path: Path, seed: int) -> None:
    folder, rows = write_version(tmp_path / "small"), list(MIXED)
    random.Random(seed).shuffle(rows)
    one = cost(a_caseload(*MIXED), folder, YEAR)
    other = cost(a_caseload(*rows), folder, YEAR)
    columns = one.lines.columns
    assert_frame_equal(other.lines.select(columns).sort(BY_PLACEMENT), one.lines.sort(BY_PLACEMENT))
    assert other.lines["placement_id"].unique(maintain_order=True).to_list() == [
        row["placement_id"] for row in rows if row["placement_id"] in one.lines["placement_id"]
    ]
    assert {k: sorted(v) for k, v in codes(other).items()} == {k: sorted(v) for k, v in codes(one).items()}
    assert other.counts == one.counts


@pytest.mark.parametrize("at", [1, 6, 9, 11, 13])  # Never between the two rows of one child.
def test_c17_a_file_split_in_two_gives_the_same_lines(tmp_path: Path, at: int) -> None:
    folder = write_version(tmp_path / "small")
    parts: Sequence[Costing] = [
        cost(write_csv(tmp_path / f"{n}.csv", *rows), folder, YEAR) for n, rows in enumerate((MIXED[:at], MIXED[at:]))
    ]
    whole = cost(write_csv(tmp_path / "whole.csv", *MIXED), folder, YEAR)
    shared = [name for name in whole.lines.columns if all(name in part.lines.columns for part in parts)]
    together = pl.concat([part.lines.select(shared) for part in parts])
    assert_frame_equal(together, whole.lines.select(shared))
    for name in whole.counts:
        assert sum(part.counts[name] for part in parts) == whole.counts[name]


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_c17_the_same_rows_in_another_kind_of_file_give_the_same_bytes(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1766000000")
    folder, frame = write_version(tmp_path / "small"), a_caseload(*MIXED)
    path = tmp_path / f"in.{ending}"
    frame.write_parquet(path) if ending == "parquet" else frame.write_ipc(path)
    from_text = cost(write_csv(tmp_path / "in.csv", *MIXED), folder, YEAR).write(tmp_path / "one.csv")
    from_columns = cost(path, folder, YEAR).write(tmp_path / "two.csv")
    assert from_text[0].read_bytes() == from_columns[0].read_bytes()
    assert from_text[1].read_bytes() == from_columns[1].read_bytes()


def test_a_higher_rate_never_lowers_a_total_where_no_limit_applies(tmp_path: Path) -> None:
    totals = []
    for number, rate in enumerate(("12131.99", "12132.00", "12132.01", "19999.99")):
        dearer = TARIFFS.replace("special,,B2,,tariff,year,12132.00", f"special,,B2,,tariff,year,{rate}")
        totals.append(cost(a_caseload(*MIXED), write_version(tmp_path / f"v{number}", tariffs_csv=dearer), YEAR).total)
    assert totals == sorted(set(totals))
