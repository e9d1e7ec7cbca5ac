"""Answers as JSON or CSV bytes, made once and sent as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from api.bodies import CSV_TYPE, JSON_TYPE


def json_answer(document: Mapping[str, Any]) -> Response:
    """A document as JSON; there is no NaN in it, and money is whole pence."""
    return Response(json.dumps(document, ensure_ascii=False, allow_nan=False), media_type=JSON_TYPE)


def prefers_csv(request: Request) -> bool:
    """Whether Accept names text/csv before JSON."""
    weights: dict[str, float] = {}
    for part in request.headers.get("accept", "").lower().split(","):
        kind, _, parameters = part.strip().partition(";")
        weights[kind.strip()] = _weight(parameters)
    anything = weights.get("*/*", 0.0)
    as_json = weights.get(JSON_TYPE, weights.get("application/*", anything))
    as_csv = weights.get(CSV_TYPE, weights.get("text/*", 0.0))
    return as_csv > as_json


def _weight(parameters: str) -> float:
    """The q of a media range; 1 where it is left out, 0 where it can't be read."""
    for parameter in parameters.replace(" ", "").split(";"):
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
