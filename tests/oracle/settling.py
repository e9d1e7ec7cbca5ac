"""Settling by hand: what was paid, what is planned, and nothing of the engine. Plain dictionaries of pence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

Key = tuple[str, str, str]
"""Whose due it is, top_up, places or carry_over, and what for."""
Plan = dict[tuple[str, str | None], int]
"""Who is paid, and in which month; None is carried over."""


class Ledger:
    """What one period paid and still plans to pay, account by account."""

    def __init__(self, months: Iterable[str]) -> None:
        self.months = list(months)
        self.paid: dict[Key, Plan] = {}
        self.planned: dict[Key, Plan] = {}

    def settle(
        self,
        due: Mapping[Key, Mapping[str, int]],
        unknown: set[str],
        paid_to: str,
        closings: Mapping[str, tuple[date, str]],
    ) -> None:
        """Pay what was planned up to a month, and plan again; of placements in ``unknown`` nobody knows what is due."""
        for key, plan in self.planned.items():
            for (provider, month), pence in plan.items():
                if month is not None and month <= paid_to:
                    paid = self.paid.setdefault(key, {})
                    paid[provider, month] = paid.get((provider, month), 0) + pence
        self.planned = {}
        left = [month for month in self.months if month > paid_to]
        for key in {*due, *self.paid}:
            if key[1] == "top_up" and key[2] in unknown:
                continue
            owed = due.get(key, {})
            plan = self.planned.setdefault(key, {})
            for month in left:
                _add(plan, (_holder(key[0], _first(month), closings), month), owed.get(month, 0))
            behind = sum(owed.values()) - sum(plan.values()) - sum(self.paid.get(key, {}).values())
            when = left[0] if left else None
            day = _first(left[0]) if left else _after(self.months[-1])
            _add(plan, (_holder(key[0], day, closings), when), behind)

    def payments(self) -> Plan:
        """What each provider is paid in each month, paid or planned."""
        found: Plan = {}
        for plans in (self.paid, self.planned):
            for plan in plans.values():
                for where, pence in plan.items():
                    _add(found, where, pence)
        return {where: pence for where, pence in found.items() if pence}

    def carried_over(self) -> dict[Key, int]:
        """What the next period takes up, as accounts of its own."""
        found: dict[Key, int] = {}
        for (owner, _, item), plan in self.planned.items():
            for (_, month), pence in plan.items():
                if month is None:
                    key = (owner, "carry_over", item)
                    found[key] = found.get(key, 0) + pence
        return {key: pence for key, pence in found.items() if pence}


def _add(plan: Plan, where: tuple[str, str | None], pence: int) -> None:
    if pence:
        plan[where] = plan.get(where, 0) + pence


def _holder(provider: str, day: date, closings: Mapping[str, tuple[date, str]]) -> str:
    """Who is paid on a day what is due to a provider."""
    while provider in closings and closings[provider][0] < day:
        provider = closings[provider][1]
    return provider


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _after(month: str) -> date:
    """The first day after a month."""
    return (_first(month) + timedelta(days=31)).replace(day=1)
