"""From what the kernel says of stints, as bits, to findings in words, each on its row and column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from tariff_engine.compiled import CompiledVersion
from tariff_engine.findings import Log
from tariff_engine.instalments import day_number, day_of
from tariff_engine.job import Job, Priced, Said
from tariff_engine.lookups import distinct
from tariff_engine.money import MAX_YEAR_PENCE, Ints, show_pounds
from tariff_engine.stints import LAST_DAY, NO_VERSION
from tariff_engine.uplifting import listed

_OF_A_VERSION = [said for said in Said if Said.NEED_MISSING <= said <= Said.YEAR_TOO_LARGE]
_TOO_LARGE = f"one child's year comes to more than {show_pounds(MAX_YEAR_PENCE)}"


class InRows(Protocol):
    """Placements that know their rows in the input and what stands there."""

    def as_given(self, column: str, at: Ints) -> pl.Series:
        """Cells of a column as they stand in the input."""

    def visible_rows(self, at: Ints) -> Ints:
        """Row numbers, as a person sees them."""


def note_findings(job: Job, priced: Priced, placements: InRows, log: Log) -> None:
    """Log what is to be said of every stint: version by version, and in the order of Said."""
    spoken = np.flatnonzero(priced.said)
    if not len(spoken):
        return
    notes = _Notes(job, priced, placements, log, spoken)
    notes.days_without_version()
    for version in job.versions:
        notes.of_version(version, job.versions.index(version))
    notes.plain(Said.NO_REASON, "override_incomplete", "override_reason", _half("override_reason"))
    notes.plain(Said.NOBODY_NAMED, "override_incomplete", "override_by", _half("override_by"))
    message = "the spell is bought by the unit and has no end date, so it can't be priced"
    notes.plain(Said.OPEN_ENDED, "units_open_ended", "end_date", message)
    notes.plain(Said.SPELL_TOO_LARGE, "amount_too_large", "provision", _TOO_LARGE)
    notes.years_without_terms()


def note_as_if(job: Job, log: Log) -> None:
    """Log that days are priced under a version that doesn't cover them, where some are."""
    header = job.versions[0].framework.header
    start = day_number(header.effective_from)
    end = day_number(header.effective_to) if header.effective_to else LAST_DAY
    first, last = day_number(job.period.start), day_number(job.period.end)
    outside = (np.maximum(job.stints.start, first) < start) | (np.minimum(job.stints.end, last) > end)
    if outside.any():
        name = job.versions[0].framework.name
        message = f"priced as if {name} were in effect on days that it doesn't cover: not what is due"
        log.add("as_if", [None], "", message)


@dataclass(frozen=True)
class _Notes:
    """What is needed to speak of stints; ``spoken`` are those of which something is to be said."""

    job: Job
    priced: Priced
    placements: InRows
    log: Log
    spoken: Ints

    def plain(self, said: Said, code: str, column: str, message: str) -> None:
        """One sentence for all."""
        self._note(code, self._where(said), column, message)

    def days_without_version(self) -> None:
        """Say which days no chosen version covers."""
        at = self._where(Said.NO_VERSION)
        names = ", ".join(version.framework.name for version in self.job.versions)

        def said(first: int, last: int) -> str:
            return f"no chosen version ({names}) is in effect from {day_of(first)} to {day_of(last)}"

        self._note("no_version", at, "start_date", _worded(said, *self._days(at)), "start_date")

    def years_without_terms(self) -> None:
        """Say of which years a version has no terms."""
        at = self._where(Said.NO_TERMS)
        segments = self.job.stints.segment[at]
        for index, segment in enumerate(self.job.segments):
            if segment.version == NO_VERSION or segment.year is None:
                continue
            name = self.job.versions[segment.version].framework.name
            message = f"{name} has no terms for the year from {segment.year[0]} to {segment.year[1]}"
            self._note("no_terms", at[segments == index], "start_date", message)

    def of_version(self, version: CompiledVersion, index: int) -> None:
        """Say what there is to say of the stints that a version prices."""
        ruled = self.spoken[self.priced.rules[self.spoken] == index]
        said = self.priced.said[ruled]
        some = Said(int(np.bitwise_or.reduce(said, initial=0)))
        self._missing_needs(version, index, ruled[(said & (Said.NEED_MISSING | Said.NEED_MISSING_PANEL)) != 0])
        sentences = _sentences(version.framework.name)
        for bit in _OF_A_VERSION:
            if bit not in some:
                continue
            at = ruled[(said & bit) != 0]
            if bit in sentences:
                code, column, message, show = sentences[bit]
                self._note(code, at, column, message, show)
            elif bit in _TOLD:
                _TOLD[bit](self, version, index, at)

    def _missing_needs(self, version: CompiledVersion, index: int, at: Ints) -> None:
        """Name each column that is blank and needed, as an error or, where the panel gave a band, a warning."""
        if not len(at):
            return
        name = version.framework.name
        _, bits = self.job.rules[index].assessed(self.job.stints.row[at])
        alone = (self.priced.said[at] & Said.NEED_MISSING) != 0
        for position, column in enumerate(version.need_columns):
            blank = (bits >> position) & 1 == 1
            message = f"{column} is blank, and {name} needs it for the band; a blank is not 0"
            self._note("need_missing", at[blank & alone], column, message)
            message = f"{column} is blank, so the panel's band can't be checked against {name}"
            self._note("need_missing_panel", at[blank & ~alone], column, message)

    def band_differs(self, version: CompiledVersion, _: int, at: Ints) -> None:
        """Say what the needs came to where the panel gave another band."""

        def said(band: int) -> str:
            name = version.band_name(band)
            return f"the panel's band differs from the assessed one, {name}, and band_reason is blank"

        self._note("band_differs", at, "band", _worded(said, self.priced.band_assessed[at]), "band")

    def band_not_permitted(self, version: CompiledVersion, _: int, at: Ints) -> None:
        """Say which band the provision may not have."""

        def said(band: int, provision: int) -> str:
            where = f"{version.provisions[provision]} may have in {version.framework.name}"
            return f"{version.band_name(band) or 'this'} is not a band that {where}"

        self._note("band_not_permitted", at, "band", _worded(said, self.priced.band[at], self._provisions(at)))

    def no_tariff(self, version: CompiledVersion, _: int, at: Ints) -> None:
        """Say for which provision, band and days the version has no rate."""

        def said(provision: int, band: int, first: int, last: int) -> str:
            what = f"{version.provisions[provision]}, {version.band_name(band) or 'no band'}"
            return f"{version.framework.name} has no rate for {what}, from {day_of(first)} to {day_of(last)}"

        messages = _worded(said, self._provisions(at), self.priced.band[at], *self._days(at))
        self._note("no_tariff", at, "provision", messages, "provision")

    def no_area_cost(self, version: CompiledVersion, _: int, at: Ints) -> None:
        """Say for which area the version has no area cost."""
        areas = self.job.caseload.area

        def said(area: int) -> str:
            return f"{version.framework.name} has no area cost for local authority {areas.names[area]}"

        messages = _worded(said, areas.codes[self.job.stints.row[at]].astype(np.int64))
        self._note("no_area_cost", at, "provider_la", messages)

    def uplift_repeated(self, _: CompiledVersion, index: int, at: Ints) -> None:
        """Name the codes that stand more than once."""
        cells = self.job.rules[index].uplift_cells
        said = {i: f"{listed(cell.repeated)} is given more than once, and added once" for i, cell in enumerate(cells)}
        self._of_cells("uplift_repeated", index, at, said)

    def uplift_for_others(self, version: CompiledVersion, index: int, at: Ints) -> None:
        """Name the codes that are for another provision."""
        said = {
            i: f"{listed(cell.for_others)} isn't for {cell.provision} in {version.framework.name}, and isn't added"
            for i, cell in enumerate(self.job.rules[index].uplift_cells)
        }
        self._of_cells("uplift_not_for_provision", index, at, said)

    def unknown_uplift(self, version: CompiledVersion, index: int, at: Ints) -> None:
        """Name the codes that the version doesn't know."""
        cells = self.job.rules[index].uplift_cells
        said = {i: f"{listed(cell.unknown)} is no uplift of {version.framework.name}" for i, cell in enumerate(cells)}
        self._of_cells("unknown_uplift", index, at, said)

    def _of_cells(self, code: str, index: int, at: Ints, said: dict[int, str]) -> None:
        which = self.job.rules[index].uplift_cell(self.job.stints.row[at])
        self._note(code, at, "uplifts", _worded(said.__getitem__, which), "uplifts")

    def _where(self, said: Said) -> Ints:
        at: Ints = self.spoken[(self.priced.said[self.spoken] & said) != 0]
        return at

    def _provisions(self, at: Ints) -> Ints:
        return self.job.caseload.provision[self.job.stints.row[at]].astype(np.int64)

    def _days(self, at: Ints) -> tuple[Ints, Ints]:
        """The stints' days inside the period."""
        first, last = day_number(self.job.period.start), day_number(self.job.period.end)
        return np.maximum(self.job.stints.start[at], first), np.minimum(self.job.stints.end[at], last)

    def _note(self, code: str, at: Ints, column: str, message: str | pl.Series, show: str | None = None) -> None:
        """Log a finding for each of some stints, with the cell of a column as its value."""
        if not len(at):
            return
        rows = self.job.stints.row[at]
        cells = self.placements.as_given(show, rows) if show else None
        self.log.add(code, self.placements.visible_rows(rows), column, message, cells)


_TOLD: dict[Said, Callable[[_Notes, CompiledVersion, int, Ints], None]] = {
    Said.BAND_DIFFERS: _Notes.band_differs,
    Said.BAND_NOT_PERMITTED: _Notes.band_not_permitted,
    Said.NO_TARIFF: _Notes.no_tariff,
    Said.NO_AREA_COST: _Notes.no_area_cost,
    Said.UPLIFT_REPEATED: _Notes.uplift_repeated,
    Said.UPLIFT_FOR_OTHERS: _Notes.uplift_for_others,
    Said.UNKNOWN_UPLIFT: _Notes.unknown_uplift,
}


def _worded(said: Callable[..., str], *facts: Ints) -> pl.Series:
    """A sentence for each stint, put together once for each combination of facts."""
    first, which = distinct(*facts)
    sentences = [said(*(int(fact[at]) for fact in facts)) for at in first]
    return pl.Series(sentences, dtype=pl.String).gather(which)


def _half(column: str) -> str:
    return f"{column} is blank, so the override doesn't count and the maximum stands"


def _sentences(name: str) -> dict[Said, tuple[str, str, str, str | None]]:
    """Code, column, sentence and the column shown, of what is said of every stint alike."""
    return {
        Said.BAND_NOT_IN_VERSION: (
            "band_not_in_version",
            "band",
            f"the panel's band is no band of {name}",
            "band",
        ),
        Said.PHASE_MISSING: (
            "phase_missing",
            "nc_year",
            f"nc_year is blank, and {name} has a rate for a phase; only rates for any phase were looked at",
            None,
        ),
        Said.NO_RATE_FOR_NONE: (
            "no_rate_for_none",
            "agreed_price",
            "no band was reached and no rate is for that, so the price is 0 and the agreed price isn't used",
            "agreed_price",
        ),
        Said.NO_HOURS: (
            "no_hours",
            "support_hours",
            f"{name} prices this by the hour, and support_hours is blank",
            None,
        ),
        Said.NO_AGREED_PRICE: (
            "no_agreed_price",
            "agreed_price",
            f"{name} has the price agreed child by child, and agreed_price is blank",
            None,
        ),
        Said.ESTIMATED: (
            "estimated",
            "agreed_price",
            f"agreed_price is blank, so the rate of {name} stands in for it",
            None,
        ),
        Said.AGREED_PRICE_IGNORED: (
            "agreed_price_ignored",
            "agreed_price",
            f"{name} sets the price for this, so the agreed price isn't used",
            "agreed_price",
        ),
        Said.UNITS_IGNORED: (
            "units_ignored",
            "units",
            f"{name} doesn't sell this by the week or day, so the units aren't used",
            "units",
        ),
        Said.TOP_UP_TOO_LARGE: ("amount_too_large", "provision", _TOO_LARGE, None),
        Said.UPLIFT_ON_UNITS: (
            "uplift_on_units",
            "uplifts",
            "a spell bought by the unit has no uplifts, so none is added",
            "uplifts",
        ),
        Said.YEAR_TOO_LARGE: ("amount_too_large", "provision", _TOO_LARGE, None),
    }
