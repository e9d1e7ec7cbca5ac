"""A framework version on a page, and as plain values for JSON and the HTTP service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.cli.layout import Line, counted, day, heading, number, paragraph, pounds, table
from api.frameworks import framework_document, framework_entry
from tariff_engine import Framework
from tariff_engine.framework import AreaCost, Band, PlaceRate, Tariff, Uplift
from tariff_engine.money import show_factor, show_pounds
from tariff_engine.vocabulary import vocabulary

__all__ = ["framework_document", "framework_entry", "framework_lines", "list_lines"]

_ANY = "any"
_PER = {"year": "a year", "week": "a week", "day": "a day", "hour": "an hour"}
_RULES = {
    "highest_level": "the one for the highest level over all areas of need",
    "weighted_score": "by score: each area's level has a weight, and the weights add up",
    "primary_need": "the one for the level in the primary need's area",
    "assigned": "the panel's",
}


def list_lines(frameworks: Sequence[Framework]) -> Iterator[Line]:
    """Each version on two lines: name, status and dates; title and publisher."""
    width = max((len(framework.name) for framework in frameworks), default=0)
    for framework in frameworks:
        header = framework.header
        until = header.effective_to or "open"
        first = f"{framework.name.ljust(width)}  {header.legal_status:<12}  {header.effective_from} to {until}"
        yield Line(first, "heading")
        yield from paragraph(f"{header.title}. {header.publisher}.", indent=2)
    yield Line()
    yield from paragraph("Prices that nobody published are marked illustrative, and are used only when named.")


def framework_lines(framework: Framework) -> Iterator[Line]:
    """A version in full."""
    header = framework.header
    yield from paragraph(f"{framework.name}: {header.title}", "heading", hanging=2)
    until = day(header.effective_to) if header.effective_to else "open"
    rows = [
        ("Publisher", header.publisher),
        ("Status", header.legal_status.replace("_", " ")),
        ("In effect", f"{day(header.effective_from)} to {until}"),
        ("Year", f"{header.year_basis.value}; months by {header.proration.method.replace('_', ' ')}"),
        ("Band", _RULES[header.banding.rule]),
        ("Hash", framework.content_hash),
    ]
    for title, text in rows:
        yield from paragraph(f"{title:<10} {text}", hanging=11)
    yield from _needs(framework)
    yield from _bands(framework)
    yield from _rates(framework)
    yield from _places(framework)
    yield from _uplifts(framework)
    if framework.area_costs:
        factors = [area.factor_millionths for area in framework.area_costs.values()]
        yield from heading(f"Area costs{_said_by(list(framework.area_costs.values()))}")
        yield Line(
            f"  {counted(len(factors), 'area')}, from {show_factor(min(factors))} to {show_factor(max(factors))}"
        )
    yield from _sources(framework)
    yield Line()


def _needs(framework: Framework) -> Iterator[Line]:
    rule = framework.header.banding
    if framework.header.need_areas:
        yield from heading("Needs")
    for area in framework.header.need_areas:
        yield from paragraph(f"need_{area.code}: {area.title}", indent=2)
        weights = rule.weights.get(area.code, ())
        for level, meaning in enumerate(area.levels):
            score = f" (scores {show_factor(weights[level])})" if level < len(weights) else ""
            yield from paragraph(f"{level}  {meaning}{score}", indent=4, hanging=7)


def _bands(framework: Framework) -> Iterator[Line]:
    yield from heading(f"Bands, lowest first{_said_by(framework.bands)}")
    for band in sorted(framework.bands, key=lambda band: band.order):
        reached = ""
        if band.minimum_score is not None:
            reached = f" (from a score of {show_factor(band.minimum_score)})"
        elif band.level is not None:
            reached = f" (from level {band.level})"
        yield from paragraph(f"{band.code}  {band.title}{reached}", indent=2, hanging=4)


def _rates(framework: Framework) -> Iterator[Line]:
    yield from heading("Rates")
    for provision in dict.fromkeys(row.provision for row in framework.tariffs):
        rows = [row for row in framework.tariffs if row.provision == provision]
        yield from paragraph(f"{vocabulary().provisions[provision].title} ({provision}){_said_by(rows)}", indent=2)
        yield from _rates_of(rows)


def _rates_of(rows: Sequence[Tariff]) -> Iterator[Line]:
    """The rates of one provision; a column that says the same of all of them is left out."""
    titles = ["Provider", "Band", "Phase", "Basis", "Area cost", "Limits", "Rate"]
    cells = [
        [
            row.provider_id or _ANY,
            row.band or _ANY,
            row.phase or _ANY,
            row.price_basis,
            "yes" if row.area_cost else "no",
            _limits(row),
            f"{pounds(row.rate_pence)} {_PER[row.unit]}" if row.rate_pence is not None else "",
        ]
        for row in rows
    ]
    plain = {_ANY, "", "no", "tariff"}
    telling = [at for at in range(len(titles)) if at == len(titles) - 1 or {row[at] for row in cells} - plain]
    shown = [[row[at] for at in telling] for row in cells]
    yield from table([titles[at] for at in telling], shown, text_columns=len(telling) - 1, indent=4)


def _limits(row: Tariff) -> str:
    least, most = row.minimum_pence, row.maximum_pence
    if least is None and most is None:
        return ""
    if most is None:
        return f"from {pounds(least)}"
    return f"to {pounds(most)}" if least is None else f"{pounds(least)} to {pounds(most)}"


def _places(framework: Framework) -> Iterator[Line]:
    if framework.place_rates:
        yield from heading(f"Places{_said_by(framework.place_rates)}")
        rows = [[r.provision, r.phase, r.occupancy, pounds(r.rate_pence)] for r in framework.place_rates]
        yield from table(["Provision", "Phase", "Occupancy", "A year"], rows, text_columns=3)


def _uplifts(framework: Framework) -> Iterator[Line]:
    if framework.uplifts:
        yield from heading(f"Uplifts{_said_by(list(framework.uplifts.values()))}")
    for uplift in framework.uplifts.values():
        text = f"{uplift.code}  {_value(uplift)}  {uplift.title}"
        if uplift.provisions:
            words = vocabulary().provisions
            text += f" ({', '.join(words[code].title for code in uplift.provisions if code in words)})"
        yield from paragraph(text, indent=2, hanging=4)


def _said_by(rows: Sequence[Band | Tariff | PlaceRate | Uplift | AreaCost]) -> str:
    """The sources of some values, by the names under which they stand at the end."""
    return f"; source: {', '.join(dict.fromkeys(row.source_id for row in rows))}"


def _value(uplift: Uplift) -> str:
    if uplift.kind == "percent":
        return f"{show_factor(uplift.value)}%"
    return f"{show_pounds(uplift.value)} a year"


def _sources(framework: Framework) -> Iterator[Line]:
    yield from heading(f"Sources ({number(len(framework.header.sources))})")
    for source in framework.header.sources:
        parts = [part for part in (source.title, source.publisher, source.url) if part]
        if source.last_checked_on:
            parts.append(f"last checked {source.last_checked_on}")
        yield from paragraph(f"{source.id} ({source.status}): {'; '.join(parts)}", indent=2, hanging=4)
