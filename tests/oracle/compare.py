"""What an engine wrote for a case against the oracle's answer, cell by cell."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from .exact import pounds_text
from .generate import Case
from .oracle import Answer, Line, cost_exactly

COLUMNS = (
    *("placement_id", "child_id", "home_la", "provider_id", "provision", "phase", "framework", "version"),
    *("band_assessed", "band", "band_source", "from", "to", "days", "annual_top_up", "annual_uplifts"),
    *("annual_price", "place_value", "over_limit", "amount", "payer", "payee", "s251_line", "count"),
)
MONEY = ("annual_top_up", "annual_uplifts", "annual_price", "place_value", "over_limit", "amount")
FROM_INPUT = ("child_id", "home_la", "provider_id", "provision")
NOT_REPEATED = ("placement_id", *FROM_INPUT, "count")
CODES = frozenset(
    """bad_value missing_value duplicate_id duplicate_row overlap overlap_fte unknown_band unknown_uplift
    need_missing no_version no_terms no_tariff no_area_cost no_hours no_agreed_price units_open_ended
    child_id_is_upn band_differs band_not_permitted phase_missing estimated agreed_price_ignored
    units_ignored uplift_on_units uplift_not_for_provision uplift_repeated override_incomplete
    line_unresolved payer_ignored dual_placement no_rate_for_none""".split()  # noqa: SIM905
)
FINDING_COLUMNS = ("code", "severity", "row", "placement_id", "column", "value", "message", "source_id")

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Output:
    """The three files that an engine writes beside one another."""

    columns: list[str]
    lines: list[dict[str, str]]
    finding_columns: list[str]
    findings: list[dict[str, str]]
    provenance: dict[str, Any]


def answer_for(case: Case) -> Answer:
    """The oracle's answer for a case."""
    providers = read_csv(case.providers_csv)[1] if case.providers_csv else []
    placements = read_csv(case.placements_csv)[1]
    return cost_exactly(case.framework_path, placements, case.period, providers, as_if=case.as_if)


def differences(case: Case, out_csv: Path, most: int = 20) -> list[str]:
    """The first differences between the oracle's answer and what is written at a path, in words."""
    answer = answer_for(case)
    header, rows = read_csv(case.placements_csv)
    output = _read_output(out_csv)
    inputs = dict(enumerate(rows, start=2))
    return list(islice(_all_differences(case, answer, output, header, inputs), most))


def read_csv(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a CSV file, all as text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = [dict(cells) for cells in reader]
        return list(reader.fieldnames or []), rows


def _read_output(out_csv: Path) -> Output:
    columns, lines = read_csv(out_csv)
    finding_columns, findings = read_csv(out_csv.with_suffix(".findings.csv"))
    provenance = json.loads(out_csv.with_suffix(".provenance.json").read_text(encoding="utf-8"))
    return Output(columns, lines, finding_columns, findings, provenance)


def _all_differences(
    case: Case, answer: Answer, output: Output, header: list[str], inputs: Mapping[int, Cells]
) -> Iterator[str]:
    yield from _columns(answer, output, header)
    yield from _findings(answer, output, inputs)
    yield from _lines(answer, output, header, inputs)
    yield from _provenance(case, answer, output)


# ---- columns


def _kept(header: list[str], months: list[str]) -> dict[str, str]:
    """Columns of the input that a costing keeps: the name there, and the name in the input."""
    used = {*COLUMNS, *months}
    return {(f"in_{name}" if name in used else name): name for name in header if name not in NOT_REPEATED}


def _columns(answer: Answer, output: Output, header: list[str]) -> Iterator[str]:
    months = [month.name for month in answer.period.months]
    wanted = [*COLUMNS, *months, *_kept(header, months)]
    found = [name for name in output.columns if name in wanted]
    if found != wanted:
        missing = [name for name in wanted if name not in found]
        yield f"columns: missing {missing}" if missing else f"columns are in another order: {found}"
    if not set(FINDING_COLUMNS) <= set(output.finding_columns):
        yield f"columns of the findings: {output.finding_columns}"


# ---- findings


def _findings(answer: Answer, output: Output, inputs: Mapping[int, Cells]) -> Iterator[str]:
    wanted = {(row, code, severity) for row, codes in answer.findings.items() for code, severity in codes.items()}
    # A finding without a row is about the file or the run, and none of these codes is.
    about_rows = [cells for cells in output.findings if cells["row"]]
    found = {(int(cells["row"]), cells["code"], cells["severity"]) for cells in about_rows if cells["code"] in CODES}
    yield from (f"finding without a row: {c['code']}" for c in output.findings if c["code"] in CODES and not c["row"])
    for row, code, severity in sorted(wanted - found):
        yield f"finding missing: row {row}, {code} ({severity}); input {_given(inputs[row])}"
    for row, code, severity in sorted(found - wanted):
        yield f"finding too many: row {row}, {code} ({severity}); input {_given(inputs.get(row, {}))}"
    keys = Counter((cells["row"], cells["code"], cells["column"]) for cells in output.findings)
    for key in sorted(key for key, times in keys.items() if times > 1):
        yield f"finding given twice: row, code, column {key}"
    for cells in about_rows:
        given = inputs.get(int(cells["row"]), {})
        if cells["placement_id"] != given.get("placement_id", ""):
            yield f"finding of row {cells['row']} names placement {cells['placement_id']!r}"
        child = given.get("child_id", "")
        if child and (cells["value"] == child or child in cells["message"]):
            yield f"finding {cells['code']} of row {cells['row']} shows the child's id"


# ---- lines


def _lines(answer: Answer, output: Output, header: list[str], inputs: Mapping[int, Cells]) -> Iterator[str]:
    wanted = [(line.placement_id, line.first.isoformat() if line.first else "") for line in answer.lines]
    found = [(cells.get("placement_id", ""), cells.get("from", "")) for cells in output.lines]
    if wanted != found:
        for key in sorted(set(wanted) - set(found)):
            yield f"line missing: placement and start {key}"
        for key in sorted(set(found) - set(wanted)):
            yield f"line too many: placement and start {key}"
        if sorted(wanted) == sorted(found):
            yield "lines are in another order"
    by_key = dict(zip(found, output.lines, strict=True))
    for key, line in zip(wanted, answer.lines, strict=True):
        if key in by_key:
            yield from _line(answer, line, by_key[key], header, inputs[line.row])


def _line(answer: Answer, line: Line, cells: Cells, header: list[str], given: Cells) -> Iterator[str]:
    here = f"{line.placement_id} from {line.first}"
    wanted = _line_cells(line, given)
    for name, column in _kept(header, list(line.months)).items():
        wanted[name] = given[column]
    for name, text in wanted.items():
        if cells.get(name) != text:
            yield f"{here}: {name} is {cells.get(name)!r}, not {text!r}; {_given(given)}"
    # A line that is no stint, and a stint whose price is another day's, leave the phase cell open.
    if line.phases and cells.get("phase") not in line.phases:
        yield f"{here}: phase is {cells.get('phase')!r}; {_given(given)}"
    frameworks = {version.framework for version in answer.versions} | (set() if line.version else {""})
    if cells.get("framework") not in frameworks:
        yield f"{here}: framework is {cells.get('framework')!r}"


def _line_cells(line: Line, given: Cells) -> dict[str, str]:
    wanted = {"placement_id": line.placement_id} | {name: given[name] for name in FROM_INPUT}
    for name in ("version", "band_assessed", "band", "band_source", "payer", "payee", "s251_line"):
        wanted[name] = getattr(line, name)
    wanted["from"] = line.first.isoformat() if line.first else ""
    wanted["to"] = line.last.isoformat() if line.last else ""
    wanted["days"], wanted["count"] = str(line.days), str(line.count)
    wanted |= {name: pounds_text(getattr(line, name)) for name in MONEY}
    wanted |= {name: pounds_text(pence) for name, pence in line.months.items()}
    return wanted


def _given(cells: Cells) -> str:
    """An input row's filled cells, for somebody who looks into a difference."""
    return ", ".join(f"{name}={text}" for name, text in cells.items() if text and name != "note")


# ---- provenance


def _provenance(case: Case, answer: Answer, output: Output) -> Iterator[str]:
    found = output.provenance
    for name, wanted in vars(answer.totals).items():
        if found["totals"].get(name) != wanted:
            yield f"totals: {name} is {found['totals'].get(name)}, not {wanted}"
    period = {"from": answer.period.start.isoformat(), "to": answer.period.end.isoformat()}
    for name, day in period.items():
        if found["period"].get(name) != day:
            yield f"period: {name} is {found['period'].get(name)}, not {day}"
    given = hashlib.sha256(case.placements_csv.read_bytes()).hexdigest()
    if found["input"].get("sha256") != given:
        yield f"input: sha256 is {found['input'].get('sha256')}, not {given}"
    by_version = {version.version: version for version in answer.versions}
    for entry in found["frameworks"]:
        version = by_version.get(entry["version"])
        if version is None:
            yield f"frameworks: version {entry['version']} wasn't chosen"
            continue
        wanted_entry = {
            "id": version.framework,
            "content_hash": version.content_hash,
            "legal_status": version.legal_status,
            "as_if": case.as_if,
        }
        for name, value in wanted_entry.items():
            if entry.get(name) != value:
                yield f"frameworks: {name} of {version.version} is {entry.get(name)!r}, not {value!r}"
    listed = {entry["version"] for entry in found["frameworks"]}
    used = {line.version.removesuffix(" (as if)") for line in answer.lines} - {""}
    for name in sorted(used - listed):
        yield f"frameworks: version {name} has lines and isn't listed"
