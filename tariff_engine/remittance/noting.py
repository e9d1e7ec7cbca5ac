"""What is to be said of the matching: identifiers that are nobody's, nearly somebody's, or spelt otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from tariff_engine.costing import Costing
from tariff_engine.findings import FindingsLog
from tariff_engine.periods import FundingPeriod
from tariff_engine.remittance.comparing import OUTSIDE, Compared
from tariff_engine.remittance.matching import Children
from tariff_engine.tables.wording import listed

_MOST_PROPOSED = 3
_NOWHERE = pl.DataFrame(schema={"row": pl.Int64, "placement_id": pl.String})


def with_proposals(compared: Compared, children: Children) -> Compared:
    """The payees with those children that a stranger's identifier may be a slip of.

    A child is proposed who is one slip away and was paid nothing for the days that the payments are for. Where what
    is due for one of several is what was paid, the others aren't.
    """
    payees = list(compared.payees)
    for at, payee in enumerate(payees):
        if payee.child is not None or not payee.name:
            continue
        paid = np.flatnonzero(compared.paid[at])
        near = [child for child in sorted(children.near(payee.name)) if not compared.paid[child][paid].any()]
        same = [child for child in near if len(paid) and (compared.due[child] == compared.paid[at])[paid].all()]
        proposed = same or near
        if 0 < len(proposed) <= _MOST_PROPOSED:
            payees[at] = replace(payee, proposed=tuple(children.names[child] for child in proposed))
    return replace(compared, payees=tuple(payees))


def matching_findings(
    compared: Compared, children: Children, lines: pl.DataFrame, period: FundingPeriod, costing: Costing
) -> pl.DataFrame:
    """What is to be said of the matching, with the sheet that each row is on."""
    frames = []
    numbers: dict[str, list[int]] = defaultdict(list)
    for at, sheet in enumerate(lines["sheet"].to_list()):
        numbers[sheet].append(at)
    for sheet, of_sheet in numbers.items():
        log = FindingsLog()
        placed: dict[int, str] = {}
        _strangers(compared, children, lines, of_sheet, log, placed)
        _spelt_otherwise(compared, lines, of_sheet, log)
        _outside(compared, lines, of_sheet, period, log)
        ids = pl.DataFrame({"row": list(placed), "placement_id": list(placed.values())}, schema=_NOWHERE.schema)
        frames.append(log.frame(ids).with_columns(pl.lit(sheet or None, pl.String).alias("sheet")))
    log = FindingsLog()
    _whole(compared, period, costing, log)
    return pl.concat([*frames, log.frame(_NOWHERE)], how="diagonal")


def _strangers(
    compared: Compared,
    children: Children,
    lines: pl.DataFrame,
    at: Sequence[int],
    log: FindingsLog,
    placed: dict[int, str],
) -> None:
    by_payee: dict[int, list[int]] = defaultdict(list)
    rows = lines["row"].to_list()
    for line in at:
        payee = int(compared.of_line[line])
        if compared.payees[payee].child is None:
            by_payee[payee].append(rows[line])
    for payee, of_payee in by_payee.items():
        stranger, first = compared.payees[payee], of_payee[0]
        if not stranger.name:
            log.add("no_identifier", [first], "", "the payment names neither a child nor a placement")
            continue
        times = f", {len(of_payee)} times" if len(of_payee) > 1 else ""
        log.add("not_in_placements", [first], "child_id", f"the identifier isn't in the placements{times}")
        if stranger.proposed:
            names = [_first_placement(children, name) for name in stranger.proposed]
            placed[first] = names[0]
            nothing = "for which nothing was paid then"
            said = f"the identifier is one slip from that of placement {listed(names)}, {nothing}; nothing was joined"
            log.add("identifier_near", [first], "child_id", said)


def _first_placement(children: Children, name: str) -> str:
    placements = children.placements[children.by_child[name]]
    return placements[0] if placements else name


def _spelt_otherwise(compared: Compared, lines: pl.DataFrame, at: Sequence[int], log: FindingsLog) -> None:
    rows = lines["row"].to_list()
    said = list(dict.fromkeys(rows[line] for line in at if not compared.exact[line]))
    message = "the identifier was recognised in another spelling than in the placements"
    log.add("identifier_matched", said, "child_id", message)


def _outside(
    compared: Compared, lines: pl.DataFrame, at: Sequence[int], period: FundingPeriod, log: FindingsLog
) -> None:
    rows, texts = lines["row"].to_list(), lines["period"].to_list()
    found = {rows[line]: texts[line] for line in at if compared.window_of_line[line] == OUTSIDE}
    messages = [f"a payment for {text or 'other days'} is outside {period.name}" for text in found.values()]
    log.add("outside_period", list(found), "month", messages, list(found.values()))


def _whole(compared: Compared, period: FundingPeriod, costing: Costing, log: FindingsLog) -> None:
    """What is said of the remittance as a whole."""
    last = compared.windows.spans[-1].last
    if last < period.end:
        log.add("compared_until", [None], "", f"The last day that a payment is for is {last}; the rest isn't compared.")
    unknown = [payee.name for at, payee in enumerate(compared.payees) if not compared.known[at]]
    if unknown:
        what = "one child" if len(unknown) == 1 else f"{len(unknown):,} children"
        log.add("not_compared", [None], "", f"What is due for {what} isn't known, so nothing is held against it.")
    for authority in _unpaid_authorities(compared, costing):
        message = f"No child of authority {authority} was paid for."
        log.add("authority_not_paid", [None], "home_la", message, [authority])


def _unpaid_authorities(compared: Compared, costing: Costing) -> Iterator[str]:
    """The authorities for none of whose children anything was paid, where there are others."""
    table = costing.placements.table
    payers = table.select("child_id", pl.coalesce("commissioner", "home_la").alias("authority"), "placement_id")
    number: Mapping[str, int] = {payee.name: at for at, payee in enumerate(compared.payees) if payee.child is not None}
    paid: dict[str, bool] = {}
    for child, authority, placement in payers.iter_rows():
        at = number.get(child or placement)
        if at is not None and compared.due[at].any():
            paid[authority] = paid.get(authority, False) or bool(compared.paid[at].any())
    if len(paid) > 1:
        yield from (authority for authority, was_paid in sorted(paid.items()) if not was_paid)
