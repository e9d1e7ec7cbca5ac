"""Nothing of one machine is in the project's files, and nothing of a child is in what the engine says."""

from __future__ import annotations

import json
import logging
import re
import subprocess
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariff_engine import TariffError, cost
from tests.contract.commands import run

# Written in pieces, so that this file doesn't find itself.
MACHINE_PATHS = re.compile(r"(?<![\w.~/-])/(?:ro" r"ot|ho" r"me|Us" r"ers|wo" r"rk|o" r"pt)/\w|[A-Z]:\\Us" r"ers")
REGISTRIES = re.compile(r"py" r"pi\.org|pythonho" r"sted\.org|index-" r"url|find-" r"links|registry\.np" r"mjs")

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
FRAMEWORK, PERIOD = "devon@2023-24", "FY2023-24"


def tracked_texts(root: Path) -> list[tuple[str, str]]:
    """Every file that is tracked, or would be, as text."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    paths = [root / name for name in listed.split("\0") if name]
    return [(p.relative_to(root).as_posix(), p.read_text("utf-8", errors="ignore")) for p in paths if p.is_file()]


@pytest.mark.parametrize("pattern", [MACHINE_PATHS, REGISTRIES], ids=["machine paths", "package registries"])
def test_no_file_names_a_machine_or_a_registry(root: Path, pattern: re.Pattern[str]) -> None:
    texts = tracked_texts(root)
    assert len(texts) > 10
    found = [f"{name}: {hit.group()}" for name, text in texts for hit in pattern.finditer(text)]
    assert not found, "\n".join(found)


def upn(digits: str) -> str:
    """A valid unique pupil number from twelve digits: the check letter comes first."""
    return UPN_LETTERS[sum(int(d) * weight for weight, d in enumerate(digits, start=2)) % 23] + digits


UPNS = st.text("0123456789", min_size=12, max_size=12).map(upn)
ROWS = st.fixed_dictionaries(
    {
        "home_la": st.sampled_from(["878", "999", "Devon", ""]),
        "provision": st.sampled_from(["mainstream", "special", "Special", "nowhere"]),
        "provider_id": st.sampled_from(["131552", "113656", ""]),
        "start_date": st.sampled_from(["2023-04-01", "2023-09-01", "01/04/2023", "31/02/2023", ""]),
        "end_date": st.sampled_from(["2023-12-31", "2022-12-31", ""]),
        "band": st.sampled_from(["banding_1", "plus_package", "unknown", ""]),
        "fte": st.sampled_from(["1", "0.6", "2", "x"]),
        "nc_year": st.sampled_from(["3", "13", "R"]),
        "uplifts": st.sampled_from(["", "transport"]),
        "agreed_price": st.sampled_from(["", "12,000.00", "TBC"]),
        "count": st.sampled_from(["1", "0", "3"]),
    }
)


@given(child=UPNS, rows=st.lists(ROWS, min_size=1, max_size=6), repeat=st.booleans())
def test_no_finding_and_no_record_of_a_run_holds_a_child(child: str, rows: list[dict[str, str]], repeat: bool) -> None:
    caseload = pl.DataFrame(
        [{"placement_id": "P1" if repeat else f"P{n}", "child_id": child, **row} for n, row in enumerate(rows)]
    )
    costing = cost(caseload, FRAMEWORK, PERIOD)
    assert costing.findings.height > 0, "a real pupil number is itself worth a finding"
    assert child not in costing.findings.write_csv()
    assert child not in json.dumps(costing.provenance, default=str)


@pytest.mark.parametrize("column", ["child_id", "placement_id", "home_la", "provision", "start_date"])
def test_no_refusal_holds_a_child(column: str, caplog: pytest.LogCaptureFixture) -> None:
    child = upn("801200001001")
    good = {
        "placement_id": "P1",
        "child_id": child,
        "home_la": "878",
        "provision": "special",
        "start_date": "2023-04-01",
    }
    caseload = pl.DataFrame([good]).drop(column).with_columns(note=pl.lit("kept"))
    with caplog.at_level(logging.DEBUG), pytest.raises(TariffError) as refused:
        cost(caseload, FRAMEWORK, PERIOD)
    assert child not in str(refused.value)
    assert child not in caplog.text


def test_no_word_on_the_terminal_holds_a_child(tmp_path: Path) -> None:
    child = upn("801200001002")
    head = "placement_id,child_id,home_la,provider_id,provision,start_date,band"
    rows = [
        f"P1,{child},878,113000,mainstream,2023-04-01,banding_1",
        f"P2,{child},878,113000,mainstream,2023-04-01,unknown",
    ]
    (tmp_path / "in.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    for more in ([], ["--json"], ["--strict"]):
        command = ["price", "in.csv", "--framework", FRAMEWORK, "--period", PERIOD, "--out", "out.csv", *more]
        done = run([*command], tmp_path)
        assert done.stdout + done.stderr, "the command says what it did"
        assert child not in done.stdout + done.stderr
    for name in ("out.findings.csv", "out.provenance.json"):
        assert child not in (tmp_path / name).read_text(encoding="utf-8")
