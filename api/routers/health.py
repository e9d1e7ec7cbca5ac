"""GET /healthz: whether the service can answer."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import json_answer
from api.models import Health
from api.problems import problem_responses
from tariff_engine import shipped_frameworks
from tariff_engine.costing import engine_version

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    summary="Say whether the service can answer",
    response_model=Health,
    responses=problem_responses(405, 500),
)
def health() -> Response:
    """Answers once every shipped framework version has been read."""
    ready = {"status": "ok", "engine_version": engine_version(), "frameworks": len(shipped_frameworks())}
    return json_answer(ready)
