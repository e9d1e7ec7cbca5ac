"""What must hold between the parts of a framework version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import TYPE_CHECKING

from tariff_engine import money
from tariff_engine.errors import Problem
from tariff_engine.framework import NO_BAND, Framework
from tariff_engine.vocabulary import one_of, vocabulary

if TYPE_CHECKING:
    from tariff_engine.framework_header import Term

_TOML = "framework.toml"
_HINTED = 20


def check_consistency(framework: Framework) -> list[Problem]:
    """Every problem between the parts of a version that was read; errors forbid its use, warnings don't."""
    checks = (
        _check_header,
        _check_needs,
        _check_banding,
        _check_bands,
        _check_tariffs,
        _check_proration,
        _check_sources,
    )
    return [problem for check in checks for problem in check(framework)]


def _error(file: str, column: str, message: str, row: int | None = None) -> Problem:
    return Problem("error", file, row, column, message)


def _warning(file: str, column: str, message: str, row: int | None = None) -> Problem:
    return Problem("warning", file, row, column, message)


def _check_header(framework: Framework) -> Iterator[Problem]:
    header = framework.header
    places = [*vocabulary().local_authorities, *vocabulary().former_authorities, "england"]
    if header.jurisdiction not in places:
        yield _error(_TOML, "jurisdiction", f"{header.jurisdiction!r}: expected a local authority's code, or england")
    if header.effective_to is not None and header.effective_to < header.effective_from:
        yield _error(_TOML, "effective_to", f"{header.effective_to} is before effective_from, {header.effective_from}")
    for key, most in (("weeks_per_year", 53), ("days_per_year", 366)):
        value = getattr(header, key)
        if value is not None and not 0 < value <= most * 1_000_000:
            yield _error(_TOML, key, f"expected above 0 and up to {most}")


def _check_needs(framework: Framework) -> Iterator[Problem]:
    codes = list(vocabulary().need_codes)
    areas = Counter(area.code for area in framework.header.need_areas)
    for code, times in areas.items():
        if times > 1:
            yield _error(_TOML, "need_areas", f"area {code!r} stands {times} times")
    belongs: dict[str, str] = {}
    for area in framework.header.need_areas:
        for need in area.primary_needs:
            if need not in codes:
                yield _error(_TOML, f"need_areas.{area.code}.primary_needs", f"{need!r}: {one_of(need, codes)}")
            elif belongs.setdefault(need, area.code) != area.code:
                yield _error(_TOML, f"need_areas.{area.code}.primary_needs", f"{need} is already in {belongs[need]}")


def _check_banding(framework: Framework) -> Iterator[Problem]:
    banding, areas = framework.header.banding, {area.code: area for area in framework.header.need_areas}
    if banding.rule != "assigned" and not areas:
        yield _error(_TOML, "need_areas", f"the rule {banding.rule} needs at least one area of need")
    if banding.rule != "weighted_score" and banding.weights:
        yield _error(_TOML, "banding.weights", "weights go with the rule weighted_score only")
    for code, weights in banding.weights.items():
        if code not in areas:
            yield _error(_TOML, f"banding.weights.{code}", f"is no area of need; {one_of(code, list(areas))}")
        elif len(weights) != len(areas[code].levels):
            levels = len(areas[code].levels)
            yield _error(_TOML, f"banding.weights.{code}", f"has {len(weights)} weights for {levels} levels")
    if banding.rule == "weighted_score":
        for code in areas.keys() - banding.weights.keys():
            yield _error(_TOML, f"banding.weights.{code}", "the area has no weights")
    yield from _check_provisions(framework)


def _check_provisions(framework: Framework) -> Iterator[Problem]:
    banding, bands = framework.header.banding, [band.code for band in framework.bands]
    provisions = list(vocabulary().provisions)
    for key, table in (("provision_shift", banding.provision_shift), ("permitted", banding.permitted)):
        for provision in table:
            if provision not in provisions:
                yield _error(_TOML, f"banding.{key}.{provision}", one_of(provision, provisions))
    for provision, permitted in banding.permitted.items():
        for band in permitted:
            if band not in bands:
                yield _error(_TOML, f"banding.permitted.{provision}", f"{band!r} is no band; {one_of(band, bands)}")


def _check_bands(framework: Framework) -> Iterator[Problem]:
    rule = framework.header.banding.rule
    if any(band.code == NO_BAND for band in framework.bands):
        yield _error("bands.csv", "band", f"{NO_BAND!r} says that no band was reached, so no band can have that name")
    for band in framework.bands:
        if band.order < 1:
            yield _error("bands.csv", "order", f"{band.order}: expected a whole number, 1 for the lowest", band.row)
        if (band.level is not None and band.level < 0) or (band.minimum_score is not None and band.minimum_score < 0):
            yield _error("bands.csv", "level", "a level or a score is not below 0", band.row)
    for key in ("minimum_score", "level"):
        given = [(band, getattr(band, key)) for band in framework.bands if getattr(band, key) is not None]
        for (lower, low), (upper, high) in pairwise(given):
            if high <= low:
                message = f"must rise with order, and doesn't from {lower.code} to {upper.code}"
                yield _error("bands.csv", key, message, upper.row)
    used = "minimum_score" if rule == "weighted_score" else "level"
    if rule != "assigned" and all(getattr(band, used) is None for band in framework.bands):
        yield _error("bands.csv", used, f"the rule {rule} needs it on at least one band")


def _check_tariffs(framework: Framework) -> Iterator[Problem]:
    header, bands = framework.header, {band.code: None for band in framework.bands}
    strange = dict.fromkeys(tariff.band for tariff in framework.tariffs if tariff.band and tariff.band not in bands)
    hints = {band: "; " + one_of(band, list(bands)) for band in list(strange)[:_HINTED]}
    for tariff in framework.tariffs:
        if tariff.band in strange:
            message = f"{tariff.band!r} is no band of bands.csv{hints.get(tariff.band, '')}"
            yield _error("tariffs.csv", "band", message, tariff.row)
        if tariff.rate_pence is None:
            continue
        if tariff.unit in ("week", "hour") and header.weeks_per_year is None:
            message = f"a rate by the {tariff.unit} needs weeks_per_year in {_TOML}"
            yield _error("tariffs.csv", "unit", message, tariff.row)
        if tariff.unit == "day" and header.days_per_year is None:
            yield _error("tariffs.csv", "unit", f"a rate by the day needs days_per_year in {_TOML}", tariff.row)
        if tariff.area_cost and not framework.area_costs:
            yield _warning("tariffs.csv", "area_cost", "says yes, and the version has no area_costs.csv", tariff.row)


def _check_proration(framework: Framework) -> Iterator[Problem]:
    proration = framework.header.proration
    if proration.method in ("months", "terms") and proration.remainder != "spread":
        yield _error(_TOML, "proration.remainder", "goes with calendar_days and school_days only")
    if proration.method == "months" and proration.count_day is None:
        yield _error(_TOML, "proration.count_day", 'the method months needs a count day: 1 to 28, or "last"')
    for key, method in (
        ("count_day", "months"),
        ("terms", "terms"),
        ("school_terms", "school_days"),
        ("closed", "school_days"),
    ):
        if getattr(proration, key) and proration.method != method:
            yield _warning(_TOML, f"proration.{key}", f"isn't used: it goes with the method {method}")
    for key in ("school_terms", "terms"):
        before: date | None = None
        for number, term in sorted(enumerate(getattr(proration, key), start=1), key=lambda item: item[1].start):
            place = f"proration.{key}[{number}]"
            if term.end < term.start:
                yield _error(_TOML, place, f"ends on {term.end}, before it starts on {term.start}")
            if before is not None and term.start <= before:
                yield _error(_TOML, place, f"starts on {term.start}, and another term ends on {before}")
            before = term.end
    if proration.method == "terms":
        yield from _check_terms(framework)


def _check_terms(framework: Framework) -> Iterator[Problem]:
    shares: dict[date, list[Fraction]] = {}
    for number, term in enumerate(framework.header.proration.terms, start=1):
        if not term.start <= term.count_date <= term.end:
            yield _error(_TOML, f"proration.terms[{number}].count_date", f"{term.count_date} is outside the term")
        start = _year_start(framework, term)
        shares.setdefault(start, []).append(term.share)
    for start, parts in shares.items():
        if sum(parts) != 1:
            yield _error(_TOML, "proration.terms", f"the shares of the year from {start} add to {sum(parts)}, not to 1")
        if lcm(*(part.denominator for part in parts)) > money.MILLION:
            message = f"the shares of the year from {start} have no common denominator up to {money.MILLION:,}"
            yield _error(_TOML, "proration.terms", message)


def _year_start(framework: Framework, term: Term) -> date:
    return framework.header.year_basis.year_of(term.count_date)[0]


def _check_sources(framework: Framework) -> Iterator[Problem]:
    for name, times in Counter(source.id for source in framework.header.sources).items():
        if times > 1:
            yield _error(_TOML, "sources", f"source {name!r} stands {times} times")
    for source in framework.header.sources:
        if source.status == "derived" and not source.working:
            yield _error(_TOML, f"sources.{source.id}.working", "is blank, and a derived value shows its working")
        if source.status == "published" and not (source.url and source.last_checked_on):
            yield _warning(
                _TOML,
                f"sources.{source.id}",
                "has no page address or no last_checked_on, so nobody can check it",
            )
