"""A client of the service, and the command line in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.cli import main

NATIONAL, NEXT_NATIONAL, DEVON = "national-illustrative@2025-26", "national-illustrative@2026-27", "devon@2023-24"

GOOD_FILE = """\
placement_id,child_id,home_la,provider_id,provider_type,provision,band,start_date,end_date,fte
P1,C1,878,100001,maintained,mainstream,banding_1,2022-09-05,,1
P2,C2,878,100002,academy,mainstream,banding_3,2023-09-04,2024-02-09,0.5
P3,C3,878,100002,academy,mainstream,banding_2,2023-04-01,,1
"""
MIXED_FILE = (
    GOOD_FILE
    + """\
P4,C4,878,100002,academy,mainstream,banding_9,2023-04-01,,1
P5,C5,878,100002,academy,mainstream,banding_2,2023-02-31,,1
P6,C6,878,100002,academy,sen_unit,banding_2,2023-04-01,,1
"""
)
HOPELESS_FILE = """\
placement_id,child_id,home_la,provider_id,provision,start_date
P1,C1,878,100001,hospital,2023-04-01
"""
PRICE = ("--framework", DEVON, "--period", "FY2023-24")


@dataclass(frozen=True)
class Said:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in a folder of its own, with three files to price."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("good.csv", GOOD_FILE), ("mixed.csv", MIXED_FILE), ("hopeless.csv", HOPELESS_FILE)):
        (tmp_path / name).write_text(text, encoding="utf-8")

    def run(*arguments: str | Path) -> Said:
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def client() -> TestClient:
    """A client of the service as it is started by default."""
    return TestClient(create_app())


def placement(**changes: Any) -> dict[str, Any]:
    """A placement that Devon's bands have a price for."""
    body: dict[str, Any] = {
        "placement_id": "P-1",
        "child_id": "pseudonym-1",
        "home_la": "878",
        "provider_id": "100001",
        "provider_type": "maintained",
        "provision": "mainstream",
        "band": "banding_3",
        "start_date": "2023-04-01",
        "fte": "0.6",
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not ...}


def quote(**changes: Any) -> dict[str, Any]:
    """A quote's body for that placement."""
    return {"framework": DEVON, "period": "FY2023-24", "placement": placement(**changes)}


def costing(*placements: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A batch's body."""
    return {"framework": DEVON, "period": "FY2023-24", "placements": list(placements) or [placement()], **changes}
