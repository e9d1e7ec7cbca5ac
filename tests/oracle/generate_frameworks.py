"""Random frameworks, always valid, written as folders: every rule, unit, method, basis and optional file."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from .calendars import year_holding
from .generate_tables import AUTHORITIES, TableMaker
from .placements import PRIMARY_NEEDS, PROVISIONS

_ONE_DAY = timedelta(days=1)
_AREAS = ("cognition_learning", "communication_interaction", "semh", "sensory_physical", "independence")
_SHARES = {1: ["1/1"], 2: ["7/12", "5/12"], 3: ["5/12", "4/12", "3/12"]}
_COLUMNS = {
    "bands": "band,order,title,minimum_score,level,descriptor,source_id",
    "tariffs": "provision,provider_id,band,phase,price_basis,unit,rate,minimum,maximum,area_cost,source_id",
    "places": "provision,phase,occupancy,rate,source_id",
    "uplifts": "code,title,kind,value,provisions,source_id",
    "area_costs": "la_code,factor,source_id",
}


class FrameworkMaker:
    """Makes the versions of one framework around a year, so that they share needs and most bands."""

    def __init__(self, rng: Random, folder: Path, year: int) -> None:
        self.rng = rng
        self.folder = folder
        self.year = year
        areas = rng.sample(_AREAS, rng.randint(2, len(_AREAS)))
        self.highest = {area: rng.randint(2, 5) for area in areas}
        needs = sorted(PRIMARY_NEEDS)
        rng.shuffle(needs)
        cut = max(1, len(needs) * 4 // (5 * len(areas)))
        self.primary_needs = {area: needs[i * cut : (i + 1) * cut] for i, area in enumerate(areas)}
        self.band_codes = [f"B{number}" for number in range(1, rng.randint(3, 8))]

    def write_versions(self) -> list[Path]:
        """Write one to three versions and give their folders."""
        spans = self._spans(self.rng.choice((1, 1, 2, 2, 3)))
        paths = []
        for number, (start, end) in enumerate(spans):
            status = self.rng.choice(("in_force", "superseded", "in_force"))
            if number > 0 and self.rng.random() < 0.15:
                status = self.rng.choice(("consultation", "illustrative"))
            path = self.folder / f"{start.year}-v{number + 1}"
            VersionMaker(self, path, start, end, status).write()
            paths.append(path)
        return paths

    def _spans(self, versions: int) -> list[tuple[date, date | None]]:
        """Dates in effect: years that follow one another, gaps, overlaps, open ends. No start twice."""
        rng = self.rng
        spans: list[tuple[date, date | None]] = []
        start = rng.choice((date(self.year, 4, 1), date(self.year - 1, 9, 1), date(self.year, 6, 12)))
        if rng.random() < 0.8:
            start = rng.choice((date(self.year - 2, 4, 1), date(self.year - 1, 4, 1), date(self.year - 3, 9, 1)))
        for number in range(versions):
            length = rng.choice((365, 365, 500, 730))
            end = start + timedelta(days=length)
            end = rng.choice((end, date(end.year, 3, 31), date(end.year, 8, 31)))
            end = end if end > start else start + timedelta(days=length)
            if number == versions - 1:
                # Most often the last one reaches the end of the year that is costed.
                end = max(end, date(self.year + rng.choice((1, 2, 2)), rng.choice((3, 8)), 31))
            is_open = rng.random() < (0.6 if number == versions - 1 else 0.15)
            spans.append((start, None if is_open else end))
            start = end + _ONE_DAY + timedelta(days=rng.choice((0, 0, 0, 0, 0, 0, 0, 17, 120, -60)))
        return spans


class VersionMaker:
    """Makes one version: the file of rules and the tables beside it."""

    def __init__(self, family: FrameworkMaker, path: Path, start: date, end: date | None, status: str) -> None:
        self.rng = family.rng
        self.family = family
        self.path = path
        self.start, self.end, self.status = start, end, status
        areas = list(family.highest)
        self.areas = areas if self.rng.random() < 0.7 else self.rng.sample(areas, self.rng.randint(1, len(areas)))
        self.rule = self.rng.choice(("highest_level", "weighted_score", "primary_need", "highest_level", "assigned"))
        if self.rule == "assigned" and self.rng.random() < 0.4:
            self.rule = "weighted_score"
        self.basis = self.rng.choice(("financial", "academic"))
        self.weights = {area: self._weights(family.highest[area]) for area in self.areas}
        self.bands = family.band_codes + ([f"X{path.name[-1]}"] if self.rng.random() < 0.3 else [])
        self.sources = [f"source-{number}" for number in range(1, 4)]

    def write(self) -> None:
        """Write the folder."""
        self.path.mkdir(parents=True)
        (self.path / "framework.toml").write_text(self._toml(), encoding="utf-8")
        tables = TableMaker(
            rng=self.rng,
            rule=self.rule,
            top_level=max(self.family.highest[area] for area in self.areas),
            top_score=sum(weights[-1] for weights in self.weights.values()),
            bands=self.bands,
            big_areas=self.rng.random() < 0.1,
        )
        self._table("bands", tables.band_rows())
        self._table("tariffs", tables.tariff_rows())
        self._table("area_costs", tables.area_cost_rows())
        if self.rng.random() < 0.75:
            self._table("places", tables.place_rows())
        if self.rng.random() < 0.8:
            self._table("uplifts", tables.uplift_rows())

    def _toml(self) -> str:
        rng = self.rng
        lines = [
            'id = "random"',
            f'version = "{self.path.name}"',
            'title = "Made by chance, with \\"quotes\\" and commas"',
            'publisher = "Nobody"',
            f'jurisdiction = "{rng.choice(("england", *AUTHORITIES))}"',
            f'legal_status = "{self.status}"',
            f"effective_from = {self.start}",
            *([f"effective_to = {self.end}"] if self.end else []),
            f'year_basis = "{self.basis}"',
            "weeks_per_year = " + rng.choice(("38", "39", "52", '"38.6"', '"52.142857"')),
            "days_per_year = " + rng.choice(("190", "195", "365", '"189.5"')),
            'places_rounding = "' + rng.choice(("exact", "whole_pounds")) + '"',
            *self._proration(),
            *self._sources(),
        ]
        for area in self.areas:
            levels = [f"level {number}" for number in range(self.family.highest[area] + 1)]
            lines += ["[[need_areas]]", f'code = "{area}"', f'title = "{area.title()}"']
            lines += [
                f"primary_needs = {_strings(self.family.primary_needs[area])}",
                f"levels = {_strings(levels)}",
            ]
        return "\n".join(lines + self._banding()) + "\n"

    def _sources(self) -> list[str]:
        lines = []
        for number, source in enumerate(self.sources):
            lines += ["[[sources]]", f'id = "{source}"', f'title = "Source {number}"', 'publisher = "Nobody"']
            lines += [f'url = "https://example.org/{source}"', "last_checked_on = 2026-11-23"]
            lines += ["published_on = 2023-11-01"] if number == 0 else []
            lines += ['status = "derived"', 'working = "last year and 2%"'] if number == 1 else []
            lines += ['status = "illustrative"'] if number == 2 else []
        return lines

    def _proration(self) -> list[str]:
        method = self.rng.choice(("calendar_days", "calendar_days", "school_days", "months", "terms"))
        lines = ["[proration]", f'method = "{method}"']
        if method in ("calendar_days", "school_days"):
            lines.append(f'remainder = "{self.rng.choice(("spread", "spread", "last"))}"')
        if method == "months":
            day = self.rng.choice(("last", 1, 15, 28, self.rng.randint(1, 28)))
            lines.append('count_day = "last"' if day == "last" else f"count_day = {day}")
        if method == "terms":
            lines += self._terms()
        if method == "school_days":
            terms = self._term_dates()
            without = self._year_without_terms()
            terms = [t for t in terms if year_holding(t[0], self.basis)[0].year != without]
            days = [first + timedelta(days=self.rng.randint(0, (last - first).days)) for first, last in terms * 3]
            lines.append(f"closed = [{', '.join(day.isoformat() for day in sorted(set(days)))}]")
            for first, last in terms:
                lines += ["[[proration.school_terms]]", f"start = {first}", f"end = {last}"]
        return lines

    def _terms(self) -> list[str]:
        """Terms with count dates; the shares of each year add to 1."""
        by_year: dict[date, list[tuple[date, date, date]]] = {}
        without = self._year_without_terms()
        for first, last in self._term_dates():
            latest = min(last, date(last.year, 3, 30)) if last.month in (3, 4) else last
            counted = first + timedelta(days=self.rng.randint(0, (latest - first).days))
            year = year_holding(counted, self.basis)[0]
            if year.year != without:
                by_year.setdefault(year, []).append((first, last, counted))
        lines = []
        for terms in by_year.values():
            for number, ((first, last, counted), share) in enumerate(zip(terms, self._shares(len(terms)), strict=True)):
                lines += [
                    "[[proration.terms]]",
                    f'name = "Term {number + 1} of {first.year}"',
                    f"start = {first}",
                ]
                lines += [f"end = {last}", f'share = "{share}"', f"count_date = {counted}"]
        return lines

    def _shares(self, parts: int) -> list[str]:
        if parts in _SHARES and self.rng.random() < 0.5:
            return _SHARES[parts]
        whole = self.rng.choice((12, 24, 39, 100, 190))
        cuts = sorted(self.rng.sample(range(1, whole), parts - 1))
        ends = [0, *cuts, whole]
        return [f"{after - before}/{whole}" for before, after in pairwise(ends)]

    def _term_dates(self) -> list[tuple[date, date]]:
        """Three terms in each academic year about the framework's own."""
        rng = self.rng
        terms = []
        for year in range(self.family.year - 3, self.family.year + 4):
            easter = rng.choice((date(year + 1, 3, 28), date(year + 1, 4, 3)))
            terms.append((date(year, 9, rng.randint(1, 6)), date(year, 12, rng.randint(17, 20))))
            terms.append((date(year + 1, 1, rng.randint(3, 7)), easter))
            terms.append((date(year + 1, 4, rng.randint(12, 22)), date(year + 1, 7, rng.randint(17, 23))))
        return terms

    def _year_without_terms(self) -> int:
        """A year of the basis, by the year it starts in, whose terms nobody has set; 0 for none."""
        near = (self.family.year - 1, self.family.year, self.family.year + 1)
        return self.rng.choice(near) if self.rng.random() < 0.25 else 0

    def _banding(self) -> list[str]:
        rng = self.rng
        lines = ["[banding]", f'rule = "{self.rule}"']
        if self.rule == "weighted_score":
            lines.append("[banding.weights]")
            lines += [f"{area} = {list(weights)}" for area, weights in self.weights.items()]
        if self.rule != "assigned" and rng.random() < 0.5:
            level = rng.randint(1, max(self.family.highest[area] for area in self.areas))
            lines += ["[banding.co_occurrence]", f"areas = {rng.randint(1, len(self.areas))}"]
            lines += [f"level = {level}", f"raise = {rng.randint(1, 2)}"]
        if self.rule != "assigned" and rng.random() < 0.5:
            lines.append("[banding.provision_shift]")
            for provision in rng.sample(sorted(PROVISIONS), 4):
                lines.append(f"{provision} = {rng.choice((-2, -1, 1, 2, 9))}")
        if rng.random() < 0.5:
            lines.append("[banding.permitted]")
            for provision in rng.sample(sorted(PROVISIONS), 4):
                lines.append(f"{provision} = {_strings(rng.sample(self.bands, rng.randint(1, len(self.bands))))}")
        return lines

    def _weights(self, highest: int) -> list[int]:
        weights = [self.rng.choice((0, 0, 1))]
        for _ in range(highest):
            weights.append(weights[-1] + self.rng.randint(0, 4))
        return weights

    def _table(self, name: str, rows: Sequence[Mapping[str, str]]) -> None:
        columns = _COLUMNS[name].split(",")
        if name == "tariffs" and not any(row.get("provider_id") for row in rows) and self.rng.random() < 0.7:
            columns.remove("provider_id")
        with (self.path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows({**row, "source_id": self.rng.choice(self.sources)} for row in rows)


def _strings(texts: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"
