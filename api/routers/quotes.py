"""POST /v1/quotes: the price of one child's placement, explained."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.answers import json_answer
from api.asking import costing_of, findings_of, frameworks_named, lines_of, placements_frame, under
from api.bodies import JSON_TYPE, parse, read_body
from api.documentation import request_body
from api.models import QuoteAnswer, QuoteRequest
from api.notices import notices
from api.problems import problem_responses
from tariff_engine import Costing

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
    frameworks = frameworks_named(asked.framework)
    frame = placements_frame([asked.placement], frameworks, "placement")
    costing = costing_of(frame, frameworks, asked.period, asked.as_if)
    has_price = costing.counts["priced"] > 0
    totals = costing.counts
    return json_answer(
        {
            **under(costing),
            "notices": notices(costing),
            "amount_pence": totals["amount_pence"] if has_price else None,
            "outside_amount_pence": totals["outside_amount_pence"] if has_price else None,
            "lines": lines_of(costing),
            "findings": findings_of(costing),
            "explanation": _steps(costing),
        }
    )


def _steps(costing: Costing) -> list[dict[str, Any]]:
    """The steps of the explanation; none where the placement couldn't be read, which the findings say."""
    read = costing.placements.table["placement_id"]
    if read.is_empty():
        return []
    steps: list[dict[str, Any]] = costing.explain(read[0]).to_dict()["steps"]
    return steps
