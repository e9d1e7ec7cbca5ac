"""Files to fill in: a workbook with instructions, drop-downs and checks, or a CSV file with one worked example."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from tariff_engine.errors import UsageError
from tariff_engine.framework import Framework
from tariff_engine.framework_library import shipped_frameworks
from tariff_engine.periods import YearBasis
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.sinks import write_csv
from tariff_engine.tables.template_books import TemplateBook, write_template_book
from tariff_engine.tables.template_examples import Example, examples
from tariff_engine.tables.template_fields import Layout, fields
from tariff_engine.tables.template_lists import lists
from tariff_engine.tables.wording import shown

__all__ = ["Layout", "write_template"]

_LONG_LIST = 50


def write_template(
    layout: Layout, path: Path, framework: Framework | None = None, *, made_on: date | None = None
) -> Path:
    """Write a template, whole or not at all, in the form that ``path`` ends in.

    Parameters
    ----------
    layout : the table to fill in.
    path : ``.xlsx`` gives a workbook, ``.csv`` the header and one worked example.
    framework : the version whose bands and codes the drop-downs have; the placements get its levels of need.
    made_on : the day that the template states, today if not given.

    Raises
    ------
    UsageError : the ending or the folder doesn't allow it, or the extra that writes workbooks isn't installed.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".ods":
        raise UsageError(
            f"{shown(path.name)}: a template has drop-downs and checks, which are written as .xlsx alone. "
            f"LibreOffice opens and saves .xlsx too."
        )
    if suffix not in (".xlsx", ".csv"):
        raise UsageError(f"{shown(path.name)} must end in .xlsx or .csv.")
    day = datetime.now(UTC).date() if made_on is None else made_on
    with whole_or_nothing([path]) as (staged,):
        if suffix == ".csv":
            write_csv(staged, flat_template(layout, framework, day), money=())
        else:
            write_template_book(staged, _book(layout, framework, day))
    return path


def flat_template(layout: Layout, framework: Framework | None, day: date) -> pl.DataFrame:
    """A template's columns with one worked example, as text.

    Without a framework the example is of no band, and starts with the academic year that the day is in.
    """
    cells = dict(_examples(layout, framework)[0].cells)
    if framework is None and layout is Layout.PLACEMENTS:
        first, _ = YearBasis.ACADEMIC.year_of(day)
        cells |= {"start_date": first.isoformat(), "band": "", "band_reason": "", "uplifts": ""}
    names = [column.name for column in fields(layout, framework)]
    return pl.DataFrame({name: pl.Series([cells.get(name) or None], dtype=pl.String) for name in names})


def _book(layout: Layout, framework: Framework | None, day: date) -> TemplateBook:
    columns = fields(layout, framework)
    known = lists(framework, day)
    chosen = {column.choices: known[column.choices] for column in columns if column.choices}
    # A list to be scrolled through stands below those to be read.
    chosen = dict(sorted(chosen.items(), key=lambda item: len(item[1]) > _LONG_LIST))
    under = framework or _illustrative()
    return TemplateBook(layout, framework, day, columns, chosen, _examples(layout, framework), under)


def _examples(layout: Layout, framework: Framework | None) -> tuple[Example, ...]:
    """Worked rows; a template for any framework has no levels of need, so its rows have the panel's bands."""
    if framework is None:
        return examples(layout, _illustrative(), levels=False)
    return examples(layout, framework)


def _illustrative() -> Framework:
    """The newest version of the shipped proposal, which has every kind of price."""
    found = [framework for framework in shipped_frameworks() if framework.header.legal_status == "illustrative"]
    return max(found, key=lambda framework: framework.header.effective_from)
