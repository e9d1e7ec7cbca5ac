"""POST /v1/quotes: the price of one child's placement, explained."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.answers import json_answer
from api.asking import cells_of, frameworks_named, line_of, quote_of, rules_of
from api.bodies import JSON_TYPE, parse, read_body
from api.documentation import request_body
from api.models import QuoteAnswer, QuoteRequest
from api.notices import notices_with
from api.problems import problem_responses
from tariff_engine.costing import priced_under

router = APIRouter(tags=["prices"])


@router.post(
    "/v1/quotes",
    summary="Price one placement",
    response_model=QuoteAnswer,
    responses=problem_responses(400, 405, 413, 415, 422, 500),
    openapi_extra=request_body(QuoteRequest, "quote"),
)
async def quote(request: Request) -> Response:
    """The price of one placement with every step of it.

    A placement that can't be priced is answered all the same, with 200, null amounts and the findings that say
    why: the request was understood, and the answer is that there is no price. Nothing of the placement is kept.
    """
    raw, _ = await read_body(request, (JSON_TYPE,), request.app.state.settings.body_limit_bytes)
    return await run_in_threadpool(_quote, raw)


def _quote(raw: bytes) -> Response:
    asked = parse(QuoteRequest, raw)
    (cells,) = cells_of([asked.placement], frameworks_named(asked.framework), "placement")
    told = quote_of(cells, rules_of(asked.framework, asked.period, asked.as_if))
    steps = told.explain()
    months = [month.name for month in told.period.months]
    return json_answer(
        {
            **priced_under(told.frameworks, told.period, told.as_if),
            "notices": notices_with(told.frameworks, told.as_if, set_aside=int(told.amount_pence is None)),
            "amount_pence": told.amount_pence,
            "outside_amount_pence": told.outside_pence,
            "lines": [line_of(line, months) for line in told.lines],
            "findings": [asdict(found) for found in told.findings],
            "explanation": [] if steps is None else steps.to_dict()["steps"],
        }
    )
