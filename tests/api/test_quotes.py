"""POST /v1/quotes: a price with its lines, findings and steps."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from api.models import QuoteAnswer
from tests.api.conftest import DEVON, NATIONAL, NEXT_NATIONAL, quote


def answered(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post("/v1/quotes", json=body)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    QuoteAnswer.model_validate(document, strict=True)
    return document


def test_a_quote_is_the_price_of_the_part_of_a_place(client: TestClient) -> None:
    said = answered(client, quote())
    # Banding 3 is £4,500.00 a year; 0.6 of it, all year.
    assert said["amount_pence"] == 270_000
    (line,) = said["lines"]
    assert (line["band"], line["annual_price_pence"], line["payer"]) == ("banding_3", 270_000, "la_high_needs")
    assert sum(line["months"].values()) == line["amount_pence"] == 270_000
    assert list(line["months"])[0::11] == ["2023-04", "2024-03"]


def test_a_quote_explains_itself_to_the_same_amount(client: TestClient) -> None:
    steps = answered(client, quote())["explanation"]
    assert any(step["result"] == "£2,700.00" for step in steps)
    assert any(step["source"] for step in steps)


def test_a_quote_names_its_framework_by_content(client: TestClient) -> None:
    (version,) = answered(client, quote())["frameworks"]
    assert (version["id"], version["version"], version["legal_status"]) == ("devon", "2023-24", "in_force")
    assert len(version["content_hash"]) == 64


def test_a_quote_needs_no_identity_and_gives_none_back(client: TestClient) -> None:
    said = client.post("/v1/quotes", json=quote(placement_id=..., child_id=...))
    assert said.json()["amount_pence"] == 270_000
    assert "pseudonym-1" not in client.post("/v1/quotes", json=quote()).text


def test_a_placement_without_a_price_is_answered_with_nulls_and_the_reason(client: TestClient) -> None:
    said = answered(client, quote(provision="sen_unit"))
    assert said["amount_pence"] is None
    assert said["outside_amount_pence"] is None
    assert [finding["code"] for finding in said["findings"]] == ["no_tariff"]
    assert said["lines"][0]["amount_pence"] is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"provision": "speciall"}, "bad_value"),
        ({"start_date": "2023-02-31"}, "bad_value"),
        ({"home_la": "999"}, "bad_value"),
        ({"fte": "0"}, "bad_value"),
        ({"band": "banding_9"}, "unknown_band"),
        ({"provider_id": None}, "missing_value"),
        ({"home_la": " \u200b"}, "missing_value"),
    ],
)
def test_a_placement_that_can_t_be_read_is_answered_with_the_finding(
    client: TestClient, change: dict[str, Any], code: str
) -> None:
    said = answered(client, quote(**change))
    assert said["amount_pence"] is None
    assert code in {finding["code"] for finding in said["findings"]}
    assert said["lines"] == said["explanation"] == []


def test_what_others_pay_is_beside_what_high_needs_pays(client: TestClient) -> None:
    body = quote(provision="respite", band=..., units="10", end_date="2025-06-30", start_date="2025-06-01", fte=...)
    said = answered(client, {**body, "framework": NATIONAL, "period": "FY2025-26"})
    assert said["amount_pence"] == 0
    assert said["outside_amount_pence"] > 0
    assert said["lines"][0]["payer"] == "social_care"


def test_an_illustrative_price_says_so(client: TestClient) -> None:
    body = {**quote(provision="hospital", band=...), "framework": NEXT_NATIONAL, "as_if": True}
    notices = answered(client, body)["notices"]
    assert any("ILLUSTRATIVE" in notice for notice in notices)
    assert any("AS IF" in notice for notice in notices)


def test_a_name_alone_is_every_version_in_force(client: TestClient) -> None:
    said = answered(client, {**quote(start_date="2022-09-01"), "framework": "devon", "period": "AY2022-23"})
    assert [line["version"] for line in said["lines"]] == ["2022-23", "2023-24"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"framework": "devonn@2023-24"}, "framework"),
        ({"framework": "devon@1999-00"}, "framework"),
        ({"framework": "national-illustrative"}, "framework"),
        ({"framework": "bands/devon/2023-24"}, "framework"),
        ({"framework": "../bands/devon/2023-24"}, "framework"),
        ({"period": "FY2023-25"}, "period"),
        ({"period": "2024-04-01..2023-04-01"}, "period"),
        ({"period": "2023-02-30..2023-04-01"}, "period"),
        ({"period": "1900-01-01..2100-01-01"}, "period"),
        ({"framework": "devon", "as_if": True}, "as_if"),
    ],
)
def test_what_can_t_be_priced_under_is_a_problem_of_that_field(
    client: TestClient, change: dict[str, Any], path: str
) -> None:
    response = client.post("/v1/quotes", json={**quote(), **change})
    assert response.status_code == 422
    assert [error["path"] for error in response.json()["errors"]] == [path]


def test_an_area_of_need_that_isn_t_the_framework_s_is_refused(client: TestClient) -> None:
    response = client.post("/v1/quotes", json={**quote(needs={"cognition": 1}), "framework": NATIONAL})
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {"path": "placement.needs.cognition", "message": "is no area of need of the framework"}
    ]


def test_devon_is_shipped(client: TestClient) -> None:
    assert client.post("/v1/quotes", json={**quote(), "framework": DEVON}).status_code == 200
