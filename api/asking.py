"""From a request to a costing and back: the engine's own functions, with its refusals as problems."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from api.bodies import CSV_TYPE, FILE_TYPES, too_many_rows
from api.models import PlacementBody, ProviderBody
from api.problems import FieldError, Problem, path_of
from tariff_engine import Costing, Framework, FundingPeriod, cost
from tariff_engine.columns import NEED_PREFIX, placement_columns, provider_columns
from tariff_engine.encoded import CompiledRules, compile_rules
from tariff_engine.errors import InputRefused, PeriodError, TariffError, UsageError
from tariff_engine.explanation import ExplanationDiffers
from tariff_engine.framework_library import shipped_named, shipped_names
from tariff_engine.lines import COSTING_COLUMNS
from tariff_engine.money import format_pounds
from tariff_engine.parts import versions_for
from tariff_engine.quoting import Quote, quote
from tariff_engine.tables.sinks import write_csv
from tariff_engine.vocabulary import nearest

_PENCE = "_pence"
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_GIVEN_BACK = {
    name: name + _PENCE if kind == "pence" else name for name, kind in COSTING_COLUMNS.items() if name != "child_id"
}
"""The fields of a line by its columns; a child's identifier isn't given back."""
_MOST_COMPILED = 64
"""The most framework names and periods whose compiled rules are kept for quotes."""


@lru_cache(maxsize=_MOST_COMPILED)
def frameworks_named(name: str) -> tuple[Framework, ...]:
    """The shipped versions of a name; never a path."""
    try:
        return shipped_named(name)
    except UsageError as refusal:
        if name in {known.partition("@")[0] for known in shipped_names()}:
            raise _wrong("framework", str(refusal)) from None
        near = nearest(name, shipped_names())
        hint = f"; did you mean {near}?" if near else "; GET /v1/frameworks lists them"
        raise _wrong("framework", f"no shipped framework has that name{hint}") from None


def costing_of(
    caseload: pl.DataFrame | Path,
    frameworks: Sequence[Framework],
    period: str,
    as_if: bool,
    providers: pl.DataFrame | None = None,
) -> Costing:
    """The costing, or a problem that says which field of the request stands in its way."""
    with _as_problems():
        return cost(caseload, frameworks, _period(period), providers=providers, as_if=as_if)


def quote_of(cells: Mapping[str, str | None], rules: CompiledRules) -> Quote:
    """The price of one placement, or a problem that says what stands in its way."""
    with _as_problems():
        return quote(cells, rules)


@lru_cache(maxsize=_MOST_COMPILED)
def rules_of(framework: str, period: str, as_if: bool) -> CompiledRules:
    """The shipped versions of a name compiled for a period, and kept, or a problem of one of the fields."""
    frameworks = frameworks_named(framework)
    with _as_problems():
        return compile_rules(versions_for(frameworks, as_if), _period(period), as_if)


def _period(text: str) -> FundingPeriod:
    try:
        return FundingPeriod.parse(text)
    except PeriodError as refusal:
        raise _wrong("period", str(refusal)) from None


@contextmanager
def _as_problems() -> Iterator[None]:
    """The engine's refusals as problems of the fields of a request."""
    try:
        yield
    except PeriodError as refusal:
        raise _wrong("period", str(refusal)) from None
    except UsageError as refusal:
        raise _wrong("as_if", str(refusal)) from None
    except InputRefused as refusal:
        detail = without_cells(str(refusal))
        raise Problem(422, "input_refused", detail, [FieldError(path="", message=detail)]) from None
    except ExplanationDiffers:
        raise
    except TariffError as refusal:
        raise Problem(422, "refused", without_cells(str(refusal))) from None


def placements_frame(
    placements: Sequence[PlacementBody], frameworks: Sequence[Framework], path: str = "placements[{}]"
) -> pl.DataFrame:
    """Placements as the text of a file's cells, so that they are read by the same rules."""
    cells = cells_of(placements, frameworks, path)
    return pl.DataFrame(cells, schema=dict.fromkeys(cells[0], pl.String))


def cells_of(
    placements: Sequence[PlacementBody], frameworks: Sequence[Framework], path: str = "placements[{}]"
) -> list[dict[str, str | None]]:
    """Each placement as the text of cells by column."""
    areas = list(dict.fromkeys(area.code for framework in frameworks for area in framework.header.need_areas))
    wrong = [
        FieldError(path=f"{path.format(row)}.{path_of(('needs', area))}", message="is no area of need of the framework")
        for row, placement in enumerate(placements)
        for area in placement.needs
        if area not in areas
    ]
    if wrong:
        raise Problem(422, "invalid_request", "Some areas of need aren't the framework's.", wrong)
    fields = {name: _column(name) for name in PlacementBody.model_fields if name != "needs"}
    return [
        {column: _cell(name, getattr(placement, name)) for name, column in fields.items()}
        | {NEED_PREFIX + area: _cell(area, placement.needs.get(area)) for area in areas}
        for placement in placements
    ]


def providers_frame(providers: Sequence[ProviderBody] | None) -> pl.DataFrame | None:
    """Providers as the text of a file's cells."""
    if not providers:
        return None
    columns = {
        name: [_cell(name, getattr(provider, name)) for provider in providers] for name in ProviderBody.model_fields
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def costing_of_file(
    body: bytes, media_type: str, frameworks: Sequence[Framework], period: str, as_if: bool, rows_limit: int
) -> Costing:
    """The costing of a body that is a file. The engine reads files, so it is one for as long as it is read."""
    if media_type == CSV_TYPE and body.count(b"\n") > 2 * rows_limit + 100:
        raise too_many_rows(rows_limit)
    with tempfile.TemporaryDirectory(prefix="tariff-engine-") as folder:
        path = Path(folder) / f"placements{FILE_TYPES[media_type]}"
        path.write_bytes(body)
        costing = costing_of(path, frameworks, period, as_if)
    if costing.counts["read"] > rows_limit:
        raise too_many_rows(rows_limit)
    return costing


def costing_csv(costing: Costing) -> bytes:
    """The costing's lines in the layout of its CSV file."""
    with tempfile.TemporaryDirectory(prefix="tariff-engine-") as folder:
        path = Path(folder) / "costing.csv"
        write_csv(path, costing.lines, costing.money_columns)
        return path.read_bytes()


def lines_of(costing: Costing) -> list[dict[str, Any]]:
    """The costing's lines for JSON: money in whole pence, days as text, the months together."""
    columns, months = [*_GIVEN_BACK, *costing.months], costing.months
    return [line_of(row, months) for row in costing.lines.select(columns).iter_rows(named=True)]


def line_of(line: Mapping[str, Any], months: Sequence[str]) -> dict[str, Any]:
    """A costing line for JSON."""
    fields = {field: _plain(line[name]) for name, field in _GIVEN_BACK.items()}
    return {**fields, "months": {month: line[month] for month in months}}


def findings_of(costing: Costing) -> list[dict[str, Any]]:
    """The findings for JSON."""
    return costing.findings.to_dicts()


def without_cells(sentence: str) -> str:
    """A refusal without the texts it quotes from the input, but for the names of columns."""
    known = {*placement_columns(), *provider_columns()}

    def shown(match: re.Match[str]) -> str:
        quoted = match[1] or match[2] or ""
        return match[0] if quoted in known or quoted.startswith(NEED_PREFIX) else "(what is there)"

    return _QUOTED.sub(shown, sentence)


def _wrong(path: str, message: str) -> Problem:
    return Problem(422, "invalid_request", message, [FieldError(path=path, message=message)])


def _column(name: str) -> str:
    return name.removesuffix(_PENCE)


def _cell(name: str, value: str | int | Sequence[str] | None) -> str | None:
    """A field as the text of a cell."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return format_pounds(value) if name.endswith(_PENCE) else str(value)
    return ";".join(value) or None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
