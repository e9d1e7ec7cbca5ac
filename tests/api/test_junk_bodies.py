"""Whatever is sent, the answer is a price or a problem, and never a defect."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.app import create_app
from api.models import PlacementBody, ProviderBody
from api.problems import ProblemDocument
from tests.api.conftest import DEVON, NATIONAL, NEXT_NATIONAL, placement

CLIENT = TestClient(create_app())
ROUTES = st.sampled_from(["/v1/quotes", "/v1/costings"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ODD_TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", " ", "Total", "total", "none", "=1+1", "-1", "'", "0", "1e5", "NaN", "2023-04-01", "\u200b"]),
)
GOOD_TEXT = {
    "home_la": ["878", "330", "201", "420"],
    "provision": ["mainstream", "special", "hospital", "eotas", "ap_targeted", "respite", "independent_special"],
    "provider_type": ["maintained", "academy", "other"],
    "primary_need": ["ASD", "SEMH", "NSA"],
    "band": ["banding_1", "B3", "none", "plus_package"],
    "payer": ["commissioning_school"],
    "provider_id": ["113636", "100001"],
}
DAYS = st.dates().map(str) | st.sampled_from(["2023-02-31", "0000-00-00", "9999-12-31", "2023-09-01", "2025-06-15"])
DECIMALS = st.decimals(0, 999_999, places=6).map(str) | st.sampled_from(["0", "1", "0.5", "366", "168", "0.000001"])


def value_of(name: str) -> st.SearchStrategy[Any]:
    """A value of the field's type, often odd."""
    if name.endswith("_date") or name in ("opened", "closed"):
        return DAYS
    if name in ("fte", "support_hours", "units"):
        return DECIMALS
    if name.endswith("_pence"):
        return st.integers(0, 100_000_000)
    if name in ("nc_year", "count", "places"):
        return st.integers(-5, 1_000_001) | st.integers(-(10**12), 10**12)
    if name in ("uplifts", "provisions", "phases"):
        return st.lists(st.sampled_from(["HYDROTHERAPY", "BRAILLE", "NEW", "special"]), max_size=4)
    if name == "needs":
        areas = st.sampled_from(["cognition_learning", "communication_interaction", "semh", "sensory_physical"])
        return st.dictionaries(areas, st.none() | st.integers(-1, 60), max_size=4)
    return ODD_TEXT | st.sampled_from(GOOD_TEXT.get(name, ["x"]))


def odd(model: Any, required: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A body of the right shape, with odd values in some fields."""
    changes = st.fixed_dictionaries({}, optional={name: value_of(name) for name in model.model_fields})
    return changes.map(lambda changed: {**required, **changed})


PLACEMENTS = odd(PlacementBody, placement())
PROVIDERS = odd(ProviderBody, {"provider_id": "100001"})
PERIODS = st.sampled_from(["FY2023-24", "AY2023-24", "FY2025-26", "2025-05-05..2025-07-01", "2023-12-31..2024-03-01"])
FRAMEWORKS = st.sampled_from([DEVON, "devon", NATIONAL, NEXT_NATIONAL, "oxfordshire", "sandwell", "islington"])


def hold(response: Any) -> None:
    """The answer is one that is documented."""
    assert response.status_code in (200, 400, 405, 413, 415, 422), response.text
    if response.status_code != 200:
        assert response.headers["content-type"] == "application/problem+json"
        ProblemDocument.model_validate(response.json())


@given(route=ROUTES, body=st.binary(max_size=200), media_type=st.sampled_from(["application/json", "text/csv", ""]))
def test_bytes_never_make_a_defect(route: str, body: bytes, media_type: str) -> None:
    params = {"framework": DEVON, "period": "FY2023-24"}
    hold(CLIENT.post(route, content=body, headers={"content-type": media_type}, params=params))


@given(route=ROUTES, body=JSON)
def test_json_never_makes_a_defect(route: str, body: Any) -> None:
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    hold(CLIENT.post(route, content=content, headers={"content-type": "application/json"}))


@given(framework=FRAMEWORKS, period=PERIODS, as_if=st.booleans(), body=PLACEMENTS)
@settings(max_examples=200)
def test_an_odd_placement_never_makes_a_defect(framework: str, period: str, as_if: bool, body: Any) -> None:
    asked = {"framework": framework, "period": period, "as_if": as_if, "placement": body}
    response = CLIENT.post("/v1/quotes", json=asked)
    hold(response)
    if response.status_code == 200:
        said = response.json()
        amounts = [line["amount_pence"] for line in said["lines"]]
        if said["amount_pence"] is not None:
            assert said["amount_pence"] + said["outside_amount_pence"] == sum(amounts)
            assert all(sum(line["months"].values()) == line["amount_pence"] for line in said["lines"])
        else:
            assert said["findings"] or not amounts


@given(
    framework=FRAMEWORKS,
    period=PERIODS,
    as_csv=st.booleans(),
    bodies=st.lists(PLACEMENTS, min_size=1, max_size=6),
    providers=st.none() | st.lists(PROVIDERS, max_size=3),
)
def test_an_odd_batch_never_makes_a_defect(
    framework: str, period: str, as_csv: bool, bodies: list[Any], providers: list[Any] | None
) -> None:
    asked = {"framework": framework, "period": period, "placements": bodies, "providers": providers}
    headers = {"accept": "text/csv" if as_csv else "application/json"}
    hold(CLIENT.post("/v1/costings", json=asked, headers=headers))


@given(cells=st.lists(st.lists(ODD_TEXT, min_size=5, max_size=5), max_size=5), query=st.text(max_size=10))
def test_an_odd_csv_never_makes_a_defect(cells: list[list[str]], query: str) -> None:
    head = "placement_id,child_id,home_la,provision,start_date"
    body = "\n".join([head, *(",".join(row) for row in cells)]).encode("utf-8", "surrogatepass")
    params = {"framework": DEVON, "period": "FY2023-24", **({"as_if": query} if query else {})}
    hold(CLIENT.post("/v1/costings", content=body, headers={"content-type": "text/csv"}, params=params))


@pytest.mark.parametrize("name", sorted(PlacementBody.model_fields))
def test_every_field_is_covered_by_the_oddities(name: str) -> None:
    assert value_of(name) is not None
