"""A small table of plans in the published layout, made by hand: three authorities, England and totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

NEEDS = ("asd", "hi", "mld", "msi", "oth", "pd", "pmld", "semh", "slcn", "sld", "spld", "vi", "need_unknown")
ACADEMY, SPECIAL, INDEPENDENT = "Mainstream - academy", "Special - LA maintained", "Special - independent"
MAINTAINED, NEET, UNKNOWN = "Mainstream - LA maintained", "Educated elsewhere - NEET", "Placement not recorded"
DEVON, ISLINGTON, KENT = "878", "206", "886"

AUTHORITIES: Mapping[str, Mapping[str, Sequence[int]]] = {
    DEVON: {
        ACADEMY: (40, 2, 15, 0, 1, 4, 0, 25, 28, 1, 3, 1, 2),
        SPECIAL: (25, 1, 6, 1, 1, 3, 4, 6, 5, 8, 1, 0, 0),
        NEET: (3, 0, 1, 0, 0, 0, 0, 4, 1, 0, 0, 0, 1),
        UNKNOWN: (2, 0, 1, 0, 0, 0, 0, 2, 1, 0, 0, 0, 1),
    },
    ISLINGTON: {
        ACADEMY: (12, 0, 5, 0, 0, 1, 0, 9, 14, 0, 1, 1, 0),
        MAINTAINED: (22, 1, 4, 0, 0, 2, 1, 8, 19, 1, 1, 0, 1),
        INDEPENDENT: (6, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 0, 0),
    },
    KENT: {
        ACADEMY: (90, 4, 30, 1, 3, 7, 1, 60, 70, 3, 11, 2, 3),
        SPECIAL: (60, 2, 18, 0, 2, 9, 8, 20, 25, 22, 2, 1, 1),
        INDEPENDENT: (15, 1, 2, 0, 0, 1, 0, 19, 4, 1, 1, 0, 0),
        UNKNOWN: (0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0),
    },
}


def a_row(la: str, kind: str, needs: Sequence[object], plans: object = None) -> dict[str, str]:
    """One row; ``la`` is blank for England."""
    whole = sum(need for need in needs if isinstance(need, int)) if plans is None else plans
    return {
        "time_period": "202425",
        "geographic_level": "Local authority" if la else "National",
        "old_la_code": la,
        "new_la_code": "",
        "la_name": "",
        "placement_type": kind,
        "ehc_plans": str(whole),
        **{f"number_{name}": str(need) for name, need in zip(NEEDS, needs, strict=True)},
    }


def sums(*rows: Sequence[int]) -> list[int]:
    """Rows added up."""
    return [sum(column) for column in zip(*rows, strict=True)]


def table_rows() -> list[dict[str, str]]:
    """The whole table, which agrees with itself."""
    kinds: dict[str, list[Sequence[int]]] = {}
    rows = []
    for la, by_kind in AUTHORITIES.items():
        for kind, needs in by_kind.items():
            rows.append(a_row(la, kind, needs))
            kinds.setdefault(kind, []).append(needs)
        mainstream = [needs for kind, needs in by_kind.items() if kind.startswith("Mainstream")]
        rows.append(a_row(la, "Mainstream - total", sums(*mainstream)))
    england = [a_row("", kind, sums(*found)) for kind, found in kinds.items()]
    total = a_row("", "Special - total", sums(*kinds[SPECIAL], *kinds[INDEPENDENT]))
    return [*england, total, *rows]


def plans_of(la: str) -> int:
    """An authority's plans."""
    return sum(sum(needs) for needs in AUTHORITIES[la].values())


def as_table(rows: Sequence[Mapping[str, str]]) -> pl.DataFrame:
    """Rows as a frame of text."""
    return pl.DataFrame(list(rows))


def by_need_rows() -> list[dict[str, str]]:
    """The table of plans by need alone, which agrees with the one by placement type."""
    rows = [a_row(la, "", sums(*by_kind.values())) for la, by_kind in AUTHORITIES.items()]
    return [{name: cell for name, cell in row.items() if name != "placement_type"} for row in rows]


def replaced(rows: Sequence[Mapping[str, str]], la: str, kind: str, **changes: str) -> list[dict[str, str]]:
    """The rows with some cells of one of them changed."""
    return [
        {**row, **changes} if (row["old_la_code"], row["placement_type"]) == (la, kind) else dict(row) for row in rows
    ]
