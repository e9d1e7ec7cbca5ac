"""Two framework versions beside each other: every value that differs, and what each change costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from api.cli.layout import Line, counted, day, heading, number, paragraph, pounds, signed, table
from api.cli.summary import findings_of
from scenarios.rate_changes import BOTH, NEITHER, ONLY_AFTER, ONLY_BEFORE, OUTSIDE, RateChange, RateChanges
from scenarios.rate_steps import change_of
from tariff_engine import Framework
from tariff_engine.framework_diff import NEW, POUNDS, Difference, Value, change_text, differences, percent_of
from tariff_engine.legal_standing import standing
from tariff_engine.money import show_factor

_TITLES = {
    "bands": "Needs, weights and bands",
    "tariffs": "Tariff rows",
    "uplifts": "Uplifts",
    "area_costs": "Area costs",
    "framework": "Framework",
    "places": "Place rates",
}

_A_YEAR, _GONE = " a year", "taken away"


def difference_lines(before: Framework, after: Framework) -> Iterator[Line]:
    """Every value that differs, table by table: amounts and factors in columns, all else in words."""
    found = list(differences(before, after))
    yield Line(f"{before.name} to {after.name}: {counted(len(found), 'difference')}", "heading")
    for name, group in groupby(found, key=lambda difference: difference.table):
        yield Line()
        values = list(group)
        numbers = [d for d in values if d.is_number]
        if numbers:
            yield from table([_TITLES[name], "From", "To", "Change", "%"], [_cells(d) for d in numbers])
        else:
            yield Line(_TITLES[name], "heading")
        yield from _worded([d for d in values if not d.is_number])


def change_lines(changes: RateChanges) -> Iterator[Line]:
    """What each change costs in a full year, the total, and who is in no figure."""
    before, after = _versions(changes)
    period = changes.period
    yield from paragraph(f"What the changes from {before.name} to {after.name} cost in a full year", "heading")
    span = f"{period.name} ({day(period.start)} to {day(period.end)})"
    yield from paragraph(f"Both are priced as if they were in effect on every day of {span}.")
    for notice in standing((before, after)):
        yield from paragraph(notice, "warning")
    with_outside = any(change.outside for change in changes.changes)
    for name, group in groupby(changes.changes, key=lambda change: change.table):
        titles = [_TITLES[name], "Children", "Full year", *(["Outside it"] if with_outside else [])]
        found = list(group)
        yield Line()
        yield from table(titles, [_change_cells(change, with_outside) for change in found])
        yield from _worded([d for change in found if not change.key for d in change.differences])
    yield from _unpriced_values(before, after)
    yield from _total_lines(changes, with_outside)
    yield from _children_lines(changes)


def change_document(changes: RateChanges, files: Sequence[Path] = ()) -> dict[str, Any]:
    """The same for JSON: money in whole pence, values as the framework's files have them."""
    return {
        **changes.provenance["full_year"],
        "priced_only_before_pence": changes.only_pence(ONLY_BEFORE),
        "priced_only_after_pence": changes.only_pence(ONLY_AFTER),
        "changes": [_change_entry(change) for change in changes.changes],
        "notices": standing(_versions(changes)),
        "findings": {
            "before": [group.to_dict() for group in findings_of(changes.costing_before)],
            "after": [group.to_dict() for group in findings_of(changes.costing_after)],
        },
        "provenance": changes.provenance,
        "files": [str(path) for path in files],
    }


def _cells(difference: Difference) -> list[str]:
    name = f"{difference.key}, {difference.field}" if difference.key else difference.field
    return [
        name,
        _shown(difference.old),
        _shown(difference.new),
        _signed_change(difference),
        _signed_percent(difference.percent),
    ]


def _worded(found: Sequence[Difference]) -> Iterator[Line]:
    """Values in words, a paragraph for each row of a framework's file."""
    for key, group in groupby(found, key=lambda difference: difference.key):
        yield from paragraph(_named(key, _words(list(group))), hanging=2)


def _change_cells(change: RateChange, with_outside: bool) -> list[str]:
    said = _words(change.differences) if change.key else change.text
    whole_field = any(change.key == difference.field for difference in change.differences)
    children = "-" if change.children is None else number(change.children)
    cells = [said if whole_field else _named(change.key, said), children, signed(change.full_year)]
    return [*cells, signed(change.outside)] if with_outside else cells


def _named(key: str, said: str) -> str:
    return f"{key}: {said}" if key else said


def _words(found: Sequence[Difference]) -> str:
    """The values of a row: what is new, what was taken away, or each from what it was to what it is."""
    for missing, word in (("old", NEW), ("new", _GONE)):
        if all(getattr(difference, missing) is None for difference in found):
            return f"{word}, " + "; ".join(f"{d.field} {_shown(d.new or d.old)}" for d in found)
    return "; ".join(_sentence(difference) for difference in found)


def _sentence(difference: Difference) -> str:
    """A value before and after, with its change: ``rate £4,500.00 to £4,600.00 (+£100.00, +2.2%)``."""
    if difference.old is None or difference.new is None:
        what = NEW if difference.old is None else _GONE
        return f"{difference.field} {_shown(difference.new or difference.old)} ({what})"
    moved = [part for part in (_signed_change(difference), _signed_percent(difference.percent)) if part]
    by = f" ({', '.join(moved)})" if moved else ""
    return f"{difference.field} {_shown(difference.old)} to {_shown(difference.new)}{by}"


def _shown(value: Value | None) -> str:
    """An amount with the time that it is for, where that is not a year; a factor or text as its file has it."""
    if value is None or value.number is None:
        return "-" if value is None else value.text
    per = value.unit.removeprefix(POUNDS)
    return f"{pounds(value.number)}{per if per != _A_YEAR else ''}" if value.in_pounds else value.text


def _signed_change(difference: Difference) -> str:
    if difference.change is None:
        return ""
    if difference.in_pounds:
        return signed(difference.change)
    return f"{'+' if difference.change > 0 else ''}{show_factor(difference.change)}"


def _signed_percent(percent: str | None) -> str:
    if percent is None or percent == NEW:
        return percent or ""
    return f"{'' if percent.startswith('-') or percent == '0.0' else '+'}{percent}%"


def _unpriced_values(before: Framework, after: Framework) -> Iterator[Line]:
    """What differs and moves no price: names, dates, how a year is spread over its months."""
    found = [d for d in differences(before, after) if change_of(d) is None]
    if found:
        yield from heading("Moves no price in a full year")
        yield from _worded(found)


def _total_lines(changes: RateChanges, with_outside: bool) -> Iterator[Line]:
    before, after = _versions(changes)
    percent = _signed_percent(percent_of(changes.total_pence, changes.before_pence))
    rows = [
        [f"Before: {before.name}", pounds(changes.before_pence)],
        [f"After: {after.name}", pounds(changes.after_pence)],
        [f"Difference{percent and f', {percent}'}", signed(changes.total_pence)],
    ]
    yield Line()
    yield from table(["High needs budget", "Full year"], rows, totals=1)
    if with_outside:
        yield Line()
        yield from paragraph(f"Outside it, paid by others: {signed(changes.outside_pence)}.")


def _children_lines(changes: RateChanges) -> Iterator[Line]:
    """How many children are in the figures, how some of them count, and how many aren't."""
    counts, period = changes.counts, changes.period.name
    rows: list[tuple[str, int, int | None]] = [
        ("Priced on both sides: the figures are theirs", counts[BOTH], None),
        (f"Of them, gone by the end of {period}: with a full year too", changes.ended, None),
        (f"Of them, bought by the week or day: with the amount in {period}", changes.bought, None),
        ("Priced only before: not in the figures", counts[ONLY_BEFORE], changes.only_pence(ONLY_BEFORE)),
        ("Priced only after: not in the figures", counts[ONLY_AFTER], changes.only_pence(ONLY_AFTER)),
        ("Without a price on either side: not in the figures", counts[NEITHER], None),
        (f"Not there in {period}: not in the figures", counts[OUTSIDE], None),
    ]
    shown = [
        [text, number(count), "" if pence is None else pounds(pence)]
        for text, count, pence in rows
        if count or text is rows[0][0]
    ]
    yield Line()
    with_pence = any(row[2] for row in shown)
    yield from table(["", "Children", *(["Full year"] if with_pence else [])], [row[: 2 + with_pence] for row in shown])
    if idle := sum(change.children == 0 for change in changes.changes):
        yield Line()
        verb = "changes" if idle == 1 else "change"
        yield from paragraph(f"{counted(idle, 'change')} with 0 children {verb} nothing here.")
    if any(change.full_year is None for change in changes.changes):
        yield from paragraph("Place rates are paid for places and not for children, so they have no figure here.")


def _change_entry(change: RateChange) -> dict[str, Any]:
    return {
        "table": change.table,
        "key": change.key,
        "values": [
            {
                "field": d.field,
                "old": d.old and d.old.text,
                "new": d.new and d.new.text,
                "change": change_text(d),
                "percent": d.percent,
            }
            for d in change.differences
        ],
        "children": change.children,
        "full_year_pence": change.full_year,
        "outside_pence": change.outside,
    }


def _versions(changes: RateChanges) -> tuple[Framework, Framework]:
    return changes.costing_before.frameworks[0], changes.costing_after.frameworks[0]
