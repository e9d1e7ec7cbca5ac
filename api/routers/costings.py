"""POST /v1/costings: the price of a batch of placements."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from api.answers import json_answer, prefers_csv
from api.asking import (
    costing_csv,
    costing_of,
    costing_of_csv,
    findings_of,
    frameworks_named,
    lines_of,
    placements_frame,
    providers_frame,
)
from api.bodies import CSV_TYPE, JSON_TYPE, parse, read_body, too_many_rows
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
        **problem_responses(400, 405, 413, 415, 422, 500),
    },
    openapi_extra=request_body(CostingRequest, "costing", CostingQuery),
)
async def costing(request: Request) -> Response:
    """Lines, totals, findings and provenance of up to 50,000 placements.

    The batch is JSON, or a placements file as text/csv with framework, period and as_if in the query. The answer is
    JSON, or with ``Accept: text/csv`` the lines as CSV in the layout of a costing file. Bad rows never stop the
    good ones: they are in the findings, and the totals are without them.
    """
    settings = request.app.state.settings
    raw, media_type = await read_body(request, (JSON_TYPE, CSV_TYPE), settings.body_limit_bytes)
    if media_type == CSV_TYPE:
        query = _query(request)
        return await run_in_threadpool(_of_csv, raw, query, settings.rows_limit, prefers_csv(request))
    return await run_in_threadpool(_of_json, raw, settings.rows_limit, prefers_csv(request))


def _of_json(raw: bytes, rows_limit: int, as_csv: bool) -> Response:
    asked = parse(CostingRequest, raw)
    if len(asked.placements) > rows_limit:
        raise too_many_rows(rows_limit)
    frameworks = frameworks_named(asked.framework)
    frame = placements_frame(asked.placements, frameworks)
    providers = providers_frame(asked.providers)
    return _answer(costing_of(frame, frameworks, asked.period, asked.as_if, providers), as_csv)


def _of_csv(raw: bytes, asked: CostingQuery, rows_limit: int, as_csv: bool) -> Response:
    frameworks = frameworks_named(asked.framework)
    return _answer(costing_of_csv(raw, frameworks, asked.period, asked.as_if, rows_limit), as_csv)


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
