"""Random placements for a framework: every kind of row that the rules tell apart, and a few bad ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from .calendars import ONE_DAY, Period
from .generate_tables import AUTHORITIES, PROVIDERS, pounds
from .placements import PRIMARY_NEEDS, PROVIDER_TYPES, PROVISIONS
from .rules import Version

Row = dict[str, str]
_OPTIONAL = (
    *("provider_la", "commissioner", "payer", "nc_year", "primary_need", "band", "band_reason", "end_date"),
    *("fte", "support_hours", "units", "uplifts", "agreed_price", "care_contribution"),
    *("health_contribution", "override_by", "override_reason", "count"),
)
_BAD_CELLS = (
    ("provision", "speciall"),
    ("start_date", "2025-02-29"),
    ("start_date", "soon"),
    ("end_date", "1999-12-31"),
    ("end_date", "2025-13-01"),
    ("home_la", "999"),
    ("provider_la", "8788"),
    ("commissioner", "abc"),
    ("provider_type", "school"),
    ("payer", "the_council"),
    ("nc_year", "21"),
    ("nc_year", "seven"),
    ("primary_need", "XYZ"),
    ("fte", "0"),
    ("fte", "1.000001"),
    ("fte", "half"),
    ("support_hours", "168.5"),
    ("units", "366.5"),
    ("units", "-1"),
    ("agreed_price", "TBC"),
    ("agreed_price", "1000000.01"),
    ("care_contribution", "n/a"),
    ("health_contribution", "12k"),
    ("count", "0"),
    ("count", "2.5"),
    ("band", "ZZ"),
    ("placement_id", ""),
    ("child_id", ""),
    ("home_la", ""),
    ("provision", ""),
    ("start_date", ""),
)
_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


class PlacementMaker:
    """Makes the rows of one caseload; later rows may be about the children of earlier ones."""

    def __init__(self, rng: Random, versions: Sequence[Version], period: Period) -> None:
        self.rng = rng
        self.versions = versions
        self.period = period
        self.highest: dict[str, int] = {}
        for version in versions:
            self.highest |= {area.code: area.highest_level for area in version.need_areas}
        self.bands = sorted({band.code for version in versions for band in version.bands})
        self.uplifts = sorted({code for version in versions for code in version.uplifts})
        self.bases: dict[str, set[str]] = {provision: set() for provision in PROVISIONS}
        for row in (row for version in versions for row in version.tariffs):
            self.bases[row.provision] |= {row.price_basis, row.unit}
        self.edges = self._edges()
        self.many_used = False

    def rows(self, number: int) -> list[Row]:
        """Make rows; their order in the file is part of what is made."""
        made: list[Row] = []
        while len(made) < number:
            row = self._row(len(made) + 1)
            chance = self.rng.random()
            if made and chance < 0.10:
                self._relate(row, self.rng.choice(made[-20:]), chance)
            made.append(row)
        self._spoil(made)
        return self._arranged(made)

    def _row(self, number: int) -> Row:
        rng = self.rng
        provision = rng.choice(sorted(PROVISIONS))
        kinds = self.bases[provision]
        by_unit = bool(kinds & {"week", "day"})
        row = dict.fromkeys(_OPTIONAL, "")
        row |= {
            "placement_id": f"P{number:05d}",
            "child_id": self._upn() if rng.random() < 0.01 else f"C{number:05d}",
            "home_la": rng.choice(AUTHORITIES),
            "provider_id": "" if provision == "eotas" and rng.random() < 0.8 else rng.choice(PROVIDERS),
            "provider_type": rng.choice(sorted(PROVIDER_TYPES)) if rng.random() < 0.6 else "",
            "provision": provision,
            "note": rng.choice(("", "", "O'Brien, and “more”", "naïve ☂", 'a "quoted" word')),
        }
        start, end = self._dates()
        row["start_date"], row["end_date"] = start.isoformat(), end.isoformat() if end else ""
        row |= self._needs()
        row |= self._sometimes("provider_la", 0.3, rng.choice(AUTHORITIES))
        row |= self._sometimes("commissioner", 0.05, rng.choice(AUTHORITIES))
        row |= self._sometimes("payer", 0.25 if provision.startswith("ap_") else 0.02, "commissioning_school")
        row |= self._sometimes("nc_year", 0.93, str(rng.choice((-1, 6, 11, 5, 10, rng.randint(-4, 20)))))
        row |= self._sometimes("fte", 0.65, self._fte())
        row |= self._sometimes("support_hours", 0.93 if "hour" in kinds else 0.1, self._hours())
        row |= self._sometimes("agreed_price", 0.88 if "agreed" in kinds else 0.03, self._price())
        row |= self._sometimes("care_contribution", 0.05, pounds(rng, 1_000_000))
        row |= self._sometimes("health_contribution", 0.05, pounds(rng, 1_000_000))
        row |= self._sometimes("uplifts", 0.3, self._uplifts())
        row |= self._sometimes("override_by", 0.10, "Head of SEND")
        row |= self._sometimes("override_reason", 0.8 if row["override_by"] else 0.02, "Tribunal order")
        if rng.random() < (0.5 if by_unit else 0.03):
            row["units"] = self._units()
            if not row["end_date"] and rng.random() < 0.8:
                row["end_date"] = (start + timedelta(days=rng.randint(0, 400))).isoformat()
        if rng.random() < 0.12:
            self._make_many(row)
        return row

    def _make_many(self, row: Row) -> None:
        row["count"] = str(self.rng.choice((1, 2, 3, 7, self.rng.randint(2, 500))))
        if not self.many_used and self.rng.random() < 0.2:
            row["count"] = "1000000"
            self.many_used = True
        if row["count"] != "1" and self.rng.random() < 0.4:
            row["provider_id"] = ""

    def _sometimes(self, column: str, chance: float, text: str) -> Row:
        return {column: text} if self.rng.random() < chance else {}

    def _dates(self) -> tuple[date, date | None]:
        """A spell before, in, across or after the period; its ends are often at days that matter."""
        rng = self.rng
        length = (self.period.end - self.period.start).days
        start = self.period.start + timedelta(days=rng.randint(-400, length + 10))
        if rng.random() < 0.05:
            start = date(rng.randint(2010, 2022), rng.randint(1, 12), rng.randint(1, 28))
        if rng.random() < 0.35:
            start = rng.choice([day for day in self.edges if day <= self.period.end + ONE_DAY])
        if rng.random() < 0.3:
            return start, None
        end = start + timedelta(days=rng.choice((0, 1, rng.randint(0, 90), rng.randint(0, 900))))
        if end < self.period.start and rng.random() < 0.8:
            end = self.period.start + timedelta(days=rng.randint(0, 2 * length))
        later = [day for day in self.edges if day >= start]
        if later and rng.random() < 0.35:
            end = rng.choice(later)
        return start, end

    def _edges(self) -> list[date]:
        """Days at which something changes, with the days on either side."""
        first, last = self.period.start.year - 1, self.period.end.year + 1
        days = {self.period.start, self.period.end}
        for year in range(first, last + 1):
            days |= {date(year, 3, 31), date(year, 8, 31), date(year, 2, 28), date(year, 12, 31)}
        for version in self.versions:
            days.add(version.effective_from)
            if version.effective_to < date.max:
                days.add(version.effective_to)
            days |= {t.count_date for t in version.proration.terms if first <= t.count_date.year <= last}
        near = {day for day in days if abs(day - self.period.start) < timedelta(days=700)}
        return sorted({day + step for day in near for step in (-ONE_DAY, timedelta(0), ONE_DAY)})

    def _needs(self) -> Row:
        rng = self.rng
        easy = rng.random() < 0.15
        needs = {f"need_{area}": str(0 if easy else rng.randint(0, top)) for area, top in self.highest.items()}
        if rng.random() < 0.06:
            needs[rng.choice(sorted(needs))] = ""
        if rng.random() < 0.02:
            needs = dict.fromkeys(needs, "")
        needs["primary_need"] = rng.choice(sorted(PRIMARY_NEEDS)) if rng.random() < 0.95 else ""
        if rng.random() < 0.3:
            needs["band"] = rng.choice((*self.bands, "none"))
        needs["band_reason"] = "Panel, 3 May" if rng.random() < 0.3 else ""
        return needs

    def _fte(self) -> str:
        some = self.rng.choice(("1", "0.5", "0.6", "0.25", "0.2", "0.125", "0.50"))
        return self.rng.choice((some, f"0.{self.rng.randint(1, 999_999):06d}"))

    def _hours(self) -> str:
        return self.rng.choice(("22.5", "32.5", "15", f"{self.rng.randint(1, 167)}.{self.rng.randint(0, 999_999):06d}"))

    def _units(self) -> str:
        some = self.rng.choice(("0", "0.5", "30", "12", "366", "95"))
        return self.rng.choice((some, f"{self.rng.randint(0, 365)}.{self.rng.randint(0, 999_999):06d}"))

    def _price(self) -> str:
        if self.rng.random() < 0.03:
            return "£12,345.67"
        return self.rng.choice((pounds(self.rng, 100_000_000), pounds(self.rng, 10_000_000), "1000000"))

    def _uplifts(self) -> str:
        rng = self.rng
        if not self.uplifts:
            return "NEW" if rng.random() < 0.1 else ""
        codes = rng.sample(self.uplifts, min(len(self.uplifts), rng.randint(1, 3)))
        if rng.random() < 0.12:
            codes.append(codes[0])
        if rng.random() < 0.02:
            codes.append("NEW")
        return rng.choice((";", "; ")).join(codes)

    def _upn(self) -> str:
        digits = "".join(str(self.rng.randint(0, 9)) for _ in range(12))
        total = sum(weight * int(digit) for weight, digit in enumerate(digits, start=2))
        return _CHECK_LETTERS[total % 23] + digits

    def _relate(self, row: Row, other: Row, chance: float) -> None:
        """Make a row a duplicate, an overlap, a handover or a second place of another row's child."""
        if chance < 0.015:
            row |= {key: text for key, text in other.items() if key != "placement_id"}
            return
        row |= {"child_id": other["child_id"], "count": ""}
        start, end = date.fromisoformat(other["start_date"]), other["end_date"]
        if chance < 0.025:
            row |= {"provider_id": other["provider_id"], "start_date": other["start_date"]}
            row["end_date"] = other["end_date"]
        elif chance < 0.06:
            row |= {
                "start_date": (start + timedelta(days=self.rng.randint(-30, 60))).isoformat(),
                "end_date": "",
            }
            row["fte"] = self.rng.choice(("0.5", "0.2", "0.4", "1"))
            other["fte"] = self.rng.choice(("0.5", "0.6", "0.3", other["fte"]))
        elif end:
            later = date.fromisoformat(end) + self.rng.choice((ONE_DAY, timedelta(0)))
            row |= {"start_date": later.isoformat(), "end_date": ""}
        if not row["provider_id"] and row["provision"] != "eotas":
            row["provider_id"] = self.rng.choice(PROVIDERS)

    def _spoil(self, rows: list[Row]) -> None:
        """Spoil one cell of a few rows, and repeat the id of a few others."""
        spoilt = self.rng.sample(range(len(rows)), len(rows) // 25)
        for index in spoilt:
            column, text = self.rng.choice((*_BAD_CELLS, (f"need_{min(self.highest)}", "9")))
            rows[index][column] = text
            if column == "count":
                rows[index]["provider_id"] = PROVIDERS[0]
        good = [index for index in range(len(rows)) if index not in set(spoilt)]
        one, other = self.rng.sample(good, 2)
        if self.rng.random() < 0.5:
            rows[one]["placement_id"] = rows[other]["placement_id"]

    def _arranged(self, rows: list[Row]) -> list[Row]:
        """Columns in any order, some left out, some of nobody's and some with names that lines use."""
        columns = list(rows[0])
        spare = [name for name in _OPTIONAL if name not in ("end_date", "nc_year", "fte", "count", "units")]
        left_out = set(self.rng.sample(spare, self.rng.choice((0, 0, 1, 2))))
        extra = self.rng.choice(((), (), ("phase",), ("amount", "days")))
        columns = [name for name in [*columns, *extra] if name not in left_out]
        self.rng.shuffle(columns)
        return [{name: row.get(name, "kept") for name in columns} for row in rows]


def provider_rows(rng: Random) -> list[Row]:
    """A providers table: most providers, each with its own type or an establishment type."""
    rows = []
    for number, provider in enumerate(PROVIDERS):
        if rng.random() < 0.2:
            continue
        row = {"provider_id": provider, "name": f"Provider {number}", "provider_type": "", "gias_type": ""}
        if rng.random() < 0.5:
            row["provider_type"] = rng.choice(sorted(PROVIDER_TYPES))
        elif rng.random() < 0.8:
            row["gias_type"] = rng.choice(("1", "7", "8", "10", "18", "34", "44"))
        row["la_code"] = rng.choice(("", *AUTHORITIES))
        row |= dict.fromkeys(("provisions", "phases", "places", "opened", "closed", "successor"), "")
        rows.append(row)
    return rows
