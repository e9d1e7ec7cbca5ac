"""What a published table of plans can't say about a child, and what is assumed in its place.

The assumptions stand in ``steps.toml``, ``need_shares.csv`` and ``year_group_shares.csv``, each with its reason.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scenarios.plans.sharing import Table, share_out
from tariff_engine.framework import Framework
from tariff_engine.money import Ints
from tariff_engine.vocabulary import vocabulary

Tenths = Annotated[int, Field(ge=0, le=10)]
SHARED = 1000
"""Shares are of a thousand plans."""

_TENTHS = 10
_FILES = ("need_shares.csv", "steps.toml", "year_group_shares.csv")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Step(_Part):
    """A step of need: tenths of the highest level in the child's own area, the one beside it and the others.

    ``hours`` are hours of support a week.
    """

    own: Tenths
    beside: Tenths
    other: Tenths
    hours: Annotated[int, Field(ge=0, le=168)]
    meaning: str


class Steps(_Part):
    """The whole of ``steps.toml``."""

    status: Literal["assumed"]
    working: str
    placement_not_recorded: str
    steps: tuple[Step, ...]
    year_groups: dict[str, Annotated[int, Field(ge=-4, le=20)]]
    beside: dict[str, str]
    taken_as: dict[str, str]


@dataclass(frozen=True)
class Assumptions:
    """Steps of need, the year groups that stand for phases, and the shares of both, of a thousand plans.

    ``step_shares`` and ``year_shares`` are by provision and need code.
    """

    steps: tuple[Step, ...]
    year_groups: tuple[int, ...]
    step_shares: Mapping[tuple[str, str], Ints]
    year_shares: Mapping[tuple[str, str], Ints]
    beside: Mapping[str, str]
    taken_as: Mapping[str, str]
    not_recorded: str

    def in_whole_plans(self, provision: str, need: str, plans: int) -> Table:
        """So many plans by step of need and year group; each step and each year group is within one of its share."""
        by_step = share_out([plans], self.step_shares[provision, need])[0]
        by_year = share_out([plans], self.year_shares[provision, need])[0]
        return share_out(by_step, by_year)

    def levels(self, framework: Framework, need: str, step: Step) -> dict[str, int]:
        """The need level in each area of a framework."""
        areas = framework.header.need_areas
        codes = [area.code for area in areas]
        listed = {code: area.code for area in areas for code in area.primary_needs}
        own = listed.get(need) or listed.get(self.taken_as.get(need, "")) or next(iter(codes), "")
        others = [code for code in codes if code != own]
        beside = listed.get(self.beside.get(need, ""), "")
        second = beside if beside in others else next(iter(others), "")
        tenths = {own: step.own, second: step.beside}
        return {
            area.code: (2 * tenths.get(area.code, step.other) * area.highest_level + _TENTHS) // (2 * _TENTHS)
            for area in areas
        }


@cache
def plan_assumptions() -> Assumptions:
    """The assumptions that ship with the project."""
    # Strict types are those of JSON, so that a list of TOML can be a tuple.
    steps = Steps.model_validate_json(json.dumps(tomllib.loads(plan_text("steps.toml"))))
    names = [f"step_{number}" for number in range(1, len(steps.steps) + 1)]
    return Assumptions(
        steps=steps.steps,
        year_groups=tuple(steps.year_groups[phase] for phase in vocabulary().phases),
        step_shares=_shares("need_shares.csv", names),
        year_shares=_shares("year_group_shares.csv", list(vocabulary().phases)),
        beside=steps.beside,
        taken_as=steps.taken_as,
        not_recorded=steps.placement_not_recorded,
    )


def assumption_hashes() -> dict[str, str]:
    """The SHA-256 of each file of assumptions, so that a caseload says which ones it was made with."""
    return {name: hashlib.sha256(plan_text(name).encode()).hexdigest() for name in _FILES}


def plan_text(name: str) -> str:
    """The text of a file of this package."""
    return files("scenarios.plans").joinpath(name).read_text(encoding="utf-8")


def plan_rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of this package."""
    return list(csv.DictReader(io.StringIO(plan_text(name))))


def _shares(name: str, columns: list[str]) -> Mapping[tuple[str, str], Ints]:
    return {
        (row["provision"], need): np.array([int(row[column]) for column in columns], np.int64)
        for row in plan_rows(name)
        for need in row["needs"].split()
    }
