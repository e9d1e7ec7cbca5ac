"""The price of one placement, with its lines, findings and steps, without a frame.

It goes through the kernel as a caseload of one, so it is the price that ``cost`` gives, for a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from tariff_engine.encoding import EncodedCaseload
from tariff_engine.errors import UsageError
from tariff_engine.explanation import Explanation
from tariff_engine.findings import Finding
from tariff_engine.framework import Framework
from tariff_engine.instalments import day_number, day_of
from tariff_engine.job import CompiledRules, Job, Priced, job_of
from tariff_engine.kernel import price_stints
from tariff_engine.lines import COSTING_COLUMNS, LINE_UNRESOLVED, PAYER_IGNORED
from tariff_engine.money import check_total
from tariff_engine.noting import note_as_if, note_findings
from tariff_engine.periods import FundingPeriod
from tariff_engine.single import ROW, SingleLog, SinglePlacement, read_single
from tariff_engine.stints import NO_PHASE
from tariff_engine.story import Story, Told
from tariff_engine.vocabulary import vocabulary

__all__ = ["Quote", "quote"]

_ANNUAL = {"annual_top_up": "top_up", "annual_uplifts": "uplifts", "annual_price": "annual", "over_limit": "over_limit"}


@dataclass(frozen=True)
class Quote:
    """The price of one placement.

    Attributes
    ----------
    lines : one a stint, with the columns of a costing's lines, the input's own left out. [pence]
    findings : what is wrong or worth knowing.
    amount_pence, outside_pence : what the high needs budget pays, and what others do; None where there is no price.
    """

    lines: tuple[Mapping[str, Any], ...] = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    frameworks: tuple[Framework, ...]
    period: FundingPeriod
    as_if: bool
    amount_pence: int | None
    outside_pence: int | None
    _told: Told | None = field(repr=False)

    def explain(self) -> Explanation | None:
        """Every step; None where the placement couldn't be read, which the findings say.

        Raises
        ------
        ExplanationDiffers : the steps don't come to the quote's figures.
        """
        if self._told is None:
            return None
        name = self._told.facts["placement_id"]
        return Explanation(name, self.period.name, self._told.amount, tuple(Story(self._told).tell()))


def quote(cells: Mapping[str, str | None], rules: CompiledRules) -> Quote:
    """Price one placement under versions compiled for a period.

    Parameters
    ----------
    cells : text by column, as in a placements file; what is left out, None or white space is blank.
    rules : what ``encoded.compile_rules`` gives; compiled once, it serves any number of quotes.

    Returns
    -------
    The figures, findings and steps that ``cost`` gives for a file of this one row.

    Raises
    ------
    UsageError : a column that the versions don't read.
    """
    unknown = cells.keys() - {column.name for column in rules.columns}
    if unknown:
        raise UsageError(f"{min(unknown)!r} is no column of placements under these versions.")
    placement = read_single(cells, rules)
    return _by_costing(cells, rules) if placement is None else _by_kernel(placement, rules)


def _by_kernel(placement: SinglePlacement, rules: CompiledRules) -> Quote:
    job = job_of(EncodedCaseload.of_one(placement.values), rules)
    priced = price_stints(job)
    log = SingleLog(placement)
    note_findings(job, priced, placement, log)
    if rules.as_if:
        note_as_if(job, log)
    lines = _lines(job, priced, placement, log)
    return _quote(rules, placement.values, lines, log.findings())


def _by_costing(cells: Mapping[str, str | None], rules: CompiledRules) -> Quote:
    """A placement that can't be read: ``cost`` says why."""
    from tariff_engine.costing import cost

    names = [column.name for column in rules.columns]
    frame = pl.DataFrame({name: [cells.get(name)] for name in names}, schema=dict.fromkeys(names, pl.String))
    frameworks = [version.framework for version in rules.versions]
    costing = cost(frame, frameworks, rules.period, as_if=rules.as_if)
    kept = costing.lines.select(*COSTING_COLUMNS, *costing.months)
    facts = costing.placements.table.row(0, named=True) if costing.placements.table.height else None
    findings = tuple(Finding(**row) for row in costing.findings.iter_rows(named=True))
    return _quote(rules, facts, kept.rows(named=True), findings)


def _quote(
    rules: CompiledRules,
    facts: Mapping[str, Any] | None,
    lines: Sequence[dict[str, Any]],
    findings: tuple[Finding, ...],
) -> Quote:
    frameworks = tuple(version.framework for version in rules.versions)
    told = None
    if facts is not None:
        own = tuple(found for found in findings if found.row is not None)
        told = Told(facts, lines, own, frameworks, rules.period, rules.as_if)
    ours = outside = None
    if told is not None and told.amount is not None:
        of_la = [line["payer"] == vocabulary().high_needs_payer for line in lines]
        ours = sum(line["amount"] for line, by_la in zip(lines, of_la, strict=True) if by_la)
        outside = told.amount - ours
        check_total(sum(abs(line["amount"]) for line in lines))
    return Quote(tuple(lines), findings, frameworks, rules.period, rules.as_if, ours, outside, told)


def _lines(job: Job, priced: Priced, placement: SinglePlacement, log: SingleLog) -> list[dict[str, Any]]:
    """The placement's costing lines: one a stint, or one that says that it doesn't meet the period."""
    has_price = bool(priced.known.all())
    payment = _payment(placement, log)
    lines = []
    for at in range(len(job.stints)) or [-1]:
        line = _head(placement) | _of_stint(job, priced, placement, at)
        place = int(priced.place_value[at]) if at >= 0 else -1
        for column, name in _ANNUAL.items():
            line[column] = int(getattr(priced, name)[at]) if has_price and at >= 0 else None
        line["place_value"] = place if has_price and place >= 0 else None
        count = placement.values["count"]
        earned = priced.months[:, at].tolist() if at >= 0 else [0] * len(job.period.months)
        due = [pence * count if has_price else None for pence in earned]
        line |= payment | {"amount": sum(pence * count for pence in earned) if has_price else None}
        line |= {month.name: pence for month, pence in zip(job.period.months, due, strict=True)}
        lines.append({name: line[name] for name in (*COSTING_COLUMNS, *(month.name for month in job.period.months))})
    return lines


def _head(placement: SinglePlacement) -> dict[str, Any]:
    values = placement.values
    return {name: values[name] for name in ("placement_id", "child_id", "home_la", "provider_id", "provision", "count")}


def _of_stint(job: Job, priced: Priced, placement: SinglePlacement, at: int) -> dict[str, Any]:
    """What a line says of its stint; blank, but for phase and band, where the placement doesn't meet the period."""
    panel = placement.values["band"]
    start, end = day_number(job.period.start), day_number(job.period.end)
    line: dict[str, Any] = {"framework": job.versions[0].framework.id, "version": None, "band_assessed": None}
    band = None
    if at >= 0:
        phase = int(job.stints.phase[at])
        own, ruling = job.segments[int(job.stints.segment[at])].version, int(priced.rules[at])
        if own >= 0:
            name = job.versions[own].framework.version
            line["version"] = f"{name} (as if)" if job.compiled.as_if else name
        if ruling >= 0:
            line["band_assessed"] = job.versions[ruling].band_name(int(priced.band_assessed[at]))
            band = job.versions[ruling].band_name(int(priced.band[at]))
        first, last = max(int(job.stints.start[at]), start), min(int(job.stints.end[at]), end)
        line |= {"from": day_of(first), "to": day_of(last), "days": last - first + 1}
    else:
        phase = int(job.phases.on(job.caseload.start.clip(min=start), job.caseload.start * 0)[0])
        line |= {"from": None, "to": None, "days": 0}
    line["phase"] = None if phase == NO_PHASE else list(vocabulary().phases)[phase]
    line["band"] = band if panel is None else panel
    line["band_source"] = "panel" if panel is not None else None if band is None else "assessed"
    return line


def _payment(placement: SinglePlacement, log: SingleLog) -> dict[str, str | None]:
    """Payer, payee and section 251 line, by the vocabulary's payment rules."""
    words, values = vocabulary(), placement.values
    rule = words.payment(values["provision"], values["known_type"], values["payer"])
    if rule.line == "unresolved":
        log.add("line_unresolved", [ROW], "provider_type", LINE_UNRESOLVED)
    if values["payer"] is not None and rule.payer_given is None:
        log.add("payer_ignored", [ROW], "payer", PAYER_IGNORED)
    payee = values["provider_id"] if words.provisions[values["provision"]].has_provider else None
    return {"payer": rule.payer, "payee": payee, "s251_line": rule.line}
