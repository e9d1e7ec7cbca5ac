"""POST /v1/costings: the price of a batch of placements."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.answers import json_answer, prefers_csv
from api.asking import (
    costing_csv,
    costing_of,
    costing_of_file,
    findings_of,
    frameworks_named,
    lines_of,
    placements_frame,
    providers_frame,
)
from api.bodies import CSV_TYPE, FILE_TYPES, JSON_TYPE, parse, read_body, too_busy, too_many_rows
from api.documentation import request_body
from api.models import CostingAnswer, CostingQuery, CostingRequest
from api.notices import notices
from api.problems import FieldError, Problem, invalid, problem_responses
from tariff_engine import Costing

router = APIRouter(tags=["prices"])

_CSV_HEADERS = {
    "Tariff-Engine-Amount-Pence": "What the high needs budget pays for the rows that could be priced.",
    "Tariff-Engine-Set-Aside": "How many rows could not be priced; ask for JSON to see why.",
    "Tariff-Engine-Notice": "What must be said with the figures.",
}


@router.post(
    "/v1/costings",
    summary="Price a batch of placements",
    response_model=CostingAnswer,
    responses={
        200: {
            "content": {CSV_TYPE: {"schema": {"type": "string"}}},
            "headers": {
                name: {"description": text, "schema": {"type": "string"}} for name, text in _CSV_HEADERS.items()
            },
        },
        **problem_responses(400, 405, 413, 415, 422, 500, 503),
    },
    openapi_extra=request_body(CostingRequest, "costing", CostingQuery),
)
async def costing(request: Request) -> Response:
    """Lines, totals, findings and provenance of up to 50,000 placements.

    The batch is JSON, or a placements file (CSV, XLSX, XLSM or ODS) as the body, under its media type, with
    framework, period and as_if in the query. A few batches are priced at a time and some wait. The answer is
    JSON, or with ``Accept: text/csv`` the lines as CSV in the layout of a costing file. Bad rows never stop the
    good ones: they are in the findings, and the totals are without them.
    """
    settings = request.app.state.settings
    batches: CapacityLimiter = request.app.state.batches
    _refuse_if_full(batches, settings.batches_waiting)
    raw, media_type = await read_body(request, (JSON_TYPE, *FILE_TYPES), settings.body_limit_bytes)
    answer: Callable[[], Response]
    if media_type == JSON_TYPE:
        answer = partial(_of_json, raw, settings.rows_limit, prefers_csv(request))
    else:
        answer = partial(_of_file, raw, media_type, _query(request), settings.rows_limit, prefers_csv(request))
    _refuse_if_full(batches, settings.batches_waiting)  # others may have come while the body was read
    return await to_thread.run_sync(answer, limiter=batches)


def _refuse_if_full(batches: CapacityLimiter, most_waiting: int) -> None:
    if batches.available_tokens <= 0 and batches.statistics().tasks_waiting >= most_waiting:
        raise too_busy()


def _of_json(raw: bytes, rows_limit: int, as_csv: bool) -> Response:
    asked = parse(CostingRequest, raw)
    if len(asked.placements) > rows_limit:
        raise too_many_rows(rows_limit)
    frameworks = frameworks_named(asked.framework)
    frame = placements_frame(asked.placements, frameworks)
    providers = providers_frame(asked.providers)
    return _answer(costing_of(frame, frameworks, asked.period, asked.as_if, providers), as_csv)


def _of_file(raw: bytes, media_type: str, asked: CostingQuery, rows_limit: int, as_csv: bool) -> Response:
    frameworks = frameworks_named(asked.framework)
    return _answer(costing_of_file(raw, media_type, frameworks, asked.period, asked.as_if, rows_limit), as_csv)


def _query(request: Request) -> CostingQuery:
    given = request.query_params
    repeated = [name for name in given if len(given.getlist(name)) > 1]
    if repeated:
        errors = [FieldError(path=name, message="is given more than once") for name in sorted(set(repeated))]
        raise Problem(422, "invalid_request", "A parameter is given more than once.", errors)
    values: dict[str, object] = dict(given)
    as_if = {"true": True, "false": False}
    if str(values.get("as_if")) in as_if:
        values["as_if"] = as_if[str(values["as_if"])]
    try:
        return CostingQuery.model_validate(values)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_context=False, include_input=False)) from None


def _answer(costing: Costing, as_csv: bool) -> Response:
    totals = costing.counts
    if as_csv:
        response = Response(costing_csv(costing), media_type=CSV_TYPE)
        figures = (str(totals["amount_pence"]), str(totals["set_aside"]), " ".join(notices(costing)))
        for name, figure in zip(_CSV_HEADERS, figures, strict=True):
            response.headers[name] = figure
        return response
    return json_answer(
        {
            "notices": notices(costing),
            "totals": totals,
            "lines": lines_of(costing),
            "findings": findings_of(costing),
            "provenance": costing.provenance,
        }
    )
