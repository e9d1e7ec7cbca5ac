"""Every error is a problem document that says where, and never repeats what was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.problems import ProblemDocument
from api.settings import Settings
from tests.api.conftest import costing, placement, quote

JSON = {"content-type": "application/json"}
SECRET = "A801200001001"


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    ProblemDocument.model_validate(document)
    assert document["status"] == status
    return document


def paths(document: dict[str, Any]) -> list[str]:
    return [error["path"] for error in document["errors"]]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('"count": "1"', "placement.count"),
        ('"count": 1.0', "placement.count"),
        ('"count": 1.5', "placement.count"),
        ('"count": true', "placement.count"),
        ('"agreed_price_pence": 100.5', "placement.agreed_price_pence"),
        ('"agreed_price_pence": "100"', "placement.agreed_price_pence"),
        ('"agreed_price_pence": -1', "placement.agreed_price_pence"),
        ('"agreed_price_pence": 1e400', "placement.agreed_price_pence"),
        ('"agreed_price_pence": NaN', "placement.agreed_price_pence"),
        ('"agreed_price_pence": -Infinity', "placement.agreed_price_pence"),
        ('"agreed_price": "100.00"', "placement.agreed_price"),
        ('"fte": 0.5', "placement.fte"),
        ('"fte": "half"', "placement.fte"),
        ('"fte": "0.1234567"', "placement.fte"),
        ('"fte": "0.5", "fte": "0.6"', "placement.fte"),
        ('"uplifts": "A"', "placement.uplifts"),
        ('"uplifts": ["A;B"]', "placement.uplifts[0]"),
        ('"needs": {"semh": "1"}', "placement.needs.semh"),
        ('"needs": {"semh": NaN}', "placement.needs.semh"),
        ('"needs": [1]', "placement.needs"),
        ('"start_date": "01/09/2023"', "placement.start_date"),
        ('"band": 3', "placement.band"),
        ('"band": null, "surname": "Smith"', "placement.surname"),
    ],
)
def test_a_value_in_another_form_is_refused_by_its_place(client: TestClient, text: str, path: str) -> None:
    body = json.dumps(quote(fte=..., start_date=..., band=...))[:-2] + f", {text}}}}}"
    document = problem(
        client.post("/v1/quotes", content=body.encode(), headers=JSON),
        400 if "NaN" in text or "Infinity" in text or "1e400" in text or text.count('"fte"') == 2 else 422,
    )
    assert path in paths(document)


def test_a_place_in_a_batch_is_counted_from_nought(client: TestClient) -> None:
    body = costing(placement(), placement(count="2"))
    assert paths(problem(client.post("/v1/costings", json=body), 422)) == ["placements[1].count"]


def test_every_missing_field_is_named(client: TestClient) -> None:
    document = problem(client.post("/v1/quotes", json={"placement": {}}), 422)
    assert {"framework", "period", "placement.home_la", "placement.provision"} <= set(paths(document))


def test_an_empty_batch_is_refused(client: TestClient) -> None:
    assert paths(problem(client.post("/v1/costings", json=costing() | {"placements": []}), 422)) == ["placements"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"{",
        b'{"framework": ',
        b"\xff\xfe{}",
        b"{'framework': 1}",
        b'{"a": 1} {"b": 2}',
        b"\xef\xbb\xbf{}",
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"1" * 5_000,
        b'{"framework": "\\ud800"}',
    ],
    ids=lambda body: repr(body[:12]),
)
@pytest.mark.parametrize("where", ["/v1/quotes", "/v1/costings"])
def test_what_isn_t_json_is_400(client: TestClient, where: str, body: bytes) -> None:
    assert problem(client.post(where, content=body, headers=JSON), 400)["code"] == "not_json"


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"text"', b"true", b"{}"])
def test_json_of_another_shape_is_422(client: TestClient, body: bytes) -> None:
    problem(client.post("/v1/quotes", content=body, headers=JSON), 422)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/xml"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
    ids=str,
)
@pytest.mark.parametrize("where", ["/v1/quotes", "/v1/costings"])
def test_another_media_type_is_415(client: TestClient, where: str, headers: dict[str, str]) -> None:
    document = problem(client.post(where, content=json.dumps(quote()).encode(), headers=headers), 415)
    assert document["code"] == "unsupported_media_type"


def test_json_may_say_that_it_is_utf_8(client: TestClient) -> None:
    headers = {"content-type": 'application/json; charset="UTF-8"'}
    assert client.post("/v1/quotes", content=json.dumps(quote()).encode(), headers=headers).status_code == 200


def test_20_megabytes_are_413(client: TestClient) -> None:
    body = b'{"framework": "' + b"x" * 20_000_000 + b'"}'
    for where in ("/v1/quotes", "/v1/costings"):
        assert problem(client.post(where, content=body, headers=JSON), 413)["code"] == "body_too_large"


def test_a_body_without_a_length_is_read_to_the_limit_and_no_further() -> None:
    limit, block, given = 100_000, 1_000, 0
    small = TestClient(create_app(Settings(body_limit_bytes=limit)))

    def endless() -> Iterator[bytes]:
        nonlocal given
        while given < 100 * limit:
            given += block
            yield b" " * block

    response = small.post("/v1/quotes", content=endless(), headers=JSON)
    assert problem(response, 413)["code"] == "body_too_large"
    assert response.headers["connection"] == "close"


@pytest.mark.anyio
async def test_no_more_is_taken_than_the_limit_and_a_little() -> None:
    limit, block = 100_000, 60_000
    taken, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += block
        return {"type": "http.request", "body": b" " * block, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    # The length is a lie: it says less than what comes.
    headers = [(b"content-type", b"application/json"), (b"content-length", b"10")]
    scope = {"type": "http", "method": "POST", "path": "/v1/quotes", "raw_path": b"/v1/quotes", "headers": headers}
    scope |= {"query_string": b"", "http_version": "1.1", "scheme": "http", "server": ("test", 80), "root_path": ""}
    await create_app(Settings(body_limit_bytes=limit))(scope, receive, send)
    assert sent[0]["status"] == 413
    assert taken <= limit + 65_536


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("method", "where", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/docs", 404),
        ("GET", "/v1/frameworks/", 404),
        ("GET", "/v1/frameworks/devon/1999-00", 404),
        ("GET", f"/v1/frameworks/devon/{'x' * 65}", 422),
        ("GET", "/v1/frameworks/..%2Fdevon/2023-24", 404),
        ("GET", "/v1/quotes", 405),
        ("DELETE", "/v1/costings", 405),
        ("POST", "/v1/frameworks", 405),
        ("PUT", "/healthz", 405),
    ],
)
def test_what_isn_t_there_is_a_problem_too(client: TestClient, method: str, where: str, status: int) -> None:
    response = client.request(method, where)
    problem(response, status)
    if status == 405:
        assert response.headers["allow"]


def test_no_problem_repeats_what_was_sent(client: TestClient) -> None:
    body = quote()
    tries = [
        client.post("/v1/quotes", json=body | {"framework": SECRET}),
        client.post("/v1/quotes", json=body | {"framework": SECRET.lower()}),
        client.post("/v1/quotes", json=body | {"period": SECRET}),
        client.post("/v1/quotes", json=body | {SECRET: 1}),
        client.post("/v1/quotes", json=quote(**{SECRET: 1})),
        client.post("/v1/quotes", json=quote(child_id=[SECRET])),
        client.post("/v1/quotes", json=quote(child_id=SECRET + "\u0000")),
        client.post("/v1/quotes", json=quote(count=SECRET)),
        client.post("/v1/quotes", json=quote(needs={SECRET: 1})),
        client.post("/v1/quotes", json=quote(needs={SECRET.lower(): 1})),
        client.post("/v1/quotes", content=f'{{"{SECRET}": 1, "{SECRET}": NaN}}'.encode(), headers=JSON),
        client.post("/v1/quotes", content=SECRET.encode(), headers=JSON),
        client.post("/v1/costings", json=costing(), headers={"content-type": f"text/{SECRET}"}),
        client.post("/v1/costings", content=b"x", headers={"content-type": "text/csv"}, params={SECRET: SECRET}),
        client.get(f"/v1/frameworks/{SECRET}/{SECRET}"),
        client.get(f"/v1/children/{SECRET}?upn={SECRET}"),
    ]
    for response in tries:
        problem(response, response.status_code)
        assert response.status_code >= 400
        assert SECRET.lower() not in response.text.lower()
        assert SECRET.lower() not in str(response.headers).lower()


def test_every_answer_has_security_headers(client: TestClient) -> None:
    for response in (client.get("/healthz"), client.get("/nowhere"), client.post("/v1/quotes", json={})):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["x-frame-options"] == "DENY"
