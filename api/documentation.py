"""The OpenAPI document: bodies that the routes read by themselves, with examples that are run by the tests."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.bodies import CSV_TYPE, FILE_TYPES, JSON_TYPE
from api.models import CostingQuery, CostingRequest, QuoteRequest
from api.problems import ProblemDocument

_REFERENCE = "#/components/schemas/{model}"


def request_body(model: type[BaseModel], examples: str, file_query: type[BaseModel] | None = None) -> dict[str, Any]:
    """The documentation of a JSON body, and of a file with its query where a route takes one."""
    reference = {"$ref": _REFERENCE.format(model=model.__name__)}
    content: dict[str, Any] = {JSON_TYPE: {"schema": reference, "examples": _examples(examples)}}
    extra: dict[str, Any] = {"requestBody": {"required": True, "content": content}}
    if file_query is not None:
        content |= {name: {"schema": {"type": "string", "format": "binary"}} for name in FILE_TYPES}
        content[CSV_TYPE] = {"schema": {"type": "string"}, "examples": _csv_examples(examples)}
        extra["parameters"] = [
            {"in": "query", "name": name, "required": False, "schema": schema, "description": _FOR_FILES}
            for name, schema in file_query.model_json_schema()["properties"].items()
        ]
    return extra


_FOR_FILES = "With a file as the body only; a JSON body has it as a field."


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document with the schemas of the bodies and of the problems."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        _, definitions = models_json_schema(
            [(model, "validation") for model in (QuoteRequest, CostingRequest, CostingQuery, ProblemDocument)],
            ref_template=_REFERENCE,
        )
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in definitions["$defs"].items():
            schemas.setdefault(name, schema)
        app.openapi_schema = made
    return app.openapi_schema


def _examples(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_read(f"{name}.json"))
    return found


def _csv_examples(name: str) -> dict[str, Any]:
    return {"a_file": {"summary": "A placements file", "value": _read(f"{name}.csv")}}


def _read(name: str) -> str:
    return files("api").joinpath("examples", name).read_text(encoding="utf-8")
