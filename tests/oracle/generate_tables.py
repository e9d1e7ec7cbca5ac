"""The tables of a random framework version: bands, tariffs, places, uplifts and area costs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from random import Random

from .placements import PROVISIONS

PROVIDERS = tuple(str(100001 + 7 * number) for number in range(12))
AUTHORITIES = ("202", "203", "301", "330", "333", "845", "869", "878", "926")
PHASES = ("early_years", "primary", "secondary", "post16")
_BOUGHT = ("nmss", "independent_special", "independent_mainstream", "specialist_post16", "respite")


@dataclass(frozen=True)
class TableMaker:
    """Makes rows that fit one version's rule and its highest level and score."""

    rng: Random
    rule: str
    top_level: int
    top_score: int
    bands: list[str]
    big_areas: bool

    @property
    def _largest_pence(self) -> int:
        """Where area costs are large the rates are small: no child's year goes above £10,000,000."""
        return 20_000_000 if self.big_areas else 100_000_000

    def band_rows(self) -> list[dict[str, str]]:
        """Bands in rising order; some have no score or level and are reached by other ways only."""
        rng = self.rng
        if self.rule == "weighted_score":
            column, points = "minimum_score", range(rng.randint(0, 1), max(4, self.top_score) + 1)
        else:
            column, points = "level", range(rng.choice((0, 1, 1)), self.top_level + 1)
        reached = [] if self.rule == "assigned" else rng.sample(points, min(len(points), len(self.bands)))
        if len(reached) > 2 and rng.random() < 0.3:
            reached.pop()
        given = dict(zip(sorted(rng.sample(range(len(self.bands)), len(reached))), sorted(reached), strict=True))
        orders = sorted(rng.sample(range(1, 20), len(self.bands)))
        return [
            {"band": band, "order": str(orders[i]), "title": f"Band {band}", column: str(given.get(i, ""))}
            for i, band in enumerate(self.bands)
        ]

    def tariff_rows(self) -> list[dict[str, str]]:
        """Rows for nearly every provision; no two fit the same things."""
        rows: dict[tuple[str, str, str, str], dict[str, str]] = {}
        for provision in sorted(PROVISIONS):
            if self.rng.random() < 0.03:
                continue
            for provider, band, phase in self._fits():
                key = (provision, provider, band, phase)
                names = dict(zip(("provision", "provider_id", "band", "phase"), key, strict=True))
                rows[key] = names | self._price(provision)
        return list(rows.values())

    def _fits(self) -> list[tuple[str, str, str]]:
        """Which provider, band and phase the rows of a provision name."""
        rng = self.rng
        fits = [("", "", "")] if rng.random() < 0.82 else []
        by_phase = rng.random() < 0.4
        if rng.random() < 0.65:
            for band in self.bands:
                if rng.random() < 0.9:
                    phases = rng.sample(PHASES, rng.randint(2, 4)) if by_phase and rng.random() < 0.6 else [""]
                    fits += [("", band, phase) for phase in phases]
        # Rows that name a phase alone, beside rows that name a band alone: the band counts for more.
        if by_phase and (len(fits) < 2 or rng.random() < 0.5):
            fits += [("", "", phase) for phase in rng.sample(PHASES, rng.randint(1, 4))]
        if rng.random() < 0.4:
            for provider in rng.sample(PROVIDERS, rng.randint(1, 3)):
                band = rng.choice(("", "", *self.bands))
                fits.append((provider, band, rng.choice(("", "", *PHASES))))
        return fits or [("", "", "")]

    def _price(self, provision: str) -> dict[str, str]:
        rng = self.rng
        agreed = rng.random() < (0.6 if provision in _BOUGHT else 0.08)
        unit = rng.choice(("year", "year", "year", "hour", "week", "day"))
        if provision.startswith("ap_"):
            unit = rng.choice(("year", "week", "day", "day"))
        most = {"year": 1, "week": 80, "day": 366, "hour": 168 * 53}[unit]
        rate = pounds(rng, self._largest_pence // most)
        row = {"price_basis": "agreed" if agreed else "tariff", "unit": unit, "rate": rate}
        if agreed and rng.random() < 0.5:
            row["rate"] = ""
        row["area_cost"] = rng.choice(("yes", "no", "no"))
        low, high = sorted((pounds(rng, 100_000_000), pounds(rng, 100_000_000)), key=Fraction)
        row["minimum"] = low if rng.random() < 0.15 else ""
        row["maximum"] = high if rng.random() < 0.25 else ""
        return row

    def place_rows(self) -> list[dict[str, str]]:
        """Place rates by occupancy: one kind, two rates, or none."""
        rows = []
        for provision in sorted(PROVISIONS):
            for phase in ("pre16", "post16"):
                kinds = self.rng.choice(
                    ((), ("commissioned",), ("occupied", "unoccupied"), ("commissioned", "occupied"))
                )
                for occupancy in kinds:
                    rate = pounds(self.rng, 3_000_000)
                    rows.append({"provision": provision, "phase": phase, "occupancy": occupancy, "rate": rate})
        return rows

    def uplift_rows(self) -> list[dict[str, str]]:
        """Amounts and percentages, some below nothing, some for certain provisions only."""
        rows = []
        for number in range(self.rng.randint(1, 6)):
            kind = self.rng.choice(("amount", "percent"))
            size = pounds(self.rng, self._largest_pence)
            percent = self.rng.choice(("10", "2.5", "100", "33.333333", _millionths(self.rng.randint(1, 99_999_999))))
            value = ("-" if self.rng.random() < 0.25 else "") + (size if kind == "amount" else percent)
            some = self.rng.sample(sorted(PROVISIONS), 8) if self.rng.random() < 0.4 else []
            rows.append(
                {
                    "code": f"U{number}",
                    "title": "An uplift, or two",
                    "kind": kind,
                    "value": value,
                    "provisions": ";".join(some),
                }
            )
        return rows

    def area_cost_rows(self) -> list[dict[str, str]]:
        """Factors of all authorities but one."""
        largest = 10_000_000 if self.big_areas else 1_500_000
        chosen = self.rng.sample(AUTHORITIES, 8)
        return [
            {
                "la_code": code,
                "factor": _millionths(self.rng.choice((largest, self.rng.randint(900_000, largest)))),
            }
            for code in chosen
        ]


def pounds(rng: Random, most_pence: int) -> str:
    """An amount of any size up to a bound, as text: small ones are as likely as large ones."""
    digits = rng.randint(2, len(str(most_pence)))
    pence = min(most_pence, rng.randint(1, 10**digits))
    if rng.random() < 0.3:
        pence = max(100, pence // 100 * 100)
    if pence % 100 == 0 and rng.random() < 0.3:
        return str(min(pence, most_pence) // 100) if most_pence >= 100 else "0.01"
    pence = min(pence, most_pence)
    return f"{pence // 100}.{pence % 100:02d}"


def _millionths(value: int) -> str:
    return f"{value // 10**6}.{value % 10**6:06d}"
