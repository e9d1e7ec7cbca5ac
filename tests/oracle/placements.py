"""Placements as text to values: what can't be read, and what is set aside before anything is priced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from .exact import factor_of, pence_of
from .rules import Version

AUTHORITIES = frozenset(
    {
        "202", "203", "213", "301", "302", "330", "331", "333", "845", "846", "869", "878", "908",
        "926", "931", "938",
    }
)  # fmt: skip
PROVISIONS = frozenset(
    {
        "mainstream", "sen_unit", "resourced_provision", "special", "nmss", "independent_special",
        "independent_mainstream", "ap_targeted", "ap_time_limited", "ap_transitional", "hospital",
        "eotas", "early_years", "further_education", "specialist_post16", "supported_internship",
        "respite",
    }
)  # fmt: skip
PROVIDER_TYPES = frozenset(
    {
        "maintained", "academy", "college", "non_maintained", "independent", "other",
    }
)  # fmt: skip
PRIMARY_NEEDS = frozenset(
    {
        "SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "ASD", "PD", "DS", "OTH",
        "NSA",
    }
)  # fmt: skip
# The establishment types whose provider type nobody disputes; a full list is the vocabulary's business.
GIAS_TYPES = {
    "1": "maintained", "7": "maintained", "14": "maintained", "34": "academy", "44": "academy",
    "42": "academy", "8": "non_maintained", "10": "independent", "11": "independent", "18": "college",
}  # fmt: skip
_REQUIRED = ("placement_id", "child_id", "home_la", "provision", "start_date")
_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_NO_END = date.max

Findings = dict[str, str]
"""Finding codes of one row, each with its severity."""


@dataclass(frozen=True)
class Placement:
    """One placement spell, read. Blank text is "", blank numbers and dates are None."""

    row: int
    cells: Mapping[str, str]
    placement_id: str
    child_id: str
    home_la: str
    provider_id: str
    provider_type: str
    provider_la: str
    commissioner: str
    payer: str
    provision: str
    nc_year: int | None
    primary_need: str
    levels: Mapping[str, int | None]
    band: str
    band_reason: str
    start: date
    end: date | None
    fte: Fraction
    support_hours: Fraction | None
    units: Fraction | None
    uplifts: tuple[str, ...]
    agreed_price: int | None
    override_by: str
    override_reason: str
    count: int


@dataclass
class Intake:
    """What reading came to: the rows that were read, those that are set aside, and findings by row."""

    placements: list[Placement] = field(default_factory=list)
    set_aside: set[int] = field(default_factory=set)
    findings: dict[int, Findings] = field(default_factory=dict)
    children: dict[int, int] = field(default_factory=dict)

    def note(self, row: int, code: str, severity: str = "error") -> None:
        """Add a finding to a row."""
        self.findings.setdefault(row, {})[code] = severity


def read_placements(
    rows: Sequence[Mapping[str, str]],
    versions: Sequence[Version],
    providers: Iterable[Mapping[str, str]] = (),
) -> Intake:
    """Read every row, keep the good ones, and set duplicates and overlaps aside. The header is row 1."""
    intake = Intake()
    by_provider = {cells["provider_id"]: cells for cells in providers}
    ids = Counter(cells.get("placement_id", "") for cells in rows)
    for row, cells in enumerate(rows, start=2):
        reader = _Reader(cells, versions, by_provider)
        placement = reader.placement(row)
        if cells.get("placement_id") and ids[cells["placement_id"]] > 1:
            reader.findings["duplicate_id"] = "error"
        intake.findings[row] = reader.findings
        intake.children[row] = reader.children
        if placement is not None and not reader.findings:
            intake.placements.append(placement)
        # reading: a pupil number is warned about whether or not the rest of the row can be read.
        if is_upn(reader.text("child_id")):
            intake.note(row, "child_id_is_upn", "warning")
    _set_aside_duplicates(intake)
    _set_aside_overlaps(intake)
    _set_aside_too_much_time(intake)
    return intake


def is_upn(text: str) -> bool:
    """Whether a text is a unique pupil number with a right check letter."""
    if not re.fullmatch(r"[A-Z]\d{12}", text):
        return False
    total = sum(weight * int(digit) for weight, digit in enumerate(text[1:], start=2))
    return _CHECK_LETTERS[total % 23] == text[0]


class _Reader:
    """Reads one row and collects what is wrong with it."""

    def __init__(
        self,
        cells: Mapping[str, str],
        versions: Sequence[Version],
        providers: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.cells = cells
        self.versions = versions
        self.provider = providers.get(cells.get("provider_id", ""), {})
        self.findings: Findings = {}
        self.children = 1

    def placement(self, row: int) -> Placement | None:
        """The row as a placement, or None with findings."""
        for column in _REQUIRED:
            if not self.text(column):
                self.findings["missing_value"] = "error"
        count = self.whole("count", 1, 1_000_000)
        self.children = 1 if count is None else count
        provision = self.code("provision", PROVISIONS)
        # reading: a provider is needed but for eotas and for a count above 1, so without one the row
        # can't be read; an unreadable provision asks for nothing more.
        needs_provider = provision in PROVISIONS - {"eotas"} and self.children == 1
        if needs_provider and not self.text("provider_id"):
            self.findings["missing_value"] = "error"
        start, end = self.day("start_date"), self.day("end_date")
        if start and end and end < start:
            self.bad()
        home_la = self.code("home_la", AUTHORITIES)
        provider_la = self.code("provider_la", AUTHORITIES) or self.provider.get("la_code", "") or home_la
        fte = self.factor("fte", 1)
        if fte == 0:
            self.bad()
        self.pence("care_contribution")
        self.pence("health_contribution")
        self.check_band()
        values = Placement(
            row=row,
            cells=self.cells,
            placement_id=self.text("placement_id"),
            child_id=self.text("child_id"),
            home_la=home_la,
            provider_id=self.text("provider_id"),
            provider_type=self.provider_type(),
            provider_la=provider_la,
            commissioner=self.code("commissioner", AUTHORITIES),
            payer=self.code("payer", frozenset(["commissioning_school"])),
            provision=provision,
            nc_year=self.whole("nc_year", -4, 20),
            primary_need=self.code("primary_need", PRIMARY_NEEDS),
            levels=self.levels(),
            band=self.text("band"),
            band_reason=self.text("band_reason"),
            start=start or date.min,
            end=end,
            fte=Fraction(1) if fte is None else fte,
            support_hours=self.factor("support_hours", 168),
            units=self.factor("units", 366),
            uplifts=tuple(part.strip() for part in self.text("uplifts").split(";") if part.strip()),
            agreed_price=self.pence("agreed_price", 100_000_000),
            override_by=self.text("override_by"),
            override_reason=self.text("override_reason"),
            count=self.children,
        )
        return None if self.findings else values

    def bad(self) -> None:
        self.findings["bad_value"] = "error"

    def text(self, column: str) -> str:
        return self.cells.get(column) or ""

    def code(self, column: str, known: frozenset[str]) -> str:
        text = self.text(column)
        if text and text not in known:
            self.bad()
        return text

    def whole(self, column: str, lowest: int, highest: int) -> int | None:
        text = self.text(column)
        if not text:
            return None
        if not re.fullmatch(r"-?\d+", text) or not lowest <= int(text) <= highest:
            self.bad()
            return None
        return int(text)

    def factor(self, column: str, highest: int) -> Fraction | None:
        try:
            value = factor_of(self.text(column))
        except ValueError:
            self.bad()
            return None
        if value is not None and value > highest:
            self.bad()
        return value

    def pence(self, column: str, highest: int | None = None) -> int | None:
        try:
            value = pence_of(self.text(column))
        except ValueError:
            self.bad()
            return None
        if value is not None and highest is not None and value > highest:
            self.bad()
        return value

    def day(self, column: str) -> date | None:
        text = self.text(column)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.bad()
            return None

    def levels(self) -> dict[str, int | None]:
        """Levels by need area. reading: n is the highest level of the area in any chosen version."""
        highest: dict[str, int] = {}
        for version in self.versions:
            for area in version.need_areas:
                highest[area.code] = max(highest.get(area.code, 0), area.highest_level)
        return {code: self.whole(f"need_{code}", 0, top) for code, top in highest.items()}

    def check_band(self) -> None:
        known = {band.code for version in self.versions for band in version.bands}
        if self.text("band") not in known | {"", "none"}:
            self.findings["unknown_band"] = "error"

    def provider_type(self) -> str:
        """The placement's own, else the providers file's, else by its establishment type."""
        own = self.code("provider_type", PROVIDER_TYPES)
        listed = self.provider.get("provider_type", "")
        return own or listed or GIAS_TYPES.get(self.provider.get("gias_type", ""), "")


def overlaps(one: Placement, other: Placement) -> bool:
    """Whether two spells share days; a day on which one ends and the other starts is none."""
    return one.start < (other.end or _NO_END) and other.start < (one.end or _NO_END)


def _children_still_in(intake: Intake) -> list[Placement]:
    """Rows that are one child and that no earlier rule has set aside."""
    return [p for p in intake.placements if p.count == 1 and p.row not in intake.set_aside]


def _set_aside_duplicates(intake: Intake) -> None:
    """Rows alike but for their id: the first stays. reading: alike in the text of every other column."""
    seen: set[tuple[tuple[str, str], ...]] = set()
    for placement in _children_still_in(intake):
        rest = tuple(sorted((k, v) for k, v in placement.cells.items() if k != "placement_id"))
        if rest in seen:
            intake.note(placement.row, "duplicate_row")
            intake.set_aside.add(placement.row)
        seen.add(rest)


def _by_child(intake: Intake) -> list[list[Placement]]:
    groups: dict[str, list[Placement]] = {}
    for placement in _children_still_in(intake):
        groups.setdefault(placement.child_id, []).append(placement)
    return [group for group in groups.values() if len(group) > 1]


def _set_aside_overlaps(intake: Intake) -> None:
    """The same child at the same provider on the same days: all set aside."""
    for group in _by_child(intake):
        for one in group:
            for other in group:
                same = one is not other and one.provider_id == other.provider_id
                if same and overlaps(one, other):
                    intake.note(one.row, "overlap")
                    intake.set_aside.add(one.row)


def _set_aside_too_much_time(intake: Intake) -> None:
    """The same child elsewhere on the same days: over 1 fte on some day sets aside all that are on roll.

    reading: `respite` and rows with units have no part in the sum, so it never sets them aside, and they
    get the info like any other row that overlaps.
    """
    for group in _by_child(intake):
        together = [one for one in group if any(one is not o and overlaps(one, o) for o in group)]
        counted = [p for p in together if p.provision != "respite" and p.units is None]
        over = {row for day in _moments(counted) for row in _rows_over(day, counted)}
        for placement in together:
            if placement.row in over:
                intake.note(placement.row, "overlap_fte")
                intake.set_aside.add(placement.row)
            else:
                intake.note(placement.row, "dual_placement", "info")


def _moments(group: Sequence[Placement]) -> set[date]:
    return {placement.start for placement in group}


def _rows_over(day: date, group: Sequence[Placement]) -> set[int]:
    """Rows on roll on a day when their fte adds to more than 1; a row that ends that day has handed over.

    A spell of one day ends on the day it starts, and still overlaps what began before and goes on after it.
    """
    going_on = [p for p in group if p.start <= day < (p.end or _NO_END)]
    begun_before = [p for p in going_on if p.start < day]
    together = [going_on] + [[p, *begun_before] for p in group if p.start == p.end == day]
    return {p.row for rows in together if sum((p.fte for p in rows), Fraction(0)) > 1 for p in rows}
