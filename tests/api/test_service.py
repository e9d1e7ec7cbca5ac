"""The service as a whole: frameworks, health, the OpenAPI document, its log, and defects."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.framework_models import FrameworkBody, FrameworkList
from api.models import CostingAnswer, Health, QuoteAnswer
from api.settings import Settings
from tariff_engine import shipped_frameworks
from tests.api.conftest import costing, quote

SECRET = "A801200001001"
SPECIFICATION: dict[str, Any] = create_app().openapi()


def examples(media_type: str) -> list[tuple[str, str, Any]]:
    """Every example body of the OpenAPI document: route, name, value."""
    return [
        (route, name, example["value"])
        for route, methods in SPECIFICATION["paths"].items()
        for operation in methods.values()
        for name, example in operation.get("requestBody", {})
        .get("content", {})
        .get(media_type, {})
        .get("examples", {})
        .items()
    ]


def test_every_shipped_version_is_listed(client: TestClient) -> None:
    said = FrameworkList.model_validate(client.get("/v1/frameworks").json(), strict=True)
    assert [(f.id, f.version, f.content_hash) for f in said.frameworks] == [
        (f.id, f.version, f.content_hash) for f in shipped_frameworks()
    ]


@pytest.mark.parametrize("framework", shipped_frameworks(), ids=lambda framework: framework.name)
def test_every_shipped_version_can_be_read_in_full(client: TestClient, framework: Any) -> None:
    response = client.get(f"/v1/frameworks/{framework.id}/{framework.version}")
    assert response.status_code == 200
    said = FrameworkBody.model_validate(response.json(), strict=True)
    assert [row.rate_pence for row in said.rates] == [row.rate_pence for row in framework.tariffs]
    assert {row.source_id for row in said.rates} <= {source.id for source in said.sources}
    assert len(said.bands) == len(framework.bands)


def test_the_service_says_that_it_can_answer(client: TestClient) -> None:
    said = Health.model_validate(client.get("/healthz").json(), strict=True)
    assert said.frameworks == len(shipped_frameworks())


@pytest.mark.parametrize(("route", "name", "value"), examples("application/json"), ids=lambda value: str(value)[:30])
def test_every_json_example_is_answered(client: TestClient, route: str, name: str, value: Any) -> None:
    response = client.post(route, json=value)
    assert response.status_code == 200, (name, response.text)
    model = QuoteAnswer if route == "/v1/quotes" else CostingAnswer
    model.model_validate(response.json(), strict=True)
    has_no_price = response.json().get("amount_pence", 0) is None
    assert has_no_price == (name == "no_price")


@pytest.mark.parametrize(("route", "name", "value"), examples("text/csv"), ids=lambda value: str(value)[:30])
def test_every_csv_example_is_answered(client: TestClient, route: str, name: str, value: str) -> None:
    query = {"framework": "devon@2023-24", "period": "FY2023-24"}
    response = client.post(route, content=value.encode(), headers={"content-type": "text/csv"}, params=query)
    assert response.status_code == 200, (name, response.text)
    assert response.json()["totals"]["set_aside"] == 0


def test_the_document_has_examples_for_every_body() -> None:
    assert {route for route, *_ in examples("application/json")} == {"/v1/quotes", "/v1/costings"}
    assert {route for route, *_ in examples("text/csv")} == {"/v1/costings"}


def test_every_reference_of_the_document_leads_somewhere(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    schemas = json.loads(text)["components"]["schemas"]
    references = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert references
    assert references <= set(schemas)


def test_every_route_documents_its_errors_as_problems() -> None:
    for methods in SPECIFICATION["paths"].values():
        for operation in methods.values():
            errors = {status: said for status, said in operation["responses"].items() if status >= "400"}
            assert "500" in errors
            assert all(list(said["content"]) == ["application/problem+json"] for said in errors.values())


def test_a_body_has_no_binary_floating_point() -> None:
    assert '"number"' not in json.dumps(SPECIFICATION)


def test_the_log_has_routes_and_nothing_of_a_child(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client.get(f"/v1/children/{SECRET}")
        client.get(f"/v1/frameworks/{SECRET}/{SECRET}?child={SECRET}")
        client.post(f"/v1/quotes?upn={SECRET}", json=quote(child_id=SECRET, placement_id=SECRET))
        client.post("/v1/quotes", json=quote(child_id=SECRET, count=SECRET))
        client.post("/v1/costings", json=costing())
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("api")]
    assert [message.rsplit(" ", 2)[0] for message in ours] == [
        "GET (no route) 404",
        "GET /v1/frameworks/{framework_id}/{version} 404",
        "POST /v1/quotes 200",
        "POST /v1/quotes 422",
        "POST /v1/costings 200",
    ]
    # The client of these tests logs the addresses it asks for; the service doesn't.
    assert not [r for r in caplog.records if not r.name.startswith("http") and SECRET in r.getMessage()]


def test_a_defect_is_a_problem_without_a_word_of_the_data(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr("api.routers.quotes.quote_of", broken)
    response = TestClient(create_app()).post("/v1/quotes", json=quote(child_id=SECRET))
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert SECRET not in response.text
    assert SECRET not in caplog.text
    assert "ZeroDivisionError in broken, line" in caplog.text


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARIFF_ENGINE_PORT", "8123")
    monkeypatch.setenv("TARIFF_ENGINE_ROWS_LIMIT", "7")
    settings = Settings()
    assert (settings.port, settings.rows_limit, settings.host) == (8123, 7, "127.0.0.1")


def test_work_is_done_beside_the_loop() -> None:
    """Many quotes at once are all answered, and each with its own price."""
    from concurrent.futures import ThreadPoolExecutor

    with TestClient(create_app()) as client, ThreadPoolExecutor(8) as pool:
        counts = range(1, 33)
        answers = list(pool.map(lambda count: client.post("/v1/quotes", json=quote(count=count)).json(), counts))
    assert [answer["amount_pence"] for answer in answers] == [270_000 * count for count in counts]
