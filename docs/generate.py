"""Write the reference pages from the data that the engine itself reads, so that they can't fall behind it.

Every page of ``docs/reference`` but ``index.md`` and ``python.md`` comes from here.
"""

from __future__ import annotations

import contextlib
import io
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from api.cli import main
from tariff_engine import shipped_frameworks
from tariff_engine.columns import (
    Column,
    allocation_columns,
    place_columns,
    placement_columns,
    provider_columns,
    remittance_columns,
    school_columns,
)
from tariff_engine.finding_codes import CODES, PUBLISHED_AS
from tariff_engine.framework import Framework
from tariff_engine.money import show_pounds
from tariff_engine.statements.record import payment_columns

DATA = tomllib.loads(files("bands").joinpath("vocabulary.toml").read_text(encoding="utf-8"))
STATUS = {
    "in_force": "in force",
    "superseded": "superseded",
    "consultation": "a consultation: used only when it is named",
    "illustrative": "an illustration of ours: used only when it is named",
}
RULES = {
    "highest_level": "The highest level over all areas of need gives the band.",
    "weighted_score": "Each level has a weight; the weights add to a score, and the score gives the band.",
    "primary_need": "The level in the area of the child's primary need gives the band.",
    "assigned": "The panel gives the band. Nothing is worked out from levels of need.",
}
METHODS = {
    "calendar_days": "calendar days on roll",
    "school_days": "school days on roll",
    "months": "months on roll on the count day",
    "terms": "terms on roll on the count date",
}
TARIFF_HEADS = (
    *("Provision", "Provider", "Band", "Phase", "Basis", "Unit"),
    *("Rate", "Minimum", "Maximum", "Area cost", "Source"),
)


def write_reference(folder: Path) -> None:
    """Write every generated page into ``folder``; a page that hasn't changed is left alone."""
    pages = {
        "words.md": words_page(),
        "provisions.md": provisions_page(),
        "payment-rules.md": payment_rules_page(),
        "crosswalks.md": crosswalks_page(),
        "finding-codes.md": finding_codes_page(),
        "columns.md": columns_page(),
        "frameworks.md": frameworks_page(),
        "command-line.md": command_line_page(),
    }
    for name, lines in pages.items():
        path, text = folder / name, "\n".join(lines).rstrip() + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table, with a blank line after it."""
    lines = [heads, ["---"] * len(heads), *rows]
    return [*("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines), ""]


def words_page() -> list[str]:
    """The field's words, in plain language."""
    lines = ["# Words", "", "What the words of the field mean here. Sorted by the alphabet.", ""]
    for row in sorted(DATA["terms"], key=lambda row: row["term"].casefold()):
        lines += [_plain(row["term"]), f": {_plain(row['definition'])}", ""]
    return lines


def provisions_page() -> list[str]:
    """The code sets of a placements file."""
    lines = ["# Codes", "", "The codes that a placements file and a framework use, and what each means.", ""]
    lines += ["## Provisions", ""]
    lines += table(
        ["Code", "Title", "Meaning", "High needs"],
        ((f"`{r['code']}`", r["title"], r["definition"], _yes(r["high_needs"])) for r in DATA["provisions"]),
    )
    lines += ["## Phases", "", "The phase comes from the year group.", ""]
    phases = ((f"`{r['code']}`", r["title"], r["definition"], _years(r)) for r in DATA["phases"])
    lines += table(["Code", "Title", "Meaning", "Year groups"], phases)
    lines += ["## Primary needs", ""]
    needs = ((f"`{r['code']}`", r["title"], r["definition"]) for r in DATA["need_codes"])
    lines += table(["Code", "Title", "Meaning"], needs)
    for title, key in (("Provider types", "provider_types"), ("Payers", "payers")):
        lines += [f"## {title}", ""]
        lines += table(
            ["Code", "Title", "Meaning"], ((f"`{r['code']}`", r["title"], r["definition"]) for r in DATA[key])
        )
    lines += ["## Section 251 lines", ""]
    budget = ((r["line"], r["title"], _yes(r["in_high_needs_total"])) for r in DATA["section_251_lines"])
    lines += table(["Line", "Title", "In the high needs total"], budget)
    return [*lines, *_sources(DATA["sources"])]


def payment_rules_page() -> list[str]:
    """Who pays, and on which line."""
    lines = [
        "# Who pays, and on which line",
        "",
        "Read from the top: the first rule that fits a placement decides. A blank cell fits anything.",
        "",
    ]
    rules = [
        (
            number,
            _codes(rule.get("provisions")),
            _codes(rule.get("provider_types")),
            _codes([rule["payer_given"]] if "payer_given" in rule else []),
            f"`{rule['payer']}`",
            rule["line"],
        )
        for number, rule in enumerate(DATA["payment_rules"], start=1)
    ]
    heads = ["", "Provision", "Provider type", "Payer given", "Payer", "Section 251 line"]
    return [*lines, *table(heads, rules)]


def crosswalks_page() -> list[str]:
    """Other people's code sets, mapped to ours."""
    lines = ["# Crosswalks", "", "How the code sets of national returns and registers are read.", ""]
    for title, key, columns in (
        ("Settings in the SEN2 return", "sen2_settings", ("code", "title")),
        ("Types of establishment in the register of schools", "gias_types", ("code", "name")),
        ("Placement types in the published plans tables", "ees_placements", ("placement_type",)),
    ):
        lines += [f"## {title}", ""]
        heads = [
            *(column.replace("_", " ").capitalize() for column in columns),
            "Provision",
            "Provider type",
            "Note",
        ]
        lines += table(heads, ([*(r[c] for c in columns), *_mapped(r)] for r in DATA["crosswalks"][key]))
    return [*lines, *_sources(DATA["sources"])]


def finding_codes_page() -> list[str]:
    """Every finding, what it means and what to do about it."""
    lines = [
        "# Finding codes",
        "",
        "What the engine says about a file.",
        "",
        "- **Error**: a row, or a part of it, has no price.",
        "- **Warning**: it was priced, and somebody should look.",
        "- **Info**: worth knowing; nothing needs doing.",
        "",
    ]
    for severity, title in (("error", "Errors"), ("warning", "Warnings"), ("info", "Info")):
        chosen = [code for code in CODES.values() if code.severity == severity]
        rows = ((f"`{PUBLISHED_AS.get(c.code, c.code)}`", c.meaning, c.what_to_do) for c in chosen)
        lines += [f"## {title}", "", *table(["Code", "What it means", "What to do"], rows)]
    return lines


def columns_page() -> list[str]:
    """The column contracts."""
    return [
        "# Columns",
        "",
        "What each column of an input holds.",
        "",
        "- The order of columns is free, and a column that isn't listed is kept and passed through.",
        "- A required column must be in the file; a filled one must have a value in every row.",
        "",
        "## Placements",
        "",
        *_column_table(placement_columns()),
        "There is also one column for each area of need of the framework: `need_` and the area's code.",
        "It holds the child's level, from 0 to the area's highest. A blank level is not level 0.",
        "",
        "## Providers",
        "",
        *_column_table(provider_columns()),
        "## Places",
        "",
        *_column_table(place_columns()),
        "## Schools",
        "",
        "Mainstream schools with their notional budgets, for `notional-sen`.",
        "",
        *_column_table(school_columns()),
        "## Additional allocations",
        "",
        "What a providers file may have besides, for `protect`.",
        "",
        *_column_table(allocation_columns()),
        "## Remittance",
        "",
        "What an authority paid a provider. Of `placement_id` and `child_id` one is enough.",
        "",
        *_column_table(remittance_columns()),
        "## Payments",
        "",
        "What a run of `statement` writes as `payments.csv`, and takes as `--paid`. A remittance can be given instead.",
        "",
        *_column_table(payment_columns()),
    ]


def frameworks_page() -> list[str]:
    """The shipped frameworks: status, rules, rates and sources."""
    lines = [
        "# Shipped frameworks",
        "",
        "Published local frameworks, and an illustration of a national one. Every value has a source.",
        "",
    ]
    frameworks = shipped_frameworks()
    summary = ((f"`{f.name}`", f.header.title, STATUS[f.header.legal_status], _dates(f)) for f in frameworks)
    lines += table(["Name", "Title", "Status", "In effect"], summary)
    for framework in frameworks:
        lines += _framework_section(framework)
    return lines


def command_line_page() -> list[str]:
    """The help of every command, as the program prints it."""
    return ["# Command line", "", "The same text that `--help` prints.", "", *_help_of([])]


def _framework_section(framework: Framework) -> list[str]:
    header = framework.header
    lines = [f"## {framework.name}", "", f"{header.title}. {header.publisher}.", ""]
    lines += [f"- Status: {STATUS[header.legal_status]}; in effect {_dates(framework)}."]
    lines += [f"- Bands: {RULES[header.banding.rule]}"]
    lines += [f"- Part of a year: by {METHODS[header.proration.method]}; the year is {header.year_basis.value}."]
    lines += [f"- Content hash: `{framework.content_hash}`.", ""]
    if header.need_areas:
        areas = [
            (
                f"`{area.code}`",
                area.title,
                ", ".join(area.primary_needs),
                "; ".join(f"{level}: {meaning}" for level, meaning in enumerate(area.levels)),
            )
            for area in header.need_areas
        ]
        lines += ["**Areas of need**", "", *table(["Code", "Title", "Primary needs", "Levels"], areas)]
    bands = ((f"`{b.code}`", b.title, b.descriptor) for b in framework.bands)
    lines += ["**Bands**, the lowest first", "", *table(["Band", "Title", "Meaning"], bands)]
    tariffs = [
        (
            *(t.provision, t.provider_id, t.band, t.phase, t.price_basis, t.unit),
            *(_pounds(t.rate_pence), _pounds(t.minimum_pence), _pounds(t.maximum_pence)),
            *(_yes(t.area_cost), t.source_id),
        )
        for t in framework.tariffs
    ]
    lines += ["**Tariffs**", "", *table(TARIFF_HEADS, tariffs)]
    if framework.place_rates:
        places = (
            (p.provision, p.phase, p.occupancy, _pounds(p.rate_pence), p.source_id) for p in framework.place_rates
        )
        lines += ["**Places**", "", *table(["Provision", "Phase", "Occupancy", "Rate", "Source"], places)]
    if framework.uplifts:
        heads = ["Code", "Title", "Value", "Provisions", "Source"]
        uplifts = [
            (f"`{u.code}`", u.title, _uplift(u.kind, u.value), "; ".join(u.provisions), u.source_id)
            for u in framework.uplifts.values()
        ]
        lines += ["**Uplifts**", "", *table(heads, uplifts)]
    heads = ["Source", "Title", "Publisher", "Status", "Working", "Checked"]
    sources = (
        (s.id, _link(s.title, s.url), s.publisher, s.status, s.working, s.last_checked_on or "") for s in header.sources
    )
    return [*lines, "**Sources**", "", *table(heads, sources)]


def _help_of(command: list[str]) -> list[str]:
    """The help of a command and then of each command below it, which its own help lists."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = main([*command, "--help"])
    if status != 0:
        raise RuntimeError(f"{' '.join(command)} --help ends with status {status}")
    text = printed.getvalue().strip()
    lines = [f"## {' '.join(['tariff-engine', *command])}", "", "```text", text, "```", ""]
    _, _, below = text.partition("\nCommands:\n")
    for name in re.findall(r"^  (\S+)", below, flags=re.MULTILINE):
        lines += _help_of([*command, name])
    return lines


def _column_table(columns: Mapping[str, Column]) -> list[str]:
    rows = ((f"`{c.name}`", c.kind, _yes(c.required), _yes(c.filled), c.meaning) for c in columns.values())
    return table(["Column", "Type", "Required", "Filled", "Meaning"], rows)


def _sources(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    listed = (
        (r["id"], _link(r["title"], r["url"]), r["publisher"], r["confidence"], r["last_checked_on"]) for r in rows
    )
    return ["## Sources", "", *table(["Source", "Title", "Publisher", "Confidence", "Checked"], listed)]


def _mapped(row: Mapping[str, Any]) -> tuple[str, str, str]:
    if "not_priced" in row:
        return "not priced", "", row["not_priced"]
    return f"`{row['provision']}`", f"`{row.get('provider_type', '')}`".replace("``", ""), row.get("note", "")


def _years(row: Mapping[str, Any]) -> str:
    first, last = row.get("from_nc_year"), row.get("to_nc_year")
    return f"up to {last}" if first is None else f"{first} and above" if last is None else f"{first} to {last}"


def _dates(framework: Framework) -> str:
    header = framework.header
    return f"from {header.effective_from}" + (f" to {header.effective_to}" if header.effective_to else "")


def _uplift(kind: str, value: int) -> str:
    return show_pounds(value) if kind == "amount" else f"{value / 1_000_000:g}%"


def _pounds(pence: int | None) -> str:
    return "" if pence is None else show_pounds(pence)


def _codes(codes: Sequence[str] | None) -> str:
    return ", ".join(f"`{code}`" for code in codes or ())


def _yes(value: bool) -> str:
    return "yes" if value else ""


def _link(title: str, url: str) -> str:
    return f"[{_plain(title)}]({url})" if url else title


def _plain(text: str) -> str:
    return text.replace("[", "(").replace("]", ")").replace("<", "&lt;")


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ").strip()
