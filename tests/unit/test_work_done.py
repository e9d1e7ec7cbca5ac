"""What a costing does to every row, counted: rules and cells are looked at once each, however many rows there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tariff_engine import (
    Framework,
    banding,
    columns,
    cost,
    kernel,
    load_frameworks,
    lookups,
    overlaps,
    pricing,
    spreading,
    streaming,
)
from tariff_engine.standing import ReadRows, children_twice
from tariff_engine.tables import streams

FEW, MANY = 2_000, 40_000


@pytest.fixture(scope="module")
def frameworks() -> tuple[Framework, ...]:
    return load_frameworks("national-illustrative@2025-26")


def caseload(rows: int) -> pl.DataFrame:
    """Placements of children that are in one place each, in as many combinations whatever the number of rows."""
    at = np.arange(rows)

    def pick(*choices: Any) -> list[Any]:
        return [choices[n % len(choices)] for n in range(rows)]

    return pl.DataFrame(
        {
            "placement_id": [f"p{n}" for n in at],
            "child_id": [f"c{n}" for n in at],
            "home_la": pick("878", "330", "202"),
            "provider_id": (100_000 + at % 50).astype(str),
            "provider_type": "academy",
            "provision": pick("mainstream", "special"),
            "nc_year": at % 12,
            "need_cognition_learning": at % 6,
            "need_communication_interaction": at % 5,
            "need_semh": at % 4,
            "need_sensory_physical": at % 3,
            "start_date": pick("2024-09-01", "2025-05-06", "2025-09-01"),
            "fte": pick("1", "0.6"),
        }
    )


def work_of(rows: int, frameworks: tuple[Framework, ...], monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each kind of work is done in one costing."""
    done: Counter[str] = Counter()

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            done[name] += 1
            return function(*given, **named)

        return call

    def sized(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(values: Any, *given: Any, **named: Any) -> Any:
            done[name] += len(values) >= rows // 2
            return function(values, *given, **named)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(kernel, "CHUNK", 1 << 20)
        for place, name in (
            (banding, "assess"),
            (pricing.TariffTable, "find"),
            (pricing, "place_rate"),
            (columns, "_read_distinct"),
            (lookups, "number_distinct"),
            (overlaps, "possibly_repeated"),
            (pl.LazyFrame, "collect"),
            (pl.Series, "cast"),
            (kernel, "_price"),
            (spreading, "month_instalments"),
            (lookups, "_number_texts"),
        ):
            patch.setattr(place, name, counted(name, getattr(place, name)))
        for name in ("unique", "argsort", "lexsort"):
            patch.setattr(np, name, sized(name, getattr(np, name)))
        patch.setattr(columns, "_read_each", counted_cells(done, columns._read_each))
        cost(caseload(rows), frameworks, "FY2025-26")
    return done


def counted_cells(done: Counter[str], function: Callable[..., Any]) -> Callable[..., Any]:
    def call(texts: pl.Series, *given: Any) -> Any:
        done["cells read one by one"] += len(texts)
        return function(texts, *given)

    return call


def test_more_rows_are_no_more_work_than_their_arithmetic(
    frameworks: tuple[Framework, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = (work_of(rows, frameworks, monkeypatch) for rows in (FEW, MANY))
    assert few == many
    # Every rule is looked up in a table that has one answer for each combination, filled by the plain steps.
    assert 0 < many["assess"] <= 2 * 6 * 5 * 4 * 3
    assert 0 < many["find"] < 200
    assert 0 < many["cells read one by one"] < 200


def test_nothing_as_long_as_the_caseload_is_sorted_or_made_distinct(
    frameworks: tuple[Framework, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = work_of(MANY, frameworks, monkeypatch)
    assert (done["unique"], done["argsort"], done["lexsort"]) == (0, 0, 0)


def test_each_column_is_read_once(frameworks: tuple[Framework, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    assert work_of(MANY, frameworks, monkeypatch)["_read_distinct"] == caseload(1).width


def test_a_text_column_is_numbered_once_where_it_is_read_and_once_where_it_is_priced(
    frameworks: tuple[Framework, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = work_of(MANY, frameworks, monkeypatch)
    texts = sum(kind == pl.String for kind in caseload(1).dtypes)
    names = 2  # placements and children are looked at as they are
    assert texts - names <= done["_number_texts"] <= 2 * (texts - names)


def test_months_are_spread_once(frameworks: tuple[Framework, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    assert work_of(MANY, frameworks, monkeypatch)["month_instalments"] == 1


def test_the_rows_of_a_chunk_are_priced_together(
    frameworks: tuple[Framework, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert work_of(MANY, frameworks, monkeypatch)["_price"] == 1


def streamed_work_of(rows: int, part_rows: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a file is read, wholly or in a few columns, and how its rows are looked at, in one run in parts."""
    done: Counter[str] = Counter()
    path = folder / f"{rows}.parquet"
    caseload(rows).write_parquet(path)

    def read(self: streams.ColumnarFile, start: int, count: int, *given: Any) -> Any:
        frame, numbers = whole_read(self, start, count, *given)
        done["cells read"] += frame.height * frame.width
        done["most rows held"] = max(done["most rows held"], frame.height)
        return frame, numbers

    def compared(read: ReadRows, *given: Any) -> Any:
        done["rows compared"] += read.typed.height
        return children_twice(read, *given)

    whole_read = streams.ColumnarFile._read
    with monkeypatch.context() as patch:
        patch.setattr(streams, "PART_ROWS", part_rows)
        patch.setattr(streams, "_TAIL_ROWS", 1)
        patch.setattr(streams.ColumnarFile, "_read", read)
        patch.setattr(streaming, "children_twice", compared)
        streaming.price_file(path, "national-illustrative@2025-26", "FY2025-26", folder / "out.parquet")
    return done


def test_a_file_in_parts_is_read_once_and_its_identifiers_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    width, part_rows = caseload(1).width, 500
    few, many = (streamed_work_of(rows, part_rows, tmp_path, monkeypatch) for rows in (FEW, 5 * FEW))
    for rows, done in ((FEW, few), (5 * FEW, many)):
        # Every cell once, two identifiers once more, and the last row to see whether it is a total.
        assert done["cells read"] == rows * (width + 2) + width
        assert done["most rows held"] == part_rows
        assert done["rows compared"] == 0, "each child is there once"
