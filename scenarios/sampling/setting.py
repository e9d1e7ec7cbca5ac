"""For whom and when a caseload is invented: what a framework's versions can price, where and on which days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from scenarios.sampling.assumptions import ProvisionShare, assumptions
from tariff_engine.errors import UsageError
from tariff_engine.framework import Framework
from tariff_engine.money import Ints
from tariff_engine.periods import ACADEMIC_YEAR_STARTS_IN, FundingPeriod, YearBasis
from tariff_engine.pricing import TariffTable
from tariff_engine.vocabulary import vocabulary

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Setting:
    """The latest version, its first year, and the authority.

    Attributes
    ----------
    latest : the version that prices the period: the one that starts last.
    period : the year of the latest version's basis in which it starts, cut to the days on which it is in effect.
    first_day : the earliest start of a placement; before the period where earlier versions lead up to it.
    authority : the home authority's code.
    provisions : the provisions that the latest version has rates for.
    """

    frameworks: tuple[Framework, ...]
    latest: Framework
    period: FundingPeriod
    first_day: date
    authority: str
    provisions: tuple[ProvisionShare, ...]
    tariffs: TariffTable = field(repr=False)

    @classmethod
    def of(cls, frameworks: Sequence[Framework]) -> Setting:
        """Work out the setting of some versions of one framework."""
        if not frameworks:
            raise UsageError("No framework version was given.")
        latest = max(frameworks, key=lambda version: (version.header.effective_from, version.version))
        priced = {tariff.provision for tariff in latest.tariffs}
        provisions = tuple(share for share in assumptions().provisions if share.code in priced)
        if not provisions:
            raise UsageError(f"{latest.name} has no tariff rows, so there is nothing to make a sample of.")
        period = _first_year(latest)
        return cls(
            tuple(frameworks),
            latest,
            period,
            _leading_up_to(period.start, frameworks),
            _authority(latest),
            provisions,
            TariffTable(latest),
        )

    @cached_property
    def turn(self) -> date | None:
        """The 1 September inside the period on which year groups go up; None where the period starts on it."""
        year = self.period.start.year
        days = (date(at, ACADEMIC_YEAR_STARTS_IN, 1) for at in (year, year + 1))
        return next((day for day in days if self.period.start < day <= self.period.end), None)

    @cached_property
    def areas(self) -> dict[str, int]:
        """The highest level in each need area that every version which has the area knows."""
        highest: dict[str, int] = {}
        for version in self.frameworks:
            for area in version.header.need_areas:
                highest[area.code] = min(highest.get(area.code, area.highest_level), area.highest_level)
        return highest

    @cached_property
    def area_of_need(self) -> dict[str, str]:
        """The need area of each primary need under the latest version."""
        return {need: area.code for area in self.latest.header.need_areas for need in area.primary_needs}

    @cached_property
    def other_authorities(self) -> tuple[str, ...]:
        """Authorities that children are also placed in: like ones, with an area cost where rates need it."""
        like = vocabulary().local_authorities[self.authority]["statistical_neighbours"].split()
        known = [code for code in dict.fromkeys(like) if code in vocabulary().local_authorities]
        if _needs_area_cost(self.latest):
            known = [code for code in known if code in self.latest.area_costs]
        return tuple(known) or (self.authority,)

    def named_providers(self, provision: str) -> tuple[str, ...]:
        """The providers that the provision's rates name."""
        rows = (tariff.provider_id for tariff in self.latest.tariffs if tariff.provision == provision)
        return tuple(dict.fromkeys(provider for provider in rows if provider))

    def prices_any_provider(self, provision: str) -> bool:
        """Whether the provision has a rate that names no provider."""
        return any(t.provision == provision and not t.provider_id for t in self.latest.tariffs)

    def prices_phase(self, provision: str, phase: str) -> bool:
        """Whether the provision has a rate for the phase."""
        return any(t.provision == provision and t.phase in ("", phase) for t in self.latest.tariffs)


def phase_of(nc_year: int) -> str:
    """The phase of a year group."""
    for phase in vocabulary().phases.values():
        low, high = phase.from_nc_year, phase.to_nc_year
        if (low is None or nc_year >= low) and (high is None or nc_year <= high):
            return phase.code
    raise UsageError(f"Year group {nc_year} is in no phase.")


def phase_codes(nc_year: Ints) -> Ints:
    """The phase of each year group, as its place among the vocabulary's phases."""
    phases = list(vocabulary().phases)
    years, which = np.unique(nc_year, return_inverse=True)
    return np.array([phases.index(phase_of(int(year))) for year in years], np.int64)[which.reshape(-1)]


def _first_year(version: Framework) -> FundingPeriod:
    header = version.header
    basis = header.year_basis
    year_start, year_end = basis.year_of(header.effective_from)
    start = max(year_start, header.effective_from)
    end = min(year_end, header.effective_to or year_end)
    if (start, end) == (year_start, year_end):
        kind = "FY" if basis is YearBasis.FINANCIAL else "AY"
        return FundingPeriod.parse(f"{kind}{start.year}-{end.year % 100:02d}")
    return FundingPeriod.parse(f"{start}..{end}")


def _leading_up_to(start: date, frameworks: Sequence[Framework]) -> date:
    """The earliest day from which some version is in effect on every day up to ``start``."""
    found = start
    for version in sorted(frameworks, key=lambda v: v.header.effective_from, reverse=True):
        if version.header.effective_from < found and version.in_effect(found - _ONE_DAY):
            found = version.header.effective_from
    return found


def _authority(version: Framework) -> str:
    known = vocabulary().local_authorities
    wanted = version.header.jurisdiction
    code = wanted if wanted in known else assumptions().authority.national
    if not _needs_area_cost(version) or code in version.area_costs:
        return code
    return next((la for la in version.area_costs if la in known), code)


def _needs_area_cost(version: Framework) -> bool:
    return any(tariff.area_cost for tariff in version.tariffs)
