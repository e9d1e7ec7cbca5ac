"""Reading a request's body: how much, of what type, and as JSON that can be read in one way only."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.problems import FieldError, Problem, invalid, path_of

JSON_TYPE, CSV_TYPE = "application/json", "text/csv"
FILE_TYPES = {
    CSV_TYPE: ".csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": ".xlsm",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
"""The kinds of file that a body may be, and what such a file's name ends in."""

Model = TypeVar("Model", bound=BaseModel)


class _Odd:
    """Stands for a value that JSON doesn't have, until its place in the body is known."""

    def __init__(self, message: str, value: Any = None) -> None:
        self.message, self.value = message, value


async def read_body(request: Request, types: Collection[str], limit_bytes: int) -> tuple[bytes, str]:
    """The body and its media type.

    No more than the limit is kept, whatever Content-Length says or leaves out.
    """
    media_type = _media_type(request, types)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit_bytes:
        raise too_large(limit_bytes)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit_bytes:
            raise too_large(limit_bytes)
        chunks.append(chunk)
    return b"".join(chunks), media_type


def too_large(limit_bytes: int) -> Problem:
    """The refusal of a body above the limit; the connection is closed, as the rest of it isn't read."""
    detail = f"The body is larger than {limit_bytes:,} bytes. Split it into several requests."
    return Problem(413, "body_too_large", detail, headers={"connection": "close"})


def too_many_rows(limit: int) -> Problem:
    """The refusal of a batch above the limit of rows."""
    detail = f"The batch has more than {limit:,} placements. Split it into several requests."
    return Problem(413, "too_many_rows", detail)


def too_busy() -> Problem:
    """The refusal of a batch while as many wait as may."""
    return Problem(
        503, "too_busy", "Many batches are waiting to be priced. Try again soon.", headers={"retry-after": "5"}
    )


def parse(model: type[Model], raw: bytes) -> Model:
    """A body as a model, strictly: no unknown fields, no text for numbers, nothing that JSON reads in two ways."""
    check_json(raw)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if any(item["type"] == "json_invalid" for item in found):
            raise _not_json("The body isn't JSON.") from None
        raise invalid(found) from None


def check_json(raw: bytes) -> None:
    """Refuse what isn't JSON, and what is read differently by different programs: repeated keys, NaN, 1e400."""
    odd: list[_Odd] = []

    def note(message: str, value: Any = None) -> _Odd:
        odd.append(_Odd(message, value))
        return odd[-1]

    def pairs(items: list[tuple[str, Any]]) -> Any:
        fields = dict(items)
        if len(fields) == len(items):
            return fields
        names = [name for name, _ in items]
        repeated = next(name for name in names if names.count(name) > 1)
        return {**fields, repeated: note("is given more than once", fields[repeated])}

    def number(text: str) -> Any:
        value = float(text)
        return note("is beyond any number") if value in (float("inf"), float("-inf")) else value

    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=pairs,
            parse_constant=lambda _: note("is NaN or Infinity, which JSON doesn't have"),
            parse_float=number,
        )
    except RecursionError:
        raise _not_json("The body is nested too deeply.") from None
    except ValueError:  # also a stray byte, and a whole number of thousands of digits
        raise _not_json("The body isn't JSON.") from None
    if odd:
        errors = [FieldError(path=path, message=message) for path, message in _places(document)]
        raise Problem(400, "not_json", "The body isn't JSON that can be read in one way only.", errors)


def _places(document: Any) -> Iterator[tuple[str, str]]:
    """Where the odd values are."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, _Odd):
            yield path_of(at), value.message
            value = value.value
        if isinstance(value, dict):
            waiting += [((*at, name), part) for name, part in value.items()]
        elif isinstance(value, list):
            waiting += [((*at, index), part) for index, part in enumerate(value)]


def _media_type(request: Request, types: Collection[str]) -> str:
    """The media type, if it is one of those taken; JSON is UTF-8 and nothing else."""
    given, _, parameters = request.headers.get("content-type", "").partition(";")
    media_type = given.strip().lower()
    charset = parameters.lower().replace(" ", "").replace('"', "").removeprefix("charset=")
    encoded = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type not in types or encoded != "identity":
        detail = f"The body must be {' or '.join(types)}, not compressed."
        raise Problem(415, "unsupported_media_type", detail, headers={"accept": ", ".join(types)})
    if media_type == JSON_TYPE and charset not in ("", "utf-8", "utf8"):
        raise Problem(415, "unsupported_media_type", "JSON must be in UTF-8.", headers={"accept": ", ".join(types)})
    return media_type


def _not_json(detail: str) -> Problem:
    return Problem(400, "not_json", detail, [FieldError(path="", message=detail)])
