"""Add uplifts to the annual price of stints, each code once where it is for the provision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from tariff_engine import pricing
from tariff_engine.compiled import CompiledVersion, codes_of, distinct
from tariff_engine.framework import Uplift
from tariff_engine.job import Job, Priced
from tariff_engine.money import MILLION, Ints
from tariff_engine.placements import Mask

_SHOWN = 5
_SHOWN_LETTERS = 40


@dataclass(frozen=True)
class UpliftCell:
    """What the codes of one cell come to for one provision."""

    added: tuple[str, ...]
    unknown: tuple[str, ...]
    for_others: tuple[str, ...]
    repeated: tuple[str, ...]

    @classmethod
    def read(cls, text: str, provision: str, uplifts: Mapping[str, Uplift]) -> UpliftCell:
        """Sort the codes of a cell into those to add and those to speak of."""
        codes, twice = pricing.split_uplifts(text)
        known = [code for code in codes if code in uplifts]
        added = tuple(c for c in known if not uplifts[c].provisions or provision in uplifts[c].provisions)
        chosen = set(added)
        return cls(
            added=added,
            unknown=tuple(code for code in codes if code not in uplifts),
            for_others=tuple(code for code in known if code not in chosen),
            repeated=tuple(code for code in twice if code in uplifts),
        )


def add_uplifts(job: Job, compiled: CompiledVersion, at: Ints, priced: Priced) -> None:
    """Add the uplifts of stints; a code that the version doesn't know loses the price."""
    table, framework = job.placements, compiled.framework
    at = at[table.filled("uplifts")[job.stints.row[at]]]
    bought = at[priced.by_unit[at]]
    job.note(
        "uplift_on_units", bought, "uplifts", "a spell bought by the unit has no uplifts; none is added", "uplifts"
    )
    at = at[~priced.by_unit[at]]
    if not len(at):
        return
    cells, which = _cells(job, at, framework.uplifts)
    name = framework.name
    _note(
        job,
        at,
        which,
        "uplift_repeated",
        [c.repeated for c in cells],
        lambda c: f"{c} is given more than once, and added once",
    )
    message = f"isn't for this provision in {name}, and isn't added"
    _note(job, at, which, "uplift_not_for_provision", [c.for_others for c in cells], lambda c: f"{c} {message}")
    _note(job, at, which, "unknown_uplift", [c.unknown for c in cells], lambda c: f"{c} is no uplift of {name}")
    priced.known[at[_where(cells, which, lambda cell: bool(cell.unknown))]] = False
    fte = table.ints("fte", MILLION)
    for code in dict.fromkeys(code for cell in cells for code in cell.added):
        here = at[_where(cells, which, lambda cell, code=code: code in cell.added)]  # type: ignore[misc]
        here = here[priced.known[here]]
        amounts = pricing.uplift_amounts(framework.uplifts[code], fte[job.stints.row[here]], priced.top_up[here])
        priced.uplifts[here] += amounts


def _cells(job: Job, at: Ints, uplifts: Mapping[str, Uplift]) -> tuple[list[UpliftCell], Ints]:
    """The distinct cells of some stints, each with its provision; and which of them every stint has."""
    facts = job.placements.table[job.stints.row[at]].select("uplifts", "provision")
    texts, provisions = (facts[name].unique(maintain_order=True).to_list() for name in facts.columns)
    text, provision = codes_of(facts["uplifts"], texts), codes_of(facts["provision"], provisions)
    first, which = distinct(text, provision)
    found = [UpliftCell.read(texts[text[i]], provisions[provision[i]], uplifts) for i in first]
    return found, which


def _where(cells: list[UpliftCell], which: Ints, holds: Callable[[UpliftCell], bool]) -> Mask:
    return np.array([holds(cell) for cell in cells], bool)[which]


def _note(job: Job, at: Ints, which: Ints, code: str, named: list[tuple[str, ...]], say: Callable[[str], str]) -> None:
    spoken = np.array([bool(codes) for codes in named], bool)[which]
    messages = [say(_shown(codes)) if codes else "" for codes in named]
    job.note(code, at[spoken], "uplifts", [messages[cell] for cell in which[spoken]], "uplifts")


def _shown(codes: Iterable[str]) -> str:
    listed = [code[:_SHOWN_LETTERS] for code in codes]
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
