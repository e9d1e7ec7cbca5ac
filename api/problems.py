"""Errors as application/problem+json (RFC 9457): what was wrong and where, never what the value was."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 100
_FIELD = re.compile(r"[A-Za-z][A-Za-z_]{0,39}[0-9]{0,2}")
_UNNAMED = "(unknown field)"


class FieldError(BaseModel):
    """One thing wrong: where in the body or the query, and what was expected there."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(description="Such as placements[3].fte; empty for the body as a whole.")
    message: str


class ProblemDocument(BaseModel):
    """The body of every error."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(default="about:blank", description="Always about:blank: the status and the code say it all.")
    title: str = Field(description="The status in words.")
    status: int
    code: str = Field(description="What went wrong, for a program.")
    detail: str = Field(description="What went wrong, for a person.")
    errors: list[FieldError] = Field(default=[], description="Where, one by one; at most 100.")


class Problem(Exception):
    """A request that can't be answered. The text never holds a value of the request."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.errors = list(errors)[:_MOST_ERRORS]
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The problem as a response."""
        document = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "errors": [error.model_dump() for error in self.errors],
        }
        return Response(json.dumps(document), self.status, self.headers, MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, problem: Problem) -> Response:
        return problem.response()

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        code = status.phrase.lower().replace(" ", "_")
        return Problem(status, code, _DETAILS.get(status, status.description), headers=error.headers).response()

    @app.exception_handler(RequestValidationError)
    async def _validation(_: Request, error: RequestValidationError) -> Response:
        return invalid(error.errors()).response()


def invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """The problem for what pydantic found; paths and messages, without the values."""
    found = [FieldError(path=path_of(error["loc"]), message=_message(error)) for error in errors[:_MOST_ERRORS]]
    return Problem(422, "invalid_request", "The request doesn't have the shape that is documented.", found)


def path_of(parts: Sequence[str | int]) -> str:
    """A place in the body: ``placements[3].fte``. A field that isn't one of ours is named only if it is a word."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            name = part if _FIELD.fullmatch(part) else _UNNAMED
            path += f".{name}" if path else name
    return path


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of the errors that a route can answer with."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in statuses
    }


_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing here. What the service answers is in /openapi.json.",
    HTTPStatus.METHOD_NOT_ALLOWED: "That can't be done here with this method; Allow names the ones that can.",
}

_MESSAGES = {
    "extra_forbidden": "is no field here",
    "missing": "must be given",
    "int_type": "must be a whole number, without quotation marks or a decimal point",
    "int_from_float": "must be a whole number, without a decimal point",
    "bool_type": "must be true or false",
    "string_type": "must be text, in quotation marks",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "string_pattern_mismatch": "is not in the form that is documented",
}


def _message(error: Mapping[str, Any]) -> str:
    """What was expected, in words of ours where there are some; pydantic's own never hold the value."""
    return _MESSAGES.get(str(error["type"])) or str(error["msg"])
