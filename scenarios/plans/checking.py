"""Whether a table of plans agrees with itself: rows, totals, England, and who is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from scenarios.plans.findings import PlanFindings
from scenarios.plans.table import PLANS, PlanRow, PlansTable
from tariff_engine.tables.wording import shown
from tariff_engine.vocabulary import vocabulary

_Figures = Sequence[int | None]


def check_rows(table: PlansTable, findings: PlanFindings) -> PlansTable:
    """Mark rows that stand twice, that don't add up, or that say nothing of how many plans there are."""
    checked: list[PlanRow] = []
    alike: dict[tuple[bool, str, str], list[PlanRow]] = defaultdict(list)
    for row in table.rows:
        alike[row.england, row.la, row.type].append(row)
    for row in table.rows:
        problem = row.problem or _repeated(row, alike[row.england, row.la, row.type], findings)
        checked.append(replace(row, problem=problem or ("" if row.group is not None else _figures(row, findings))))
    return replace(table, rows=tuple(checked))


def check_sums(table: PlansTable, findings: PlanFindings) -> None:
    """Hold totals against their parts, and England against its authorities. Totals are never added to anything."""
    names = [PLANS, *(f"{need or 'no need'}" for need in table.needs)]
    parts: dict[tuple[bool, str], list[PlanRow]] = defaultdict(list)
    by_type: dict[str, list[PlanRow]] = defaultdict(list)
    for row in table.rows:
        if row.group is None:
            parts[row.england, row.la].append(row)
            if not row.england:
                by_type[row.type].append(row)
    for row in table.rows:
        where = f"{'England' if row.england else _name(row.la)}, {row.type}"
        if row.group is not None:
            found = [part for part in parts[row.england, row.la] if part.type.startswith(row.group)]
            if found:
                _compare(row, _sums(found), names, f"{where}: the total", "its parts", "total_differs", findings)
            else:
                findings.add("total_unknown", f"{where} has no parts in the table", row.row, "placement_type", row.type)
        elif row.england:
            sums = _sums(by_type[row.type]) if by_type[row.type] else [0] * len(names)
            _compare(row, sums, names, f"{where}: England", "the authorities", "england_differs", findings)


def check_authorities(table: PlansTable, findings: PlanFindings) -> None:
    """Say which authorities have no row."""
    present = {row.la for row in table.rows}
    missing = [code for code in vocabulary().local_authorities if code not in present]
    if missing:
        named = ", ".join(f"{_name(code)} ({code})" for code in missing[:10])
        more = f" and {len(missing) - 10:,} more" if len(missing) > 10 else ""
        findings.add("missing_authority", f"{len(missing):,} authorities have no row: {named}{more}")


def _repeated(row: PlanRow, rows: Sequence[PlanRow], findings: PlanFindings) -> str:
    first = rows[0]
    if len(rows) == 1 or (row is first and all(_same(first, other) for other in rows)):
        return ""
    where = "England" if row.england else _name(row.la)
    others = ", ".join(str(other.row) for other in rows if other is not row)
    message = f"{where}, {row.type} also stands in row {others}"
    findings.add("repeated_row", message, row.row, "placement_type", row.type)
    return "The authority has this placement type more than once."


def _same(row: PlanRow, other: PlanRow) -> bool:
    return (row.plans, row.needs) == (other.plans, other.needs)


def _figures(row: PlanRow, findings: PlanFindings) -> str:
    if row.plans is None:
        if not row.england:
            message = f"{_name(row.la)}, {row.type}: the number of plans isn't published, and isn't 0"
            findings.add("plans_unavailable", message, row.row, PLANS)
        return "The number of plans isn't published."
    known = sum(need for need in row.needs if need is not None)
    if known > row.plans or (None not in row.needs and known != row.plans):
        where = "England" if row.england else _name(row.la)
        message = f"{where}, {row.type}: {row.plans:,} plans, but {known:,} by need"
        findings.add("needs_differ", message, row.row, PLANS, str(row.plans))
        return "The numbers by need don't add to the number of plans."
    return ""


def _sums(rows: Iterable[PlanRow]) -> _Figures:
    """Sums of the plans and of each need; None where a part is unavailable. Rows that repeat another are left out."""
    once = {(row.la, row.type): row for row in reversed(list(rows))}.values()
    columns = zip(*((row.plans, *row.needs) for row in once), strict=True)
    return [None if None in column else sum(part or 0 for part in column) for column in columns]


def _compare(
    row: PlanRow, sums: _Figures, names: Sequence[str], what: str, parts: str, code: str, findings: PlanFindings
) -> None:
    stated = (row.plans, *row.needs)
    wrong = [
        f"{name} {said:,} against {added:,}"
        for name, said, added in zip(names, stated, sums, strict=True)
        if said is not None and added is not None and said != added
    ]
    if wrong:
        findings.add(code, f"{what} differs from {parts}: {'; '.join(wrong)}", row.row, PLANS, str(row.plans))


def _name(la: str) -> str:
    return vocabulary().local_authorities.get(la, {}).get("name") or shown(la)
