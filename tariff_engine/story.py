"""The steps of one placement, taken one by one and held against the costing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tariff_engine import banding, money, pricing
from tariff_engine.columns import NEED_PREFIX
from tariff_engine.explanation import ExplanationDiffers, Step, source_of
from tariff_engine.findings import Finding
from tariff_engine.framework import Framework, Tariff
from tariff_engine.instalments import (
    MonthEarned,
    day_number,
    day_of,
    month_by_month,
    spell_weights,
    year_weights,
)
from tariff_engine.periods import FundingPeriod
from tariff_engine.stints import LAST_DAY, PhaseCalendar, Segment, coverage, cut_stints, segments
from tariff_engine.vocabulary import vocabulary


@dataclass(frozen=True)
class Told:
    """What there is to tell of one placement, whoever priced it.

    Attributes
    ----------
    facts : the placement's values by column. lines : its costing lines, by column.
    """

    facts: Mapping[str, Any]
    lines: Sequence[dict[str, Any]]
    findings: Sequence[Finding]
    frameworks: Sequence[Framework]
    period: FundingPeriod
    as_if: bool

    @property
    def amount(self) -> int | None:
        """What all lines come to; None where the placement has no price. [pence]"""
        return None if any(line["amount"] is None for line in self.lines) else self.total("amount")

    def total(self, column: str) -> int:
        """The sum of a column of the lines. [pence]"""
        return sum(line[column] for line in self.lines)


class Story:
    """One placement's steps, line by line."""

    def __init__(self, told: Told) -> None:
        self.told, self.period = told, told.period
        self.facts, self.lines = told.facts, told.lines
        self.months = [month.name for month in told.period.months]
        self.fte = self.facts["fte"] if self.facts["fte"] is not None else money.MILLION
        self.start, self.end = self.facts["start_date"], self.facts["end_date"]
        self.steps: list[Step] = []
        self.covered = coverage(told.frameworks, told.as_if)
        self.segments = segments(told.frameworks, self.covered, self.period)
        self.first = np.array([day_number(self.start)])
        self.last = np.array([day_number(self.end) if self.end else LAST_DAY])
        self.phases = self._phase_calendar()
        self.stints = cut_stints(self.first, self.last, self.phases, self.segments, self.period)

    def tell(self) -> list[Step]:
        """All the steps, from what was read to who pays."""
        self._placement()
        self._findings()
        if len(self.stints) == 0:
            text = f"no day of the placement is in {self.period.name}, so nothing is due"
            self._add("Period", text, result=money.show_pounds(0))
            return self.steps
        by_unit = self._rules_of_spell_by_unit()
        for index in range(len(self.stints)):
            self._stint(index, self._line_of(index), by_unit)
        self._payer()
        self._months_in_all()
        return self.steps

    def _add(self, title: str, text: str, formula: str = "", result: str = "", source: Any = None) -> None:
        self.steps.append(Step(title, text, formula, result, source))

    def _placement(self) -> None:
        facts = self.facts
        until = f"to {self.end}" if self.end else "with no end date"
        where = f" at provider {facts['provider_id']}" if facts["provider_id"] else ""
        provision = vocabulary().provisions[facts["provision"]].title
        text = f"{provision}{where}, from {self.start} {until}, fte {money.show_factor(self.fte)}"
        if facts["count"] > 1:
            text += f", {facts['count']:,} like children"
        self._add("Placement", text)

    def _findings(self) -> None:
        for found in self.told.findings:
            text = f"{found.column}: {found.message}" if found.column else found.message
            self._add(f"Finding ({found.severity})", text)

    def _stint(self, index: int, line: dict[str, Any], by_unit: tuple[int, str | None] | None) -> None:
        segment = self.segments[int(self.stints.segment[index])]
        span = f"{line['from']} to {line['to']}, {line['days']} days"
        if segment.version < 0:
            self._add("Version", f"no chosen version covers {span}, so there is no price")
            return
        own = self.told.frameworks[segment.version]
        self._version(own, span)
        phase = self._phase_at(int(self.stints.phase[index]))
        name = f"{own.version} (as if)" if self.told.as_if else own.version
        self._hold(line, phase=phase, version=name)
        rules = own
        if by_unit is not None:
            rules, phase = self.told.frameworks[by_unit[0]], by_unit[1]
            if rules is not own:
                text = f"it is bought by the unit, so the version of its first covered day prices it: {rules.name}"
                self._add("Spell", text)
        band = self._band(rules, line)
        self._phase(phase)
        if line["amount"] is None:
            self._add("Price", "none, for the reason in the findings above; a missing price is never 0")
            return
        tariff = pricing.TariffTable(rules).find(self.facts["provision"], self.facts["provider_id"], band, phase)
        place = pricing.place_rate(rules, self.facts["provision"], phase)
        self._hold(line, place_value=None if place is None else place.rate_pence)
        annual = self._annual(rules, tariff, line, by_unit is not None)
        if by_unit is not None and tariff is not None:
            months = self._spell(rules, tariff, index)
        else:
            months = self._instalments(own, segment, index, annual)
        due = dict.fromkeys(self.months, 0) | {m.name: m.instalment for m in months}
        all_children = {month: pence * self.facts["count"] for month, pence in due.items()}
        self._hold(line, **all_children, amount=sum(all_children.values()))

    def _line_of(self, index: int) -> dict[str, Any]:
        """The stint's line; where a provider handed over in it, its two lines as one."""
        start, end = day_of(int(self.stints.start[index])), day_of(int(self.stints.end[index]))
        parts = [line for line in self.lines if start <= line["from"] <= end and line["to"] <= end]
        line = dict(parts[0])
        if len(parts) > 1:
            for name in ("amount", "days", *self.months):
                line[name] = None if line["amount"] is None else sum(part[name] for part in parts)
            line["to"] = max(part["to"] for part in parts)
            self._add("Handover", f"{line['payee']} is paid to its last day, then {parts[-1]['payee']}")
        return line

    def _version(self, framework: Framework, span: str) -> None:
        header = framework.header
        until = f"to {header.effective_to}" if header.effective_to else "with no end"
        when = f"in effect from {header.effective_from} {until}"
        if self.told.as_if:
            when = f"as if it covered every day, though it is {when}"
        text = f"{framework.name} ({header.legal_status.replace('_', ' ')}), {when}: {span}"
        self._add("Version", text, result=f"content {framework.content_hash[:16]}")

    def _band(self, framework: Framework, line: dict[str, Any]) -> str | None:
        levels = self._levels(framework)
        found = banding.assess(framework, self.facts["provision"], levels, self.facts["primary_need"])
        if found.band is not None:
            self._assessment(framework, levels, found)
        panel: str | None = self.facts["band"]
        if panel is not None:
            reason = f" ({self.facts['band_reason']})" if self.facts["band_reason"] else ""
            self._add("Band", f"the panel gave {panel}{reason}, which is final", result=panel)
        elif found.band is None:
            self._add("Band", "none is given or could be assessed")
        band = panel if panel is not None else found.band
        self._hold(line, band=band, band_assessed=found.band)
        return band

    def _levels(self, framework: Framework) -> dict[str, int | None]:
        """Need levels that the version knows; one above its highest belongs to another version."""
        levels: dict[str, int | None] = {}
        for area in framework.header.need_areas:
            level = self.facts.get(NEED_PREFIX + area.code)
            levels[area.code] = level if level is not None and level <= area.highest_level else None
        return levels

    def _assessment(self, framework: Framework, levels: dict[str, int | None], found: banding.Assessment) -> None:
        rule = framework.header.banding
        described = []
        for area in framework.header.need_areas:
            level = levels[area.code]
            if level is None:
                continue
            line = f"{area.title}: level {level}, {area.levels[level]}"
            if rule.rule == "weighted_score":
                line += f" (scores {money.show_factor(rule.weights[area.code][level])})"
            described.append(line)
        measure = banding.show_measure(framework, found.measure or 0)
        text = f"by {rule.rule.replace('_', ' ')}, which comes to {measure}: {found.reached}"
        if found.raised:
            text += f", raised {found.raised} for needs in several areas at once"
        if found.shifted:
            text += f", moved {found.shifted:+d} for the provision"
        band = next((b for b in framework.bands if b.code == found.band), None)
        source = source_of(framework, band.source_id) if band else None
        self._add("Assessed band", text, "\n".join(described), str(found.band), source)

    def _phase(self, phase: str | None) -> None:
        if phase is None:
            self._add("Phase", "the year group is blank, so only rates for any phase fit")
            return
        text = f"{vocabulary().phases[phase].title}; year group {self.facts['nc_year']} on the reference day"
        self._add("Phase", text)

    def _annual(self, framework: Framework, tariff: Tariff | None, line: dict[str, Any], by_unit: bool) -> int:
        """The annual price of one child, step by step. [pence]"""
        if tariff is None:
            text = f"no band was reached and {framework.name} has no rate for that, so nothing is added"
            self._add("Rate", text, result=money.show_pounds(0))
            top_up = uplifts = price = over = 0
        else:
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
        text = f"row {tariff.row} of {framework.tariffs_in} (provision / provider / band / phase: {fits})"
        if tariff.price_basis == "agreed":
            text += ", where the price is agreed child by child"
        rate = "no rate"
        if tariff.rate_pence is not None:
            article = "an" if tariff.unit == "hour" else "a"
            rate = f"{money.show_pounds(tariff.rate_pence)} {article} {tariff.unit}"
        self._add("Rate", text, result=rate, source=source_of(framework, tariff.source_id))

    def _top_up(self, framework: Framework, tariff: Tariff) -> int:
        agreed = self.facts["agreed_price"]
        if tariff.price_basis == "agreed" and agreed is not None:
            text = "the education price for a full year, for this child at this fte; it isn't rounded again"
            self._add("Agreed price", text, result=money.show_pounds(agreed))
            return int(agreed)
        area = self._area_cost(framework, tariff)
        top_up = pricing.annual_top_up(framework, tariff, self.fte, self.facts["support_hours"], area)
        if top_up is None:
            raise ExplanationDiffers("The rate can't be worked out, and the costing has a price.")
        formula = self._top_up_formula(framework, tariff, area)
        self._add("Annual top-up", "rounded once, half away from zero", formula, money.show_pounds(top_up))
        return top_up

    def _area_cost(self, framework: Framework, tariff: Tariff) -> int:
        if not tariff.area_cost:
            return money.MILLION
        cost = framework.area_costs[self.facts["area"]]
        text = f"local authority {self.facts['area']}, where the provider is"
        shown = money.show_factor(cost.factor_millionths)
        self._add("Area cost", text, result=shown, source=source_of(framework, cost.source_id))
        return cost.factor_millionths

    def _top_up_formula(self, framework: Framework, tariff: Tariff, area: int) -> str:
        quantity = pricing.quantity_factors(framework, tariff, self.facts["support_hours"]) or ()
        names = {"week": ["weeks"], "day": ["days"], "hour": ["hours a week", "weeks"]}.get(tariff.unit, [])
        parts = [money.show_pounds(tariff.rate_pence or 0)]
        parts += [f"{money.show_factor(q)} {name}" for q, name in zip(quantity, names, strict=True)]
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
                self._add(f"Uplift {code}", "is for another provision, and isn't added")
                continue
            pence = pricing.uplift_amount(uplift, self.fte, top_up)
            if uplift.kind == "amount":
                formula = f"{money.show_pounds(uplift.value)} x fte {money.show_factor(self.fte)}"
            else:
                formula = f"{money.show_pounds(top_up)} x {money.show_factor(uplift.value)}%"
            source = source_of(framework, uplift.source_id)
            self._add(f"Uplift {code}", uplift.title or code, formula, money.show_pounds(pence), source)
            total += pence
        return total

    def _limits(self, tariff: Tariff, price: int) -> tuple[int, int]:
        by, reason = self.facts["override_by"], self.facts["override_reason"]
        overridden = by is not None and reason is not None
        payable, over = pricing.apply_limits(tariff, price, self.fte, overridden)
        for name, limit in (("Minimum", tariff.minimum_pence), ("Maximum", tariff.maximum_pence)):
            if limit is None:
                continue
            scaled = money.show_pounds(pricing.limit_at(limit, self.fte) or 0)
            formula = f"{money.show_pounds(limit)} x fte {money.show_factor(self.fte)} = {scaled}"
            lifted = f"lifted by {by}: {reason}" if name == "Maximum" and overridden else "scaled to this child's fte"
            self._add(name, lifted, formula)
        text = f"{money.show_pounds(over)} was cut" if over else "what is payable for a full year"
        self._add("Annual price", text, result=money.show_pounds(payable))
        return payable, over

    def _instalments(self, framework: Framework, segment: Segment, index: int, annual: int) -> list[MonthEarned]:
        if segment.year is None:
            raise ExplanationDiffers("A stint under a version has no year.")
        weights = year_weights(framework, *segment.year)
        start, end = day_of(int(self.stints.start[index])), day_of(int(self.stints.end[index]))
        months = month_by_month(annual, weights, start, end, self.period.months)
        how = framework.header.proration.method.replace("_", " ")
        if weights.last_takes_rest:
            how += ", each month rounded alone and the last takes the rest"
        share = f"{weights.between(start, end)} of {weights.whole} in the year from {segment.year[0]}"
        self._months(f"by {how}: the stint from {start} to {end} is {share}", months)
        return months

    def _spell(self, framework: Framework, tariff: Tariff, index: int) -> list[MonthEarned]:
        area = framework.area_costs[self.facts["area"]].factor_millionths if tariff.area_cost else money.MILLION
        units = self.facts["units"]
        amount = pricing.commissioned_amount(tariff, units, area, self.fte)
        weights = spell_weights(self.start, self.end)
        formula = f"{money.show_pounds(tariff.rate_pence or 0)} x {money.show_factor(units)} {tariff.unit}s"
        formula += f" x area cost {money.show_factor(area)} x fte {money.show_factor(self.fte)}"
        text = f"bought by the {tariff.unit}, for the whole spell of {weights.whole} days"
        self._add("Spell", text, formula, money.show_pounds(amount))
        start, end = day_of(int(self.stints.start[index])), day_of(int(self.stints.end[index]))
        months = month_by_month(amount, weights, start, end, self.period.months, origin=self.start)
        self._months("spread over the spell by calendar days", months)
        return months

    def _months(self, text: str, months: Sequence[MonthEarned]) -> None:
        table = "\n".join(
            f"{month.name}  so far {money.show_pounds(month.so_far):>14}"
            f"   instalment {money.show_pounds(month.instalment):>14}"
            for month in months
        )
        self._add("Months", text, table, money.show_pounds(sum(month.instalment for month in months)))

    def _rules_of_spell_by_unit(self) -> tuple[int, str | None] | None:
        """The version and phase that price a spell bought by the unit, or None where this isn't one."""
        if self.facts["units"] is None:
            return None
        first = self.covered.first_covered(self.first, self.last)
        if int(first[0]) == LAST_DAY:
            return None
        version = int(self.covered.version_on(first)[0])
        at = int(self.phases.on(first, np.array([0]))[0])
        phase = self._phase_at(at)
        framework, provision = self.told.frameworks[version], self.facts["provision"]
        found = banding.assess(framework, provision, self._levels(framework), self.facts["primary_need"])
        band = self.facts["band"] if self.facts["band"] is not None else found.band
        if band is None and banding.needs_are_required(framework, provision):
            return None
        tariff = pricing.TariffTable(framework).find(provision, self.facts["provider_id"], band, phase)
        if tariff is None or tariff.unit not in pricing.COMMISSIONED_UNITS or tariff.price_basis != "tariff":
            return None
        return version, phase

    def _phase_at(self, index: int) -> str | None:
        return list(vocabulary().phases)[index] if index >= 0 else None

    def _payer(self) -> None:
        line, words = self.lines[0], vocabulary()
        rule = words.payment(self.facts["provision"], self.facts["known_type"], self.facts["payer"])
        if line["payee"] == self.facts["provider_id"]:
            self._hold(line, payer=rule.payer, s251_line=rule.line)
        number = line["s251_line"]
        known = words.section_251_lines.get(number)
        where = f"section 251 line {number}" + (f", {known['title']}" if known else "")
        self._add("Payer", f"{words.payers[line['payer']]} pays {line['payee'] or 'no provider'}; {where}")
        if line["place_value"] is not None:
            text = "the annual rate of the child's place: for information, never added to what is paid for places"
            self._add("Place value", text, result=money.show_pounds(line["place_value"]))

    def _months_in_all(self) -> None:
        amount = self.told.amount
        if amount is None or (self.facts["count"] == 1 and len(self.lines) == 1):
            return
        each = (f"{name}  {money.show_pounds(self.told.total(name)):>14}" for name in self.months)
        total = money.show_pounds(amount)
        self._add("All months", "every stint and every child", "\n".join(each), total)

    def _hold(self, line: dict[str, Any], **found: object) -> None:
        """Hold the steps' figures against the costing's; money only where the placement has a price."""
        for name, value in found.items():
            if line["amount"] is None and name not in ("band", "band_assessed"):
                continue
            if line[name] != value:
                raise ExplanationDiffers(
                    f"Explaining {name} comes to {value}, and the costing has {line[name]}. Please report this."
                )

    def _phase_calendar(self) -> PhaseCalendar:
        year = self.facts["nc_year"]
        reference = np.maximum(self.first, day_number(self.period.start))
        return PhaseCalendar(np.array([year or 0], np.int64), np.array([year is not None]), reference)
