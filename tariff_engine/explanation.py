"""Every step of one placement, in words and numbers, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import polars as pl

from tariff_engine import money
from tariff_engine.errors import InputRefused, UsageError
from tariff_engine.framework import Framework

if TYPE_CHECKING:
    from tariff_engine.costing import Costing


class ExplanationDiffers(RuntimeError):
    """The steps of one placement don't end on the costing's figures: a defect, and never shown as a price."""


@dataclass(frozen=True)
class Step:
    """One step: what was done, the sum in numbers, what came out, and who says so."""

    title: str
    text: str
    formula: str = ""
    result: str = ""
    source: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Explanation:
    """How one placement's amount came about; ``amount_pence`` is None where it has no price."""

    placement_id: str
    period: str
    amount_pence: int | None
    steps: tuple[Step, ...]

    @property
    def conclusion(self) -> str:
        """The last line: the amount for the period."""
        if self.amount_pence is None:
            return f"Amount for {self.period}: none; the placement is set aside"
        return f"Amount for {self.period}: {money.show_pounds(self.amount_pence)}"

    def text(self) -> str:
        """The explanation as lines of text; the last one is the amount."""
        lines = [f"Placement {self.placement_id}, {self.period}", ""]
        for number, step in enumerate(self.steps, start=1):
            lines.append(f"{number}. {step.title}: {step.text}")
            lines += [f"     {line}" for line in step.formula.splitlines()]
            if step.result:
                lines.append(f"   = {step.result}")
            if step.source is not None:
                lines.append(f"   Source: {_source_line(step.source)}")
        return "\n".join([*lines, "", self.conclusion])

    def to_dict(self) -> dict[str, Any]:
        """The explanation as plain values for JSON; money in pence."""
        return {
            "placement_id": self.placement_id,
            "period": self.period,
            "steps": [asdict(step) for step in self.steps],
            "amount_pence": self.amount_pence,
            "conclusion": self.conclusion,
        }


def explain(costing: Costing, placement_id: str) -> Explanation:
    """Explain one placement of a costing.

    The steps are the plain functions of banding.py, pricing.py and instalments.py, run on the one placement, and
    every figure they come to is held against the costing's own.

    Raises
    ------
    UsageError : the costing has no such placement.
    InputRefused : its row couldn't be read; the message says why.
    ExplanationDiffers : the steps don't come to the costing's figures.
    """
    from tariff_engine.story import Story, Told

    table = costing.placements.table
    found = table["placement_id"].index_of(placement_id)
    if found is None:
        _refuse(costing, placement_id)
    told = Told(
        facts=table.row(found, named=True),
        lines=costing.lines.filter(pl.col("placement_id") == placement_id).rows(named=True),
        findings=costing.findings_for(placement_id),
        frameworks=costing.frameworks,
        period=costing.period,
        as_if=costing.as_if,
    )
    return Explanation(placement_id, costing.period.name, told.amount, tuple(Story(told).tell()))


def source_of(framework: Framework, source_id: str) -> dict[str, str] | None:
    """What a person needs to look a value up: title, publisher, page, when it was checked, and its standing."""
    source = framework.sources.get(source_id)
    if source is None:
        return None
    shown = {
        "title": source.title,
        "publisher": source.publisher,
        "url": source.url,
        "last_checked_on": source.last_checked_on.isoformat() if source.last_checked_on else "",
        "status": source.status,
        "working": source.working,
    }
    return {key: value for key, value in shown.items() if value}


def _refuse(costing: Costing, placement_id: str) -> NoReturn:
    said = costing.findings_for(placement_id)
    if said:
        reasons = "; ".join(f"row {found.row}: {found.message}" for found in said)
        raise InputRefused(f"Placement {placement_id} can't be explained, as its row couldn't be read. {reasons}")
    raise UsageError(f"There is no placement {placement_id} in {costing.placements.raw.file_name}.")


def _source_line(source: Mapping[str, str]) -> str:
    parts = [source[key] for key in ("title", "publisher", "url") if key in source]
    if "last_checked_on" in source:
        parts.append(f"last checked {source['last_checked_on']}")
    if source["status"] != "published":
        parts.append(f"{source['status'].upper()}: nobody published this value")
    if "working" in source:
        parts.append(f"working: {source['working']}")
    return "; ".join(parts)
