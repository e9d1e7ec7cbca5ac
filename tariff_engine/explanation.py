"""Every step of one placement, in words and numbers, each with its source.

The steps are the plain functions of banding.py, pricing.py and instalments.py, run on one placement. Their result
is compared with the costing's own figures, month by month, and an explanation that doesn't end on them is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tariff_engine import banding, money, pricing
from tariff_engine.columns import NEED_PREFIX
from tariff_engine.errors import TariffError, UsageError
from tariff_engine.framework import NO_BAND, Framework, Source, Tariff
from tariff_engine.instalments import day_number, earned_by, year_weights
from tariff_engine.periods import FundingPeriod
from tariff_engine.stints import LAST_DAY, PhaseCalendar, Segment, Stints, coverage, cut_stints, segments
from tariff_engine.vocabulary import vocabulary

if TYPE_CHECKING:
    from tariff_engine.costing import Costing


class ExplanationDiffers(TariffError):
    """The steps of one placement don't end on the costing's figures: a defect in the engine, never shown as a price."""


@dataclass(frozen=True)
class Step:
    """One step: what was done, the sum in numbers, what came out, and who says so."""

    title: str
    text: str
    formula: str = ""
    result: str = ""
    source: dict[str, str] | None = None


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
            if step.formula:
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

    Raises
    ------
    UsageError : the costing has no such placement, or its row couldn't be read; the message says why.
    ExplanationDiffers : the steps don't end on the costing's pence.
    """
    found = np.flatnonzero((costing.placements.table["placement_id"] == placement_id).to_numpy())
    if not len(found):
        raise UsageError(_not_there(costing, placement_id))
    story = _Story(costing, int(found[0]))
    steps = story.tell()
    amounts = story.lines["amount"]
    amount = None if amounts.null_count() else int(amounts.sum())
    return Explanation(placement_id, costing.period.name, amount, tuple(steps))


def _not_there(costing: Costing, placement_id: str) -> str:
    said = costing.findings.filter(pl.col("placement_id") == placement_id)
    if said.height:
        reasons = "; ".join(f"row {row}: {message}" for row, message in said.select("row", "message").iter_rows())
        return f"Placement {placement_id} can't be explained, as its row couldn't be read. {reasons}"
    return f"There is no placement {placement_id} in {costing.placements.raw.file_name}."


class _Story:
    """One placement's steps, told line by line and held against the costing."""

    def __init__(self, costing: Costing, row: int) -> None:
        self.costing = costing
        self.period: FundingPeriod = costing.period
        self.facts = costing.placements.table.row(row, named=True)
        self.lines = costing.lines.filter(pl.col("placement_id") == self.facts["placement_id"])
        self.fte = self.facts["fte"] if self.facts["fte"] is not None else money.MILLION
        self.start, self.end = self.facts["start_date"], self.facts["end_date"]
        self.steps: list[Step] = []
        covered = coverage(costing.frameworks, costing.as_if)
        self.covered = covered
        self.segments = segments(costing.frameworks, covered, self.period)
        self.phases = self._phase_calendar()
        first, last = np.array([day_number(self.start)]), np.array([self._last_day()])
        self.stints = cut_stints(first, last, self.phases, self.segments, self.period)

    def tell(self) -> list[Step]:
        self._placement()
        self._findings()
        if len(self.stints) == 0:
            self.steps.append(Step("Period", f"no day of the placement is in {self.period.name}, so nothing is due", result="£0.00"))
            return self.steps
        by_unit = self._rules_of_spell_by_unit()
        for index, line in enumerate(self.lines.iter_rows(named=True)):
            self._stint(index, line, by_unit)
        self._payer()
        self._months_in_all()
        return self.steps

    def _placement(self) -> None:
        facts, words = self.facts, vocabulary()
        until = f"to {self.end}" if self.end else "with no end date"
        where = f" at provider {facts['provider_id']}" if facts["provider_id"] else ""
        text = f"{words.provisions[facts['provision']].title}{where}, from {self.start} {until}, fte {money.show_factor(self.fte)}"
        if facts["count"] > 1:
            text += f", {facts['count']:,} like children"
        self.steps.append(Step("Placement", text))

    def _findings(self) -> None:
        said = self.costing.findings.filter(pl.col("placement_id") == self.facts["placement_id"])
        for severity, column, message in said.select("severity", "column", "message").iter_rows():
            self.steps.append(Step(f"Finding ({severity})", f"{column}: {message}" if column else message))

    def _stint(self, index: int, line: dict[str, Any], by_unit: tuple[int, str | None] | None) -> None:
        segment = self.segments[int(self.stints.segment[index])]
        span = f"{line['from']} to {line['to']}, {line['days']} days"
        if segment.version < 0:
            self.steps.append(Step("Version", f"no chosen version covers {span}, so there is no price"))
            return
        own = self.costing.frameworks[segment.version]
        self._version(own, span)
        rules, phase = own, line["phase"]
        if by_unit is not None:
            rules, phase = self.costing.frameworks[by_unit[0]], by_unit[1]
            self._rules_of_first_day(own, rules)
        band = self._band(rules, line)
        self._phase(phase)
        if line["amount"] is None:
            self.steps.append(Step("Price", "none, for the reason in the findings above; a missing price is never 0"))
            return
        tariff = pricing.TariffTable(rules).find(self.facts["provision"], self.facts["provider_id"], band, phase)
        if tariff is None:
            self.steps.append(Step("Rate", f"no band was reached and {rules.name} has no rate for that, so the price is 0", result="£0.00"))
            annual = 0
            self._hold(line, annual_top_up=0, annual_uplifts=0, annual_price=0, over_limit=0)
        else:
            annual = self._annual(rules, tariff, line, by_unit is not None)
        if by_unit is not None and tariff is not None:
            months = self._spell(rules, tariff, index)
        else:
            months = self._instalments(own, segment, index, annual)
        self._hold(line, **{name: pence * self.facts["count"] for name, pence in months.items()})

    def _version(self, framework: Framework, span: str) -> None:
        header = framework.header
        until = f"to {header.effective_to}" if header.effective_to else "with no end"
        text = f"{framework.name} ({header.legal_status.replace('_', ' ')}), in effect from {header.effective_from} {until}: {span}"
        if self.costing.as_if:
            text = f"{framework.name} ({header.legal_status.replace('_', ' ')}), as if it covered every day: {span}"
        self.steps.append(Step("Version", text, result=f"content {framework.content_hash[:16]}"))

    def _rules_of_first_day(self, own: Framework, rules: Framework) -> None:
        if rules is not own:
            text = f"the spell is bought by the unit, so it is priced by the version of its first covered day, {rules.name}"
            self.steps.append(Step("Spell", text))

    def _band(self, framework: Framework, line: dict[str, Any]) -> str | None:
        levels = {area.code: self._level(framework, area.code) for area in framework.header.need_areas}
        found = banding.assess(framework, self.facts["provision"], levels, self.facts["primary_need"])
        if found.band is not None and found.measure is not None:
            self.steps.append(self._assessment_step(framework, levels, found))
        panel = self.facts["band"]
        band: str | None = panel if panel is not None else found.band
        if panel is not None:
            reason = f" ({self.facts['band_reason']})" if self.facts["band_reason"] else ""
            self.steps.append(Step("Band", f"the panel gave {panel}{reason}, which is final", result=panel))
        elif band is None:
            self.steps.append(Step("Band", "none is given and none is needed for this rate"))
        self._hold(line, band=band, band_assessed=found.band)
        return band

    def _level(self, framework: Framework, area: str) -> int | None:
        level = self.facts.get(NEED_PREFIX + area)
        highest = next(a.highest_level for a in framework.header.need_areas if a.code == area)
        return level if level is not None and level <= highest else None

    def _assessment_step(self, framework: Framework, levels: dict[str, int | None], found: banding.Assessment) -> Step:
        rule = framework.header.banding
        described = []
        for area in framework.header.need_areas:
            level = levels[area.code]
            if level is None:
                continue
            score = ""
            if rule.rule == "weighted_score":
                score = f", scores {money.show_factor(rule.weights[area.code][level])}"
            described.append(f"{area.title}: level {level}, {area.levels[level]}{score}")
        measure = banding.show_measure(framework, found.measure or 0)
        text = f"by {rule.rule.replace('_', ' ')}, which comes to {measure}: {found.reached}"
        if found.raised:
            text += f", raised {found.raised} for needs in several areas at once"
        if found.shifted:
            text += f", moved {found.shifted:+d} for the provision"
        band = next((b for b in framework.bands if b.code == found.band), None)
        source = framework.sources.get(band.source_id) if band else None
        return Step("Assessed band", text, "\n".join(described), str(found.band), _source(source))

    def _phase(self, phase: str | None) -> None:
        if phase is None:
            self.steps.append(Step("Phase", "the year group is blank, so only rates for any phase fit"))
        else:
            self.steps.append(Step("Phase", f"{vocabulary().phases[phase].title}, from year group {self.facts['nc_year']} on the reference day"))

    def _annual(self, framework: Framework, tariff: Tariff, line: dict[str, Any], by_unit: bool) -> int:
        """The annual price, step by step; one child, in pence."""
        self._rate(framework, tariff)
        top_up = self._top_up(framework, tariff)
        uplifts = 0 if by_unit else self._uplifts(framework, top_up)
        price, over = top_up + uplifts, 0
        if not by_unit:
            price, over = self._limits(tariff, price)
        self._hold(line, annual_top_up=top_up, annual_uplifts=uplifts, annual_price=price, over_limit=over)
        return price

    def _rate(self, framework: Framework, tariff: Tariff) -> None:
        fits = " / ".join(part or "any" for part in tariff.key)
        rate = f"{money.show_pounds(tariff.rate_pence)} a {tariff.unit}" if tariff.rate_pence is not None else "no rate"
        text = f"row {tariff.row} of tariffs.csv fits (provision / provider / band / phase: {fits}), {tariff.price_basis} basis"
        self.steps.append(Step("Rate", text, result=rate, source=_source(framework.sources.get(tariff.source_id))))

    def _top_up(self, framework: Framework, tariff: Tariff) -> int:
        agreed = self.facts["agreed_price"]
        if tariff.price_basis == "agreed" and agreed is not None:
            text = "the agreed education price for a full year, for this child at this fte; it is not rounded again"
            self.steps.append(Step("Agreed price", text, result=money.show_pounds(agreed)))
            return int(agreed)
        area = money.MILLION
        if tariff.area_cost:
            cost = framework.area_costs[self.facts["area"]]
            area = cost.factor_millionths
            text = f"local authority {self.facts['area']}, where the provider is"
            self.steps.append(Step("Area cost", text, result=money.show_factor(area), source=_source(framework.sources.get(cost.source_id))))
        top_up = pricing.annual_top_up(framework, tariff, self.fte, self.facts["support_hours"], area)
        if top_up is None or tariff.rate_pence is None:
            raise ExplanationDiffers("The rate can't be worked out, and the costing has a price.")
        self.steps.append(Step("Annual top-up", "rounded once, half away from zero", self._top_up_formula(framework, tariff, area), money.show_pounds(top_up)))
        return top_up

    def _top_up_formula(self, framework: Framework, tariff: Tariff, area: int) -> str:
        quantity = pricing.quantity_factors(framework, tariff, self.facts["support_hours"]) or ()
        names = {"week": ["weeks"], "day": ["days"], "hour": ["hours a week", "weeks"]}.get(tariff.unit, [])
        parts = [money.show_pounds(tariff.rate_pence or 0), *(f"{money.show_factor(q)} {name}" for q, name in zip(quantity, names, strict=True))]
        if tariff.area_cost:
            parts.append(f"area cost {money.show_factor(area)}")
        if tariff.unit != "hour":
            parts.append(f"fte {money.show_factor(self.fte)}")
        return " x ".join(parts)

    def _uplifts(self, framework: Framework, top_up: int) -> int:
        total = 0
        for code in pricing.split_uplifts(self.facts["uplifts"] or "")[0]:
            uplift = framework.uplifts[code]
            if uplift.provisions and self.facts["provision"] not in uplift.provisions:
                self.steps.append(Step(f"Uplift {code}", "is for another provision, and isn't added", result="£0.00"))
                continue
            pence = pricing.uplift_amount(uplift, self.fte, top_up)
            if uplift.kind == "amount":
                formula = f"{money.show_pounds(uplift.value)} x fte {money.show_factor(self.fte)}"
            else:
                formula = f"{money.show_pounds(top_up)} x {money.show_factor(uplift.value)}%"
            self.steps.append(Step(f"Uplift {code}", uplift.title or code, formula, money.show_pounds(pence), _source(framework.sources.get(uplift.source_id))))
            total += pence
        return total

    def _limits(self, tariff: Tariff, price: int) -> tuple[int, int]:
        overridden = self.facts["override_by"] is not None and self.facts["override_reason"] is not None
        payable, over = pricing.apply_limits(tariff, price, self.fte, overridden)
        for name, limit in (("minimum", tariff.minimum_pence), ("maximum", tariff.maximum_pence)):
            if limit is None:
                continue
            scaled = money.show_pounds(pricing.limit_at(limit, self.fte) or 0)
            formula = f"{money.show_pounds(limit)} x fte {money.show_factor(self.fte)} = {scaled}"
            text = f"the {name} of the rate, scaled to this child"
            if name == "maximum" and overridden:
                text = f"lifted by {self.facts['override_by']}: {self.facts['override_reason']}"
            self.steps.append(Step(f"{name.capitalize()}", text, formula))
        self.steps.append(Step("Annual price", f"{money.show_pounds(over)} was cut" if over else "what is payable for a full year", result=money.show_pounds(payable)))
        return payable, over

    def _instalments(self, framework: Framework, segment: Segment, index: int, annual: int) -> dict[str, int]:
        if segment.year is None:
            raise ExplanationDiffers("A stint under a version has no year.")
        weights = year_weights(framework, *segment.year)
        start, end = _date(int(self.stints.start[index])), _date(int(self.stints.end[index]))
        proration = framework.header.proration
        months: dict[str, int] = {}
        rows = []
        before = earned_by(annual, weights, start, min(end, _date(day_number(self.period.start) - 1)))
        single = proration.remainder == "last"
        for month in self.period.months:
            upto = min(end, month.end)
            after = earned_by(annual, weights, start, upto)
            months[month.name] = self._alone(annual, framework, segment, start, end, month.end) if single else after - before
            if months[month.name] or after != before:
                rows.append(f"{month.name}  so far {money.show_pounds(after):>14}   instalment {money.show_pounds(months[month.name]):>14}")
            before = after
        passed = int(weights.upto(np.array(day_number(end))) - weights.upto(np.array(day_number(start) - 1)))
        how = proration.method.replace("_", " ") + (", the last month takes the rest" if single else "")
        text = f"by {how}: the stint from {start} to {end} is {passed} of {weights.whole} in the year from {segment.year[0]}"
        self.steps.append(Step("Months", text, "\n".join(rows), money.show_pounds(sum(months.values()))))
        return months

    def _alone(self, annual: int, framework: Framework, segment: Segment, start: date, end: date, month_end: date) -> int:
        """A month under the rule that each is rounded alone and the stint's last takes the rest."""
        if segment.year is None or month_end < start:
            return 0
        weights = year_weights(framework, *segment.year)

        def own(last: date) -> int:
            first = max(start, last.replace(day=1))
            return earned_by(annual, weights, first, min(end, last))

        if month_end > end and month_end.replace(day=1) > end:
            return 0
        if not segment.year[0] <= month_end <= segment.year[1]:
            return 0
        if month_end.replace(day=1) <= end <= month_end:
            earlier = [_date(int(day)) for day in weights.ends if int(day) < day_number(month_end)]
            return earned_by(annual, weights, start, end) - sum(own(day) for day in earlier if day >= start)
        return own(month_end)

    def _rules_of_spell_by_unit(self) -> tuple[int, str | None] | None:
        """The version and phase that price a spell bought by the unit, or None where this isn't one."""
        if self.facts["units"] is None:
            return None
        first = self.covered.first_covered(np.array([day_number(self.start)]), np.array([self._last_day()]))
        if int(first[0]) == LAST_DAY:
            return None
        version = int(self.covered.version_on(first)[0])
        at = int(self.phases.on(first, np.array([0]))[0])
        phase = list(vocabulary().phases)[at] if at >= 0 else None
        framework = self.costing.frameworks[version]
        levels = {area.code: self._level(framework, area.code) for area in framework.header.need_areas}
        assessed = banding.assess(framework, self.facts["provision"], levels, self.facts["primary_need"]).band
        band = self.facts["band"] if self.facts["band"] is not None else assessed
        if band is None and banding.needs_are_required(framework, self.facts["provision"]):
            return None
        tariff = pricing.TariffTable(framework).find(self.facts["provision"], self.facts["provider_id"], band, phase)
        if tariff is None or tariff.unit not in pricing.COMMISSIONED_UNITS or tariff.price_basis != "tariff":
            return None
        return version, phase

    def _spell(self, framework: Framework, tariff: Tariff, index: int) -> dict[str, int]:
        area = framework.area_costs[self.facts["area"]].factor_millionths if tariff.area_cost else money.MILLION
        amount = pricing.commissioned_amount(tariff, self.facts["units"], area, self.fte)
        length = (self.end - self.start).days + 1
        formula = f"{money.show_pounds(tariff.rate_pence or 0)} x {money.show_factor(self.facts['units'])} {tariff.unit}s"
        formula += f" x area cost {money.show_factor(area)} x fte {money.show_factor(self.fte)}"
        self.steps.append(Step("Spell", f"bought by the {tariff.unit}, for the whole spell of {length} days", formula, money.show_pounds(amount)))
        start, end = _date(int(self.stints.start[index])), _date(int(self.stints.end[index]))

        def at(day: date) -> int:
            inside = min(max(day, _date(day_number(start) - 1)), end)
            return money.round_half_away(amount * ((inside - self.start).days + 1), length)

        months: dict[str, int] = {}
        rows = []
        before = at(_date(day_number(self.period.start) - 1))
        for month in self.period.months:
            after = at(month.end)
            months[month.name] = after - before
            if after != before:
                rows.append(f"{month.name}  so far {money.show_pounds(after):>14}   instalment {money.show_pounds(after - before):>14}")
            before = after
        self.steps.append(Step("Months", "spread over the spell by calendar days", "\n".join(rows), money.show_pounds(sum(months.values()))))
        return months

    def _payer(self) -> None:
        line = self.lines.row(0, named=True)
        words = vocabulary()
        number = line["s251_line"]
        title = words.section_251_lines[number]["title"] if number in words.section_251_lines else number
        where = f"section 251 line {number} ({title})" if title != number else f"section 251 line: {number}"
        text = f"{words.payers[line['payer']]} pays {line['payee'] or 'no provider'}; {where}"
        place = line["place_value"]
        self.steps.append(Step("Payer", text))
        if place is not None:
            text = "the annual rate of the child's place, for information; places are paid by number, and never added here"
            self.steps.append(Step("Place value", text, result=money.show_pounds(place)))

    def _months_in_all(self) -> None:
        if self.lines["amount"].null_count():
            return
        if self.facts["count"] > 1 or self.lines.height > 1:
            each = [f"{month}  {money.show_pounds(int(self.lines[month].sum())):>14}" for month in self.costing.months]
            self.steps.append(Step("All months", "every stint and every child", "\n".join(each)))

    def _hold(self, line: dict[str, Any], **found: object) -> None:
        """Hold the steps' figures against the costing's."""
        for name, value in found.items():
            if name == "band" and value is not None and line["band"] is None:
                continue
            if line["amount"] is None and name not in ("band", "band_assessed"):
                continue
            if line[name] != value:
                raise ExplanationDiffers(f"Explaining {name} gives {value}, and the costing has {line[name]}. Please report this.")

    def _phase_calendar(self) -> PhaseCalendar:
        year = self.facts["nc_year"]
        reference = max(day_number(self.start), day_number(self.period.start))
        known = np.array([year is not None])
        return PhaseCalendar(np.array([year or 0], np.int64), known, np.array([reference], np.int64))

    def _last_day(self) -> int:
        return day_number(self.end) if self.end else LAST_DAY


def _date(day: int) -> date:
    return date.fromordinal(day + date(1970, 1, 1).toordinal())


def _source(source: Source | None) -> dict[str, str] | None:
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


def _source_line(source: dict[str, str]) -> str:
    parts = [source["title"]]
    if "publisher" in source:
        parts.append(source["publisher"])
    if "url" in source:
        parts.append(source["url"])
    if "last_checked_on" in source:
        parts.append(f"last checked {source['last_checked_on']}")
    if source.get("status") != "published":
        parts.append(f"{source.get('status', '').upper()}: nobody published this value")
    if "working" in source:
        parts.append(f"working: {source['working']}")
    return "; ".join(parts)
