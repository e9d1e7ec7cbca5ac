"""POST /v1/costings: a batch as JSON or CSV, in and out."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.models import CostingAnswer
from api.settings import Settings
from tariff_engine import cost
from tests.api.conftest import DEVON, GOOD_FILE, MIXED_FILE, NATIONAL, costing, placement

CSV = {"content-type": "text/csv"}
ASKED = {"framework": DEVON, "period": "FY2023-24"}


def answered(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post("/v1/costings", json=body)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    CostingAnswer.model_validate(document, strict=True)
    return document


def test_a_batch_adds_up(client: TestClient) -> None:
    said = answered(client, costing(placement(), placement(placement_id="P-2", child_id="pseudonym-2", fte="1")))
    assert [line["amount_pence"] for line in said["lines"]] == [270_000, 450_000]
    assert said["totals"]["amount_pence"] == 720_000
    assert said["totals"] == said["provenance"]["totals"]


def test_a_bad_row_doesn_t_stop_the_good_ones(client: TestClient) -> None:
    said = answered(client, costing(placement(), placement(placement_id="P-2", child_id="c", band="no such")))
    assert (said["totals"]["read"], said["totals"]["priced"], said["totals"]["set_aside"]) == (2, 1, 1)
    assert [(f["code"], f["row"], f["placement_id"]) for f in said["findings"]] == [("unknown_band", 3, "P-2")]
    assert said["notices"] == ["1 row is set aside, so the total is without it."]


def test_a_row_with_a_count_is_so_many_children(client: TestClient) -> None:
    said = answered(client, costing(placement(count=12)))
    assert said["totals"]["amount_pence"] == 12 * 270_000
    assert said["totals"]["priced_children"] == 12


def test_providers_say_what_a_placement_leaves_out(client: TestClient) -> None:
    providers = [{"provider_id": "100001", "gias_type": "7", "la_code": "878"}]
    said = answered(client, costing(placement(provider_type=None), providers=providers))
    assert said["lines"][0]["s251_line"] == "1.2.1"
    without = answered(client, costing(placement(provider_type=None)))
    assert without["lines"][0]["s251_line"] == "unresolved"


def test_an_agreed_price_is_in_pence(client: TestClient) -> None:
    body = placement(provision="independent_special", band=..., fte=..., agreed_price_pence=4_000_001)
    body |= {"needs": dict.fromkeys(("cognition_learning", "communication_interaction", "semh"), 3)}
    body["needs"]["sensory_physical"] = 0
    said = answered(client, costing(body, framework=NATIONAL, as_if=True))
    assert said["lines"][0]["annual_top_up_pence"] == 4_000_001


def test_a_csv_file_gives_what_the_engine_gives(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(MIXED_FILE, encoding="utf-8")
    expected = cost(path, DEVON, "FY2023-24")
    response = client.post("/v1/costings", content=MIXED_FILE.encode(), headers=CSV, params=ASKED)
    assert response.status_code == 200, response.text
    said = response.json()
    assert said["totals"] == expected.counts
    assert [line["amount_pence"] for line in said["lines"]] == expected.lines["amount"].to_list()
    assert [finding["row"] for finding in said["findings"]] == expected.findings["row"].to_list()


def test_a_csv_answer_is_the_costing_file(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(MIXED_FILE, encoding="utf-8")
    cost(tmp_path / "in.csv", DEVON, "FY2023-24").write(tmp_path / "out.csv")
    headers = {**CSV, "accept": "text/csv"}
    response = client.post("/v1/costings", content=MIXED_FILE.encode(), headers=headers, params=ASKED)
    assert response.headers["content-type"].startswith("text/csv")
    assert response.content == (tmp_path / "out.csv").read_bytes()
    total = sum(float(row["amount"] or 0) * 100 for row in csv.DictReader(io.StringIO(response.text)))
    assert int(response.headers["tariff-engine-amount-pence"]) == round(total)
    assert response.headers["tariff-engine-set-aside"] == "3"
    assert "3 rows are set aside" in response.headers["tariff-engine-notice"]


@pytest.mark.parametrize(
    ("accept", "csv_wanted"),
    [
        ("", False),
        ("*/*", False),
        ("text/csv", True),
        ("text/*", True),
        ("text/csv, application/json", False),
        ("text/csv, application/json;q=0.5", True),
        ("text/csv;q=0.4, */*;q=0.5", False),
        ("text/csv;q=banana", False),
    ],
)
def test_csv_is_given_where_it_is_preferred(client: TestClient, accept: str, csv_wanted: bool) -> None:
    response = client.post("/v1/costings", json=costing(), headers={"accept": accept})
    assert response.headers["content-type"].startswith("text/csv") == csv_wanted


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"period": "FY2023-24"}, "framework"),
        ({"framework": DEVON}, "period"),
        ({**ASKED, "as_if": "yes"}, "as_if"),
        ({**ASKED, "asif": "true"}, "asif"),
        ({**ASKED, "framework": [DEVON, NATIONAL]}, "framework"),
    ],
)
def test_a_query_that_doesn_t_fit_is_a_problem(client: TestClient, params: dict[str, Any], path: str) -> None:
    response = client.post("/v1/costings", content=GOOD_FILE.encode(), headers=CSV, params=params)
    assert response.status_code == 422
    assert [error["path"] for error in response.json()["errors"]] == [path]


@pytest.mark.parametrize(
    "body",
    [b"", b"\n\n", b"a,b\n1,2\n", b"\x00\x01\x02", b"PK\x03\x04rubbish", b"\xff\xfe\x00", b'placement_id,"child'],
)
def test_a_file_that_isn_t_a_placements_file_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post("/v1/costings", content=body, headers=CSV, params=ASKED)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "input_refused"


def test_a_refusal_never_repeats_a_cell(client: TestClient) -> None:
    headless = "\n".join(GOOD_FILE.splitlines()[1:]).replace("C1", "A801200001001")
    response = client.post("/v1/costings", content=headless.encode(), headers=CSV, params=ASKED)
    assert response.status_code == 422
    assert "A801200001001" not in response.text
    repeated = "placement_id,A801200001001,A801200001001,child_id,home_la,provision,start_date\nP1,1,2,C,878,x,y\n"
    response = client.post("/v1/costings", content=repeated.encode(), headers=CSV, params=ASKED)
    assert response.status_code == 422
    assert "A801200001001" not in response.text


def test_a_batch_has_a_limit_of_rows() -> None:
    small = TestClient(create_app(Settings(rows_limit=2)))
    rows = [placement(placement_id=f"P-{n}", child_id=f"c{n}") for n in range(3)]
    assert small.post("/v1/costings", json=costing(*rows[:2])).status_code == 200
    refused = small.post("/v1/costings", json=costing(*rows))
    assert (refused.status_code, refused.json()["code"]) == (413, "too_many_rows")
    lines = GOOD_FILE.splitlines()
    accepted = small.post("/v1/costings", content="\n".join(lines[:3]).encode(), headers=CSV, params=ASKED)
    assert accepted.status_code == 200
    refused = small.post("/v1/costings", content=GOOD_FILE.encode(), headers=CSV, params=ASKED)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_many_rows")
    many = GOOD_FILE + "\n" * 1_000
    refused = small.post("/v1/costings", content=many.encode(), headers=CSV, params=ASKED)
    assert refused.status_code == 413


def test_nothing_of_a_csv_body_stays_on_disk(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    headers = {**CSV, "accept": "text/csv"}
    assert client.post("/v1/costings", content=GOOD_FILE.encode(), headers=headers, params=ASKED).status_code == 200
    assert client.post("/v1/costings", content=b"a,b\n", headers=CSV, params=ASKED).status_code == 422
    assert list(tmp_path.iterdir()) == []
