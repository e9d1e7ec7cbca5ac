"""Prices as arrays: encode a caseload once, compile versions for a period once, and price one under the other.

This is the kernel that ``cost`` goes through, without lines, findings in words or what stands twice in the caseload.
For scenarios and models, which price the same placements many times over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import polars as pl

from tariff_engine.columns import placement_columns, read_columns
from tariff_engine.encoding import EncodedCaseload
from tariff_engine.findings import FindingsLog
from tariff_engine.framework import Framework
from tariff_engine.job import CompiledRules, Priced, Said, compile_rules, job_of
from tariff_engine.kernel import price_stints
from tariff_engine.money import Ints
from tariff_engine.placements import need_columns
from tariff_engine.single import read_single

__all__ = [
    "CompiledRules",
    "EncodedCaseload",
    "EncodedPrices",
    "Reason",
    "compile_rules",
    "encode",
    "price_encoded",
    "price_one",
]


class Reason(IntEnum):
    """Why a stint has no price; the first that holds."""

    PRICED = 0
    NO_VERSION = 1
    NEED_MISSING = 2
    NO_TARIFF = 3
    NO_HOURS = 4
    NO_AREA_COST = 5
    NO_AGREED_PRICE = 6
    AMOUNT_TOO_LARGE = 7
    UNKNOWN_UPLIFT = 8
    UNITS_OPEN_ENDED = 9
    NO_TERMS = 10


_REASONS = {
    Said.NO_VERSION: Reason.NO_VERSION,
    Said.NEED_MISSING: Reason.NEED_MISSING,
    Said.NO_TARIFF: Reason.NO_TARIFF,
    Said.NO_HOURS: Reason.NO_HOURS,
    Said.NO_AREA_COST: Reason.NO_AREA_COST,
    Said.NO_AGREED_PRICE: Reason.NO_AGREED_PRICE,
    Said.TOP_UP_TOO_LARGE: Reason.AMOUNT_TOO_LARGE,
    Said.UNKNOWN_UPLIFT: Reason.UNKNOWN_UPLIFT,
    Said.YEAR_TOO_LARGE: Reason.AMOUNT_TOO_LARGE,
    Said.OPEN_ENDED: Reason.UNITS_OPEN_ENDED,
    Said.SPELL_TOO_LARGE: Reason.AMOUNT_TOO_LARGE,
    Said.NO_TERMS: Reason.NO_TERMS,
}


_PRICED_BY = (
    *("provision", "nc_year", "primary_need", "band", "band_reason", "start_date", "end_date", "fte", "support_hours"),
    *("units", "uplifts", "agreed_price", "override_by", "override_reason", "provider_id", "home_la", "provider_la"),
)
"""The columns that a price comes from, levels of need apart."""


@dataclass(frozen=True)
class EncodedPrices:
    """What each stint comes to, for one child; in the order of the caseload and then of days.

    Attributes
    ----------
    row : which placement of the caseload; one that doesn't meet the period has no stint.
    version : the version that prices it, by its place, or -1.
    band : index into that version's bands; -1 none reached, -2 blank, -3 another version's.
    tariff : index into its tariff rows; -1 where none fits.
    start, end : the stint's own first and last day. [days since 1 January 1970]
    annual : what is payable for a full year. [pence]
    months : one row a stint, one column a month of the period. [pence]
    reason : Reason; where it isn't PRICED the amounts mean nothing.
    """

    row: Ints
    version: Ints
    band: Ints
    tariff: Ints
    start: Ints
    end: Ints
    annual: Ints
    months: Ints
    reason: npt.NDArray[np.uint8]


def encode(frame: pl.DataFrame, frameworks: Sequence[Framework]) -> EncodedCaseload:
    """Encode a caseload, in the columns of a placements file.

    Only what a price comes from is looked at. Text has no outer white space, and a blank cell is null. Rows with such
    a cell that can't be read are left out: the column ``at`` of the result's ``table`` says which row of ``frame``
    each placement is. ``frameworks`` say which levels there are.
    """
    columns = [*(placement_columns()[name] for name in _PRICED_BY), *need_columns(frameworks)]
    rows = pl.int_range(frame.height, eager=True)
    typed, readable = read_columns(frame, columns, rows, FindingsLog())
    at = pl.Series("at", np.flatnonzero(readable.to_numpy()))
    area = pl.coalesce("provider_la", "home_la").alias("area")
    kept = typed if len(at) == typed.height else typed.filter(readable)
    return EncodedCaseload.of(kept.with_columns(area, at))


def price_encoded(caseload: EncodedCaseload, rules: CompiledRules) -> EncodedPrices:
    """Price a caseload under versions compiled for a period."""
    job = job_of(caseload, rules)
    priced = price_stints(job)
    stints = job.stints
    return EncodedPrices(
        row=stints.row,
        version=priced.rules,
        band=priced.band,
        tariff=priced.tariff,
        start=stints.start,
        end=stints.end,
        annual=priced.annual,
        months=priced.months.T,
        reason=_reasons(priced),
    )


def price_one(cells: Mapping[str, str | None], rules: CompiledRules) -> EncodedPrices | None:
    """Price one placement from its cells, as text by column, without a frame.

    Returns
    -------
    The same figures as ``cost`` gives; or None where it is for ``cost`` to say what is wrong: a cell can't be read,
    what is needed is blank, or the band is in none of the versions.
    """
    placement = read_single(cells, rules)
    return None if placement is None else price_encoded(EncodedCaseload.of_one(placement.values), rules)


def _reasons(priced: Priced) -> npt.NDArray[np.uint8]:
    reasons = np.zeros(len(priced.said), np.uint8)
    spoken = np.flatnonzero(~priced.known)
    for said, reason in reversed(_REASONS.items()) if len(spoken) else ():
        reasons[spoken[(priced.said[spoken] & said) != 0]] = reason
    return reasons
