"""Add uplifts to the annual price of stints, each code once where it is for the provision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    provision: str
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
            provision=provision,
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
    message = "a spell bought by the unit has no uplifts, so none is added"
    job.note("uplift_on_units", bought, "uplifts", message, "uplifts")
    at = at[~priced.by_unit[at]]
    if not len(at):
        return
    cells, which = _cells(job, at, framework.uplifts)
    name = framework.name
    messages = [_say(c.repeated, "{} is given more than once, and added once") for c in cells]
    _note(job, at, which, "uplift_repeated", messages)
    messages = [_say(c.for_others, f"{{}} isn't for {c.provision} in {name}, and isn't added") for c in cells]
    _note(job, at, which, "uplift_not_for_provision", messages)
    _note(job, at, which, "unknown_uplift", [_say(c.unknown, f"{{}} is no uplift of {name}") for c in cells])
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


def _note(job: Job, at: Ints, which: Ints, code: str, messages: list[str | None]) -> None:
    spoken = np.array([message is not None for message in messages], bool)[which]
    job.note(code, at[spoken], "uplifts", [messages[cell] or "" for cell in which[spoken]], "uplifts")


def _say(codes: tuple[str, ...], sentence: str) -> str | None:
    """A sentence about some codes, or None where there are none."""
    if not codes:
        return None
    listed = ", ".join(code[:_SHOWN_LETTERS] for code in codes[:_SHOWN])
    more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
    return sentence.format(listed + more)
