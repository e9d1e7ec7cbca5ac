"""A quote is what a costing of the one placement says: lines, findings, amounts and every step."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import polars as pl
import pytest

from tariff_engine import Costing, Finding, FundingPeriod, cost, load_frameworks
from tariff_engine.encoded import compile_rules
from tariff_engine.errors import UsageError
from tariff_engine.lines import COSTING_COLUMNS
from tariff_engine.quoting import Quote, quote
from tests.oracle.generate import write_case

Cells = dict[str, str | None]

A_UPN = "A801200001001"
ODD: tuple[Cells, ...] = (
    {"start_date": "03/09/2025"},
    {"end_date": "45000"},
    {"home_la": "E08000025", "provider_la": "E06000001"},
    {"child_id": A_UPN},
    {"placement_id": A_UPN, "band_reason": A_UPN},
    {"payer": "commissioning_school"},
    {"provider_type": None},
    {"start_date": "1999-01-01", "end_date": "1999-12-31"},
    {"override_by": "Head of SEND", "override_reason": None},
    {"agreed_price": "1,234.50", "units": "3"},
    {"band": "#N/A"},
    {"band_reason": "x" * 40_000},
    {"provider_id": "100002.0"},
    {"home_la": "\u200b"},
    {"uplifts": f"{A_UPN};{A_UPN}"},
)
"""Cells that are read in another form, spoken of, or can't be read."""


def by_costing(cells: Cells, like: Costing) -> Costing:
    frame = pl.DataFrame([cells], schema=dict.fromkeys(cells, pl.String))
    return cost(frame, like.frameworks, like.period, as_if=like.as_if)


def hold(said: Quote, costing: Costing) -> None:
    """The quote has the costing's lines, findings, amounts and steps."""
    kept = costing.lines.select(*COSTING_COLUMNS, *costing.months).rows(named=True)
    assert [dict(line) for line in said.lines] == kept
    assert list(said.findings) == [Finding(**row) for row in costing.findings.iter_rows(named=True)]
    amounts = (costing.counts["amount_pence"], costing.counts["outside_amount_pence"])
    assert (said.amount_pence, said.outside_pence) == (amounts if costing.counts["priced"] else (None, None))
    read = costing.placements.table["placement_id"]
    assert said.explain() == (None if read.is_empty() else costing.explain(read[0]))


@pytest.mark.parametrize("seed", range(4000, 4012))
def test_a_quote_is_a_costing_of_one_placement(seed: int, tmp_path: Path) -> None:
    case = write_case(seed, tmp_path, 60)
    frame = pl.read_csv(case.placements_csv, infer_schema=False)
    like = cost(frame, case.framework_path, case.period, as_if=case.as_if)
    rules = compile_rules(like.frameworks, FundingPeriod.parse(case.period), case.as_if)
    known = [column.name for column in rules.columns if column.name in frame.columns]
    rng = Random(seed)
    outcomes: Counter[bool] = Counter()
    for row in frame.select(pl.col(known)).head(30).iter_rows(named=True):
        cells = {**row, **(rng.choice(ODD) if rng.random() < 0.4 else {})}
        costing = None
        try:
            costing = by_costing(cells, like)
        except Exception as refusal:
            with pytest.raises(type(refusal)):
                quote(cells, rules)
        if costing is not None:
            said = quote(cells, rules)
            hold(said, costing)
            outcomes[said.amount_pence is None] += 1
    assert outcomes[False] > 3, "a test of placements without a price would prove little"


def test_a_quote_of_a_column_that_nobody_reads_is_refused() -> None:
    rules = compile_rules(load_frameworks("devon@2023-24"), FundingPeriod.parse("FY2023-24"))
    with pytest.raises(UsageError, match="need_flying"):
        quote({"provision": "special", "need_flying": "2"}, rules)
