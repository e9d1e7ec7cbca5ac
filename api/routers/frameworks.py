"""GET /v1/frameworks: what can be priced under."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.answers import json_answer
from api.framework_models import FrameworkBody, FrameworkList
from api.frameworks import framework_document, framework_entry
from api.problems import Problem, problem_responses
from tariff_engine import shipped_frameworks

router = APIRouter(tags=["frameworks"])
_FRAMEWORK = Path(description="The framework's name.", max_length=64)
_VERSION = Path(description="The version.", max_length=64)


@router.get(
    "/v1/frameworks",
    summary="List the framework versions",
    response_model=FrameworkList,
    responses=problem_responses(405, 500),
)
def list_frameworks() -> Response:
    """Every version that can be named in a request, sorted by name and version."""
    return json_answer({"frameworks": [framework_entry(framework) for framework in shipped_frameworks()]})


@router.get(
    "/v1/frameworks/{framework_id}/{version}",
    summary="Show one version",
    response_model=FrameworkBody,
    responses=problem_responses(404, 405, 422, 500),
)
def show_framework(framework_id: Annotated[str, _FRAMEWORK], version: Annotated[str, _VERSION]) -> Response:
    """A version's need areas, bands, rates, places and uplifts, each value with its source."""
    for framework in shipped_frameworks():
        if (framework.id, framework.version) == (framework_id, version):
            return json_answer(framework_document(framework))
    raise Problem(404, "not_found", "There is no such framework version. GET /v1/frameworks lists them.")
