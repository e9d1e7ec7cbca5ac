"""England's plans priced, by provision, beside what somebody published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.cli.layout import Line, heading, number, paragraph, table
from scenarios.calibration import beside_published
from scenarios.prices.checks import show_millions, spending_by_provision
from scenarios.prices.shape import shape
from tariff_engine import Costing
from tariff_engine.money import PENCE
from tariff_engine.vocabulary import vocabulary


def england_lines(england: Costing) -> Iterator[Line]:
    """Plans, a full year's price and the average child by provision; then what is published beside what is modelled."""
    yield Line()
    yield from paragraph(
        f"{england.counts['read_children']:,} plans that name a place and a need, for a full year. What the published "
        "figures can't say, such as levels of need, is assumed, and every price is illustrative."
    )
    yield Line()
    spending = spending_by_provision(england)
    rows = [
        (
            provision.title,
            number(found.children),
            show_millions(found.price_pence // PENCE),
            _each(found.price_pence, found.children),
            _each(found.price_pence + found.place_pence, found.children),
        )
        for code, provision in vocabulary().provisions.items()
        if (found := spending.get(code))
    ]
    priced = sum(found.children for found in spending.values())
    total = ("Total", number(priced), show_millions(sum(s.price_pence for s in spending.values()) // PENCE), "", "")
    yield from table(("Provision", "Plans", "Price £m", "A child", "With place"), [*rows, total], totals=1)
    yield from heading(f"Beside published figures, in {shape().base_year} prices")
    shown = [
        (row.title, row.shown(row.published), row.shown(row.modelled), row.difference)
        for row in beside_published(england)
    ]
    yield from table(("", "Published", "Modelled", "Difference"), shown)
    yield Line()
    yield from paragraph("The first two were fitted, the others not. Why they differ: docs/why/calibration.md")


def england_document(england: Costing) -> dict[str, Any]:
    """The same for JSON: provisions in pence, published and modelled in pounds."""
    return {
        "by_provision": [
            {
                "provision": code,
                "children": found.children,
                "price_pence": found.price_pence,
                "place_pence": found.place_pence,
            }
            for code, found in spending_by_provision(england).items()
        ],
        "beside_published": [
            {
                "code": row.code,
                "provisions": list(row.provisions),
                "fitted": row.fitted,
                "published_pounds": row.published,
                "modelled_pounds": row.modelled,
            }
            for row in beside_published(england)
        ],
    }


def _each(pence: int, children: int) -> str:
    return f"£{pence // (children * PENCE):,}"
