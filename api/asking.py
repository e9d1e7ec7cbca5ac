"""From a request to a costing and back: the engine's own functions, with its refusals as problems."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from api.models import PlacementBody, ProviderBody
from api.problems import FieldError, Problem, path_of
from tariff_engine import Costing, Framework, FundingPeriod, cost
from tariff_engine.columns import NEED_PREFIX, placement_columns, provider_columns
from tariff_engine.errors import InputRefused, PeriodError, TariffError, UsageError
from tariff_engine.explanation import ExplanationDiffers
from tariff_engine.framework_library import shipped_named, shipped_names
from tariff_engine.lines import COSTING_COLUMNS
from tariff_engine.money import format_pounds
from tariff_engine.tables.sinks import write_csv
from tariff_engine.vocabulary import nearest

_PENCE = "_pence"
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_NOT_GIVEN_BACK = frozenset({"child_id"})


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
    try:
        parsed = FundingPeriod.parse(period)
    except PeriodError as refusal:
        raise _wrong("period", str(refusal)) from None
    try:
        return cost(caseload, frameworks, parsed, providers=providers, as_if=as_if)
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
    areas = list(dict.fromkeys(area.code for framework in frameworks for area in framework.header.need_areas))
    wrong = [
        FieldError(path=f"{path.format(row)}.{path_of(('needs', area))}", message="is no area of need of the framework")
        for row, placement in enumerate(placements)
        for area in placement.needs
        if area not in areas
    ]
    if wrong:
        raise Problem(422, "invalid_request", "Some areas of need aren't the framework's.", wrong)
    fields = [name for name in PlacementBody.model_fields if name != "needs"]
    columns = {_column(name): [_cell(name, getattr(p, name)) for p in placements] for name in fields}
    columns |= {
        NEED_PREFIX + area: [_cell(area, placement.needs.get(area)) for placement in placements] for area in areas
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def providers_frame(providers: Sequence[ProviderBody] | None) -> pl.DataFrame | None:
    """Providers as the text of a file's cells."""
    if not providers:
        return None
    columns = {
        name: [_cell(name, getattr(provider, name)) for provider in providers] for name in ProviderBody.model_fields
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def costing_of_csv(body: bytes, frameworks: Sequence[Framework], period: str, as_if: bool, rows_limit: int) -> Costing:
    """The costing of a CSV body. The engine reads files, so the body is one for as long as it is read."""
    from api.bodies import too_many_rows

    if body.count(b"\n") > 2 * rows_limit + 100:
        raise too_many_rows(rows_limit)
    with tempfile.TemporaryDirectory(prefix="tariff-engine-") as folder:
        path = Path(folder) / "placements.csv"
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
    kept = [name for name in COSTING_COLUMNS if name not in _NOT_GIVEN_BACK]
    months = costing.months
    return [
        {
            **{_field(name): _plain(row[name]) for name in kept},
            "months": {month: row[month] for month in months},
        }
        for row in costing.lines.select([*kept, *months]).iter_rows(named=True)
    ]


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


def _field(column: str) -> str:
    return column + _PENCE if COSTING_COLUMNS[column] == "pence" else column


def _cell(name: str, value: str | int | Sequence[str] | None) -> str | None:
    """A field as the text of a cell."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return format_pounds(value) if name.endswith(_PENCE) else str(value)
    return ";".join(value) or None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def under(costing: Costing) -> Mapping[str, Any]:
    """The versions, period and engine that a price comes from."""
    provenance = costing.provenance
    return {name: provenance[name] for name in ("frameworks", "period", "engine_version")}
