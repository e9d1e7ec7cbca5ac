"""Placements files as the body of a request: the kinds that the engine reads, hostile ones, and more than fit."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.bodies import FILE_TYPES
from api.settings import Settings
from tariff_engine import cost
from tests.api.conftest import DEVON, GOOD_FILE, MIXED_FILE, costing
from tests.cases import workbooks
from tests.cases.workbooks import o, o_row, ods, sheet, xlsx, zipped

ASKED = {"framework": DEVON, "period": "FY2023-24"}
TYPE_OF = {ending: media_type for media_type, ending in FILE_TYPES.items()}
ROWS = list(csv.reader(MIXED_FILE.splitlines()))
XLSX = xlsx(sheet(*(workbooks.line(number, cells) for number, cells in enumerate(ROWS, start=1))))
ODS = ods("".join(o_row(*(o(cell or None) for cell in cells)) for cells in ROWS))
WHOLE = {".csv": MIXED_FILE.encode(), ".xlsx": XLSX, ".xlsm": XLSX, ".ods": ODS}
HOSTILE = {
    "far apart": xlsx(sheet(workbooks.line(1, ["a"]), workbooks.r(1_048_576, workbooks.c("XFD1048576", "b")))),
    "a thousand times smaller packed": xlsx(sheet(workbooks.line(1, ["a" * 60_000_000]))),
    "not a workbook": zipped({"word/document.xml": "<document/>"}),
    "cut short": XLSX[: len(XLSX) // 2],
    "a password": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_096),
    "an entity": xlsx('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + sheet(workbooks.line(1, ["a"]))),
    "empty": b"",
}


@pytest.mark.parametrize("ending", WHOLE)
def test_a_file_of_each_kind_gives_what_the_engine_gives(client: TestClient, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"in{ending}"
    path.write_bytes(WHOLE[ending])
    expected = cost(path, DEVON, "FY2023-24")
    headers = {"content-type": TYPE_OF[ending]}
    response = client.post("/v1/costings", content=WHOLE[ending], headers=headers, params=ASKED)
    assert response.status_code == 200, response.text
    said = response.json()
    assert said["totals"] == expected.counts
    assert said["totals"]["priced"] == 3
    assert [line["amount_pence"] for line in said["lines"]] == expected.lines["amount"].to_list()


@pytest.mark.parametrize("body", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_workbook_is_refused_and_the_next_request_is_answered(client: TestClient, body: bytes) -> None:
    headers = {"content-type": TYPE_OF[".xlsx"]}
    response = client.post("/v1/costings", content=body, headers=headers, params=ASKED)
    assert (response.status_code, response.json()["code"]) == (422, "input_refused")
    assert client.get("/healthz").status_code == 200
    assert client.post("/v1/costings", content=XLSX, headers=headers, params=ASKED).status_code == 200


def test_nothing_of_a_workbook_stays_on_disk(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for body in (XLSX, HOSTILE["cut short"]):
        client.post("/v1/costings", content=body, headers={"content-type": TYPE_OF[".xlsx"]}, params=ASKED)
    assert list(tmp_path.iterdir()) == []


def test_batches_beyond_those_that_may_wait_are_told_to_try_again() -> None:
    app = create_app(Settings(batches_at_once=1, batches_waiting=0))
    with TestClient(app) as client:
        assert client.portal is not None
        other = object()
        client.portal.call(app.state.batches.acquire_on_behalf_of, other)
        file = client.post("/v1/costings", content=GOOD_FILE, headers={"content-type": "text/csv"}, params=ASKED)
        batch = client.post("/v1/costings", json=costing())
        for refused in (file, batch):
            assert (refused.status_code, refused.json()["code"]) == (503, "too_busy")
            assert int(refused.headers["retry-after"]) > 0
        assert client.get("/v1/frameworks").status_code == 200
        client.portal.call(app.state.batches.release_on_behalf_of, other)
        assert client.post("/v1/costings", json=costing()).status_code == 200
