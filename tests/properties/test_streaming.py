"""A file that is priced a part at a time gives the bytes that the whole gives, however it is cut."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from tariff_engine import cost, streaming
from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.streaming import can_stream, price_file
from tariff_engine.tables import streams
from tests.oracle.generate import Case, write_case

WRITTEN = (".csv", ".findings.csv", ".provenance.json")
NATIONAL = "national-illustrative@2025-26"


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")


def a_case(seed: int, folder: Path, placements: int) -> tuple[Case, Path]:
    """A case of the oracle as Parquet, with more that stands twice in it, blank rows, totals and wrong cells."""
    case, rng = write_case(seed, folder, placements), Random(seed)
    table = pl.read_csv(case.placements_csv, infer_schema=False)
    rows = table.to_dicts()
    copies = [dict(rng.choice(rows)) for _ in range(max(2, len(rows) // 6))]
    for at, copy in enumerate(copies):
        kind = rng.choice(["same id", "alike", "elsewhere", "wrong", "blank", "no child"])
        if kind != "same id":
            copy["placement_id"] = f"X{at}"
        if kind == "elsewhere":
            copy["provider_id"] = f"9{rng.randrange(10**5):05d}"
        if kind == "wrong":
            copy["provision"] = copy["home_la"] = f"nonsense {rng.randrange(3)}"
        if kind == "blank":
            copy.update(dict.fromkeys(copy))
        if kind == "no child":
            copy["child_id"] = "  "
    mixed = rows + copies
    rng.shuffle(mixed)
    totals = dict.fromkeys(table.columns) | {"placement_id": "Total", "fte": "12.5"}
    mixed += [dict.fromkeys(table.columns), totals, totals] if seed % 2 else []
    path = folder / "placements.parquet"
    pl.DataFrame(mixed, schema=table.schema).write_parquet(path)
    return case, path


def whole(case: Case, path: Path, out: Path) -> None:
    costing = cost(path, case.framework_path, case.period, providers=case.providers_csv, as_if=case.as_if)
    costing.write(out)


def contents(out: Path) -> list[bytes]:
    return [out.with_name(out.stem + ending).read_bytes() for ending in WRITTEN]


@pytest.mark.parametrize(("part_rows", "placements"), [(1, 30), (7, 60), (40, 200), (1000, 200)])
@pytest.mark.parametrize("seed", range(4))
def test_a_file_in_parts_gives_the_bytes_of_the_whole(
    seed: int, part_rows: int, placements: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, path = a_case(seed, tmp_path, placements)
    whole(case, path, tmp_path / "whole.csv")
    monkeypatch.setattr(streams, "PART_ROWS", part_rows)
    monkeypatch.setattr(streams, "_TAIL_ROWS", part_rows)
    out = tmp_path / "parts.csv"
    done = price_file(path, case.framework_path, case.period, out, providers=case.providers_csv, as_if=case.as_if)
    assert contents(out) == contents(tmp_path / "whole.csv")
    costing = cost(path, case.framework_path, case.period, providers=case.providers_csv, as_if=case.as_if)
    assert done.counts == costing.counts
    assert done.found.equals(costing.found)
    assert done.by("provision", "payer").equals(costing.by("provision", "payer"))


def test_files_of_columns_are_the_same_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, path = a_case(2, tmp_path, 100)
    whole(case, path, tmp_path / "whole.parquet")
    whole(case, path, tmp_path / "whole.arrow")
    monkeypatch.setattr(streams, "PART_ROWS", 13)
    for suffix in (".parquet", ".arrow"):
        out = tmp_path / f"parts{suffix}"
        price_file(path, case.framework_path, case.period, out, providers=case.providers_csv, as_if=case.as_if)
    for table in ("", ".findings"):
        one, other = (tmp_path / f"{name}{table}.parquet" for name in ("whole", "parts"))
        assert one.read_bytes() == other.read_bytes()
        # The same texts may lie in an Arrow file in several ways.
        assert pl.read_ipc(one.with_suffix(".arrow")).equals(pl.read_ipc(other.with_suffix(".arrow")))


@pytest.mark.parametrize("how", ["file", "stream"])
def test_an_arrow_file_or_stream_is_read_in_parts(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, parquet = a_case(1, tmp_path, 60)
    path, frame = tmp_path / "placements.arrow", pl.read_parquet(parquet)
    frame.write_ipc(path) if how == "file" else frame.write_ipc_stream(path)
    whole(case, path, tmp_path / "whole.csv")
    monkeypatch.setattr(streams, "PART_ROWS", 11)
    out = tmp_path / "parts.csv"
    price_file(path, case.framework_path, case.period, out, providers=case.providers_csv, as_if=case.as_if)
    assert contents(tmp_path / "parts.csv") == contents(tmp_path / "whole.csv")


def test_typed_columns_and_columns_of_others_come_through_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = caseload(90).with_columns(
        pl.Series("band", ["x", None, " y "] * 30, dtype=pl.Categorical),
        pl.Series("payer", [None] * 90),
        pl.Series("agreed_price", [0.1 + 0.2, 12_000.0, None] * 30),
        pl.Series("ours", [True, False, None] * 30),
    )
    same_both_ways(table, 8, tmp_path, monkeypatch)


def test_nearest_matches_are_given_to_the_same_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [f"mainstream{at % 450}" for at in range(900)]
    said = same_both_ways(caseload(900).with_columns(provision=pl.Series(wrong)), 70, tmp_path, monkeypatch)
    hinted = said.filter(pl.col("message").str.contains("did you mean"))
    assert 0 < hinted.height < said.height


def test_many_runs_of_blank_rows_are_said_of_the_file_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = caseload(20)
    blank = table.clear(1)
    said = same_both_ways(pl.concat([table[:3], blank, table[3:9], blank, blank, table[9:]]), 2, tmp_path, monkeypatch)
    assert said.filter(code="blank_row")["row"].to_list() == [5, 12]


def test_what_is_said_of_the_file_comes_first_in_whatever_part_it_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = ["2025-09-01"] * 15 + ["2023-09-01"] * 5
    table = caseload(20).with_columns(start_date=pl.Series(starts), end_date=pl.lit("2026-03-01"))
    providers = pl.DataFrame({"provider_id": ["1", "1"], "provider_type": ["academy", "college"]})
    path = tmp_path / "in.parquet"
    table.write_parquet(path)
    costing = cost(path, NATIONAL, "FY2023-24", providers=providers, as_if=True)
    assert costing.findings["code"].to_list()[:2] == ["bad_value", "as_if"]
    costing.write(tmp_path / "whole.csv")
    monkeypatch.setattr(streams, "PART_ROWS", 6)
    price_file(path, NATIONAL, "FY2023-24", tmp_path / "parts.csv", providers=providers, as_if=True)
    assert contents(tmp_path / "parts.csv") == contents(tmp_path / "whole.csv")


def test_children_who_are_there_twice_are_compared_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = [f"C{at % 20}" for at in range(60)]
    said = same_both_ways(caseload(60).with_columns(child_id=pl.Series(children)), 9, tmp_path, monkeypatch)
    assert said.filter(code="overlap_fte").height == 60


# ---- what can't be done


def test_under_strict_an_error_anywhere_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.parquet"
    fte = ["1"] * 19 + ["2"]
    caseload(20).with_columns(fte=pl.Series(fte)).write_parquet(path)
    monkeypatch.setattr(streams, "PART_ROWS", 6)
    done = price_file(path, NATIONAL, "FY2025-26", tmp_path / "out.parquet", strict=True)
    assert (done.files, done.counts["set_aside"]) == ((), 1)
    assert [file.name for file in tmp_path.iterdir()] == ["in.parquet"]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.arrow"])
def test_what_is_wrong_in_a_late_part_leaves_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.parquet"
    notes = [""] * 29 + ["x" * 40_000]
    caseload(30).with_columns(note=pl.Series(notes)).write_parquet(path)
    monkeypatch.setattr(streams, "PART_ROWS", 6)
    with pytest.raises(InputRefused, match="row 31, column 'note'"):
        price_file(path, NATIONAL, "FY2025-26", tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["in.parquet"]


def test_a_file_that_changes_while_it_is_priced_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.parquet"
    caseload(30).write_parquet(path)
    read = streams.ColumnarFile.survey

    def survey(self: streams.ColumnarFile, *given: Any) -> streams.Survey:
        with path.open("ab") as file:
            file.write(b"more")
        return read(self, *given)

    monkeypatch.setattr(streams.ColumnarFile, "survey", survey)
    with pytest.raises(InputRefused):
        price_file(path, NATIONAL, "FY2025-26", tmp_path / "out.parquet")
    assert [file.name for file in tmp_path.iterdir()] == ["in.parquet"]


def test_one_child_on_most_rows_of_a_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.parquet"
    caseload(40).with_columns(child_id=pl.lit("C")).write_parquet(path)
    monkeypatch.setattr(streams, "PART_ROWS", 5)
    monkeypatch.setattr(streaming, "_MOST_OF_A_CHILD", 20)
    with pytest.raises(InputRefused, match="child_id is on more than 20 rows"):
        price_file(path, NATIONAL, "FY2025-26", tmp_path / "out.parquet")


def test_a_file_without_rows_is_priced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert same_both_ways(caseload(3).clear(), 5, tmp_path, monkeypatch).filter(severity="error").is_empty()


def test_a_file_that_can_t_be_written_ends_the_run(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    caseload(3).write_parquet(path)
    with pytest.raises(UsageError, match="folder"):
        price_file(path, NATIONAL, "FY2025-26", tmp_path / "nowhere" / "out.parquet")
    with pytest.raises(UsageError, match="being read"):
        price_file(path, NATIONAL, "FY2025-26", path)


@pytest.mark.parametrize(
    ("caseload_name", "out", "can"),
    [("a.parquet", "b.csv", True), ("a.ARROW", "b", True), ("a.parquet", "b.xlsx", False), ("a.csv", "b.csv", False)],
)
def test_files_of_columns_are_priced_in_parts_to_files_of_tables(caseload_name: str, out: str, can: bool) -> None:
    assert can_stream(Path(caseload_name), Path(out)) is can


def caseload(rows: int) -> pl.DataFrame:
    """Plain placements, of a child each."""
    return pl.DataFrame(
        {
            "placement_id": [f"P{at}" for at in range(rows)],
            "child_id": [f"C{at}" for at in range(rows)],
            "home_la": "878",
            "provider_id": [str(100_000 + at) for at in range(rows)],
            "provision": "mainstream",
            "band": "B1",
            "start_date": "2024-09-01",
        }
    )


def same_both_ways(table: pl.DataFrame, part_rows: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    """Price a table whole and in parts, to the same bytes; and give its findings."""
    path = folder / "in.parquet"
    table.write_parquet(path)
    costing = cost(path, NATIONAL, "FY2025-26")
    costing.write(folder / "whole.csv")
    monkeypatch.setattr(streams, "PART_ROWS", part_rows)
    price_file(path, NATIONAL, "FY2025-26", folder / "parts.csv")
    assert contents(folder / "parts.csv") == contents(folder / "whole.csv")
    return costing.findings
