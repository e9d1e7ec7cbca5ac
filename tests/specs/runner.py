"""Run the cases of this folder: write what a case says as files, price them, compare with what it expects."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tariff_engine import Costing, allocate, check_framework, cost
from tariff_engine.errors import TariffError

FOLDER = Path(__file__).resolve().parent
SOURCE = "policy"

FRAMEWORK_DEFAULTS: dict[str, Any] = {
    "id": "example",
    "version": "2025-26",
    "title": "An example of local bands",
    "publisher": "Example County Council",
    "jurisdiction": "878",
    "legal_status": "in_force",
    "effective_from": dt.date(2025, 4, 1),
    "year_basis": "financial",
    "weeks_per_year": 39,
    "days_per_year": 190,
    "places_rounding": "exact",
    "proration": {"method": "calendar_days", "remainder": "spread"},
    "sources": [
        {
            "id": SOURCE,
            "title": "An example made for this case",
            "publisher": "Example County Council",
            "url": "https://www.example.gov.uk/bands",
            "last_checked_on": dt.date(2025, 3, 31),
        }
    ],
    "need_areas": [
        {
            "code": "cognition_learning",
            "title": "Cognition and learning",
            "primary_needs": ["SPLD", "MLD", "SLD", "PMLD"],
            "levels": ["no need", "universal", "targeted", "specialist"],
        }
    ],
    "banding": {"rule": "assigned"},
}

# For each table of a version: its file, its columns, and what a row says where the case is silent.
TABLES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bands": ("bands.csv", "band order title minimum_score level descriptor source_id", {}),
    "tariffs": (
        "tariffs.csv",
        "provision band phase price_basis unit rate minimum maximum area_cost source_id",
        {"provision": "special", "price_basis": "tariff", "unit": "year", "area_cost": "no"},
    ),
    "places": ("places.csv", "provision phase occupancy rate source_id", {}),
    "uplifts": ("uplifts.csv", "code title kind value provisions source_id", {"kind": "amount"}),
    "area_costs": ("area_costs.csv", "la_code factor source_id", {}),
}
TABLES_DEFAULTS: dict[str, list[dict[str, Any]]] = {
    "bands": [{"band": "B1"}, {"band": "B2"}, {"band": "B3"}],
    "tariffs": [{"rate": "10000.00"}],
}

PLACEMENT_DEFAULTS: dict[str, Any] = {
    "home_la": "878",
    "provider_id": "100001",
    "provider_type": "maintained",
    "provision": "special",
    "nc_year": 5,
    "start_date": dt.date(2025, 4, 1),
}
PERIOD_DEFAULT = "FY2025-26"

MONEY = ("annual_top_up", "annual_uplifts", "annual_price", "place_value", "over_limit", "amount")
MONTH = re.compile(r"\d{4}-\d{2}")
# The codes that others match on. A placement has none of these but the ones that its case names.
_CODES = """
    bad_value missing_value duplicate_id duplicate_row overlap overlap_fte unknown_band unknown_uplift
    need_missing no_version no_terms no_tariff no_area_cost no_hours no_agreed_price units_open_ended
    child_id_is_upn band_differs band_not_permitted phase_missing estimated agreed_price_ignored units_ignored
    uplift_on_units uplift_not_for_provision uplift_repeated override_incomplete line_unresolved payer_ignored
    dual_placement no_rate_for_none
"""
PUBLISHED_CODES = frozenset(_CODES.split())
COUNTS = ("read", "priced", "set_aside", "read_children", "priced_children", "set_aside_children")
CASE_KEYS = {
    "title", "why", "change", "period", "placements", "providers", "use", "as_if", "remove_columns", "write",
    "allocate", "fund", "protect", "notional_sen", "expect",
}  # fmt: skip
EXPECT_KEYS = {"lines", "months", "total", "outside", "findings", "refused", "warned", "parts", *COUNTS}


class _Toml(str):
    """A value that goes into ``framework.toml`` exactly as it is written in the case (tag ``!toml``)."""


class _Loader(yaml.SafeLoader):
    """YAML in which a decimal and a yes or no stay the text that was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith((":float", ":bool"))]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("!toml", lambda _, node: _Toml(node.value))


@dataclass(frozen=True)
class Case:
    """One case with the framework of its file."""

    topic: str
    framework: dict[str, Any]
    body: dict[str, Any]

    @property
    def slug(self) -> str:
        """The title as a name of a test."""
        words = re.sub(r"[^a-z0-9]+", "-", str(self.body["title"]).lower()).strip("-")
        return f"{self.topic}-{words}"


def load_cases(folder: Path = FOLDER) -> list[Case]:
    """Every case of every YAML file of a folder, in the order of the files and of the cases in them."""
    cases = []
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        framework = content.get("framework") or {}
        cases += [Case(path.stem, framework, body) for body in content["cases"]]
    return cases


def mistakes(case: Case) -> list[str]:
    """What is wrong with how a case is written."""
    body = case.body
    wrong = [f"no {key}" for key in ("title", "why", "expect") if not body.get(key)]
    wrong += [f"unknown key {key}" for key in body if key not in CASE_KEYS]
    wrong += [f"unknown expectation {key}" for key in body.get("expect") or {} if key not in EXPECT_KEYS]
    return wrong


def differences(case: Case, folder: Path) -> str:
    """Run a case in an empty folder and say where the outcome differs from what it expects, if it does."""
    expect = case.body["expect"]
    try:
        if "allocate" in case.body:
            found = _compare_parts(expect, case.body["allocate"])
        else:
            framework = write_framework(case, folder / "framework")
            found = _compare(expect, _run(case, framework, folder))
            if "warned" in expect:
                found += _compare_warnings(expect["warned"], framework)
    except TariffError as refusal:
        found = compare_refusal(expect, str(refusal))
    return "\n".join([case.body["title"], *found]) if found else ""


# ---------------------------------------------------------------- running


def _run(case: Case, framework: Path, folder: Path) -> Costing:
    body = case.body
    caseload = folder / "placements.csv"
    write_placements(caseload, body.get("placements") or [{}], body.get("remove_columns") or [])
    providers = None
    if "providers" in body:
        providers = folder / "providers.csv"
        write_rows(providers, _columns([], body["providers"]), body["providers"])
    return cost(
        caseload,
        framework,
        str(body.get("period", PERIOD_DEFAULT)),
        providers=providers,
        as_if=body.get("as_if") == "yes",
    )


def write_framework(case: Case, folder: Path) -> Path:
    """Write one version, or several below one folder, and give the path that the case asks for."""
    base = {**FRAMEWORK_DEFAULTS, **TABLES_DEFAULTS, **case.framework, **(case.body.get("change") or {})}
    versions = base.pop("versions", None)
    if versions is None:
        path = folder
        _write_version(path, base)
    else:
        for version in versions:
            _write_version(folder / str(version["version"]), {**base, **version})
        path = folder / str(case.body["use"]) if "use" in case.body else folder
    for name, text in (case.body.get("write") or {}).items():
        if text is None:
            (path / name).unlink()
        else:
            (path / name).write_text(text, encoding="utf-8")
    return path


def _write_version(folder: Path, content: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True)
    settings = {key: value for key, value in content.items() if key not in TABLES and value is not None}
    (folder / "framework.toml").write_text(toml_text(settings), encoding="utf-8")
    for table, (name, columns, defaults) in TABLES.items():
        rows = [{"source_id": SOURCE, **defaults, **row} for row in content.get(table) or []]
        if table == "bands":
            rows = [{"order": n, "title": f"Band {row['band']}", **row} for n, row in enumerate(rows, 1)]
        if table == "uplifts":
            rows = [{"title": f"Uplift {row['code']}", **row} for row in rows]
        if rows:
            write_rows(folder / name, _columns(columns.split(), rows), rows)


def write_placements(path: Path, rows: list[dict[str, Any]], removed: Iterable[str]) -> None:
    """Write the rows of a case as a placements file."""
    filled = [
        {"placement_id": f"P{place}", "child_id": f"child-{place}", **PLACEMENT_DEFAULTS, **row}
        for place, row in enumerate(rows, start=1)
    ]
    columns = [column for column in _columns([], filled) if column not in set(removed)]
    write_rows(path, columns, filled)


def _columns(first: list[str], rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys([*first, *(key for row in rows for key in row)]))


def write_rows(path: Path, columns: list[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as a CSV file with these columns."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([["" if row.get(c) is None else str(row[c]) for c in columns] for row in rows])


def toml_text(table: Mapping[str, Any], path: str = "") -> str:
    """A table as TOML: its values first, then its tables and lists of tables."""
    lines, below = [], []
    for key, value in table.items():
        name = f"{path}{key}"
        if isinstance(value, Mapping):
            below.append(f"\n[{name}]\n{toml_text(value, name + '.')}")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            below += [f"\n[[{name}]]\n{toml_text(row, name + '.')}" for row in value]
        elif value is not None:
            lines.append(f"{key} = {_toml_value(value)}\n")
    return "".join(lines) + "".join(below)


def _toml_value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(part) for part in value) + "]"
    if isinstance(value, _Toml | dt.date | int):
        return str(value)
    return json.dumps(str(value))


# ---------------------------------------------------------------- comparing


def pence(pounds: Any) -> int | None:
    """Pounds as a case writes them, with or without commas, in whole pence."""
    if pounds is None:
        return None
    scaled = Decimal(str(pounds).replace(",", "")) * 100
    if scaled != int(scaled):
        raise ValueError(f"{pounds} has a part of a penny")
    return int(scaled)


def _pounds(amount: int | None) -> str:
    return "blank" if amount is None else f"{Decimal(amount) / 100:,.2f}"


def differ(what: str, expected: object, actual: object) -> list[str]:
    """What is said where an outcome isn't the one expected; nothing where it is."""
    return [] if expected == actual else [f"  {what}: expected {expected}, got {actual}"]


def differ_money(what: str, expected: Any, actual: int | None) -> list[str]:
    """The same for an amount in pence, expected in pounds."""
    return differ(what, _pounds(pence(expected)), _pounds(actual))


def _compare(expect: Mapping[str, Any], costing: Costing) -> list[str]:
    if "refused" in expect:
        return ["  expected a refusal, but it was priced"]
    totals = costing.provenance["totals"]
    lines = costing.lines.to_dicts()
    found = _compare_sums(costing, lines)
    for name in COUNTS:
        if name in expect:
            found += differ(name, expect[name], totals[name])
    if "total" in expect:
        found += differ_money("total", expect["total"], costing.total)
    if "outside" in expect:
        found += differ_money("outside high needs", expect["outside"], totals["outside_amount_pence"])
    if "months" in expect:
        for month in costing.months:
            got = sum(line[month] or 0 for line in lines)
            found += differ_money(month, expect["months"].get(month, "0.00"), got)
        strange = [month for month in expect["months"] if month not in costing.months]
        found += [f"  {month} is not in the costing" for month in strange]
    if "lines" in expect:
        found += _compare_lines(expect["lines"], lines)
    if expect.get("findings") != "any":
        found += _compare_findings(expect.get("findings") or {}, costing)
    return found


def _compare_sums(costing: Costing, lines: list[dict[str, Any]]) -> list[str]:
    """What holds in every case: months and amounts add up, and every row is accounted for."""
    totals = costing.provenance["totals"]
    found = []
    for line in lines:
        months = [line[month] for month in costing.months]
        added = None if None in months else sum(months)
        what = f"{line['placement_id']}: amount as the sum of its months"
        found += differ_money(what, _plain(added), line["amount"])
    amounts = sum(line["amount"] or 0 for line in lines)
    outside = totals["outside_amount_pence"]
    found += differ_money("sum of all lines", _plain(amounts), totals["amount_pence"] + outside)
    found += differ("rows priced and set aside", totals["read"], totals["priced"] + totals["set_aside"])
    children = totals["priced_children"] + totals["set_aside_children"]
    return found + differ("children priced and set aside", totals["read_children"], children)


def _plain(amount: int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount) / 100


def _compare_lines(expected: list[dict[str, Any]], lines: list[dict[str, Any]]) -> list[str]:
    if len(expected) != len(lines):
        seen = "; ".join(f"{line['placement_id']} {line['from']} to {line['to']}" for line in lines)
        return [f"  expected {len(expected)} lines, got {len(lines)}: {seen}"]
    found = []
    for number, (want, line) in enumerate(zip(expected, lines, strict=True), start=1):
        for column, value in want.items():
            what = f"line {number} ({line['placement_id']}), {column}"
            if column not in line:
                found.append(f"  {what}: no such column")
            elif column in MONEY or MONTH.fullmatch(column):
                found += differ_money(what, value, line[column])
            else:
                found += differ(what, text_of(value), text_of(line[column]))
    return found


def text_of(value: object) -> str:
    """A cell as a case writes it."""
    return "blank" if value is None or value == "" else str(value)


def _compare_findings(expected: Mapping[str, list[str]], costing: Costing) -> list[str]:
    """Placements that the case doesn't name have no finding of a published code."""
    found_codes: dict[str, set[str]] = {}
    for row in costing.findings.to_dicts():
        if row["code"] in PUBLISHED_CODES:
            found_codes.setdefault(str(row["placement_id"]), set()).add(row["code"])
    found = []
    for placement in dict.fromkeys([*expected, *found_codes]):
        want, got = sorted(set(expected.get(placement, []))), sorted(found_codes.get(placement, set()))
        found += differ(f"findings of {placement}", ", ".join(want) or "none", ", ".join(got) or "none")
    return found


def _compare_parts(expect: Mapping[str, Any], sharing: Mapping[str, Any]) -> list[str]:
    if "parts" not in expect:
        allocate(sharing["pot"], sharing["weights"], sharing.get("floors"), sharing.get("caps"))
        return ["  expected a refusal, but the pot was shared"]
    parts = allocate(sharing["pot"], sharing["weights"], sharing.get("floors"), sharing.get("caps"))
    return differ("parts", expect["parts"], list(parts))


def _compare_warnings(wanted: list[str], framework: Path) -> list[str]:
    """A warning about the framework's files that says all that is wanted; none where nothing is."""
    warnings = [problem.text() for problem in check_framework(framework) if problem.severity == "warning"]
    if not wanted:
        return differ("warnings about the framework", "none", "; ".join(warnings) or "none")
    if any(all(part in warning for part in wanted) for warning in warnings):
        return []
    return [f"  no warning about the framework says {', '.join(wanted)}: {'; '.join(warnings) or 'none'}"]


def compare_refusal(expect: Mapping[str, Any], message: str) -> list[str]:
    """Whether a refusal was expected, and says what it should."""
    if "refused" not in expect:
        return [f"  refused: {message}"]
    wanted = expect["refused"] if isinstance(expect["refused"], list) else [expect["refused"]]
    missing = [str(part) for part in wanted if str(part).lower() not in message.lower()]
    return [f"  the refusal doesn't say {', '.join(missing)}: {message}"] if missing else []
