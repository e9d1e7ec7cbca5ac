"""The queries as a letter to the authority, to be gone over and sent: Markdown, or an OpenDocument text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tariff_engine.errors import UsageError
from tariff_engine.money import show_pounds
from tariff_engine.remittance.result import RemittanceCheck
from tariff_engine.remittance.wording import day
from tariff_engine.tables.atomic import whole_or_nothing
from tariff_engine.tables.odt import Heading, Paragraph, Part, TextTable, write_odt
from tariff_engine.tables.wording import printable, shown
from tariff_engine.tables.writing import spare

ENDINGS = (".md", ".odt")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")


def check_letter(path: Path) -> None:
    """Refuse, as UsageError, a name that no letter can have."""
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{shown(path.name)} must end in .md or .odt.")


def write_letter(check: RemittanceCheck, path: Path) -> Path:
    """Write the letter, whole or not at all.

    Raises
    ------
    UsageError : the ending or the folder doesn't allow it.
    """
    check_letter(path)
    spare([path], check.sources)
    parts = letter_parts(check)
    with whole_or_nothing([path]) as (staged,):
        if path.suffix.lower() == ".odt":
            write_odt(staged, _title(check), parts)
        else:
            staged.write_text(_markdown(parts), encoding="utf-8", newline="\n")
    return path


def letter_parts(check: RemittanceCheck) -> list[Part]:
    """The letter: what was compared, a table of the queries, and each of them in words."""
    queries, windows = check.queries, check.windows
    first, last = day(windows["from"][0]), day(windows["to"][-1])
    names = " and ".join(version.header.title for version in check.costing.frameworks[:1])
    parts: list[Part] = [
        Heading(_title(check)),
        Paragraph("To the high needs finance team"),
        Paragraph(
            f"We have held your payments for {first} to {last} against what is due for our placements under {names} "
            f"({', '.join(version.name for version in check.costing.frameworks)})."
        ),
    ]
    if queries.is_empty():
        return [*parts, Paragraph("We have no query: what was paid is what is due.")]
    total = int(queries["difference"].sum())
    side = "less" if total < 0 else "more"
    count = "one child" if queries.height == 1 else f"{queries.height} children"
    parts.append(
        Paragraph(
            f"For {count} it isn't the same. In all you paid {show_pounds(abs(total))} {side} than is due. Please look "
            f"at the queries below; the reasons in them are what the amounts suggest, and each comes to the penny."
        )
    )
    rows = [
        (str(row["query"]), row["child_id"] or "not named", *_pounds(row), row["reason"] or "")
        for row in queries.iter_rows(named=True)
    ]
    header = ("Query", "Child", "Due", "Paid", "Difference", "What it looks like")
    parts.append(TextTable(header, rows, (1.6, 3.2, 2.6, 2.6, 2.6, 4.4), (2, 3, 4)))
    for row in queries.iter_rows(named=True):
        parts.append(Heading(f"{row['query']}. {row['child_id'] or 'A payment that names no child'}"))
        parts.append(Paragraph(f"Placement: {row['placement_id'] or 'not named'}. When: {row['period']}."))
        parts.append(Paragraph(row["question"]))
    return [*parts, Paragraph("Yours sincerely")]


def _title(check: RemittanceCheck) -> str:
    return f"Top-up payments for {check.costing.period.name}: queries"


def _pounds(row: dict[str, int]) -> tuple[str, str, str]:
    return show_pounds(row["due"]), show_pounds(row["paid"]), show_pounds(row["difference"])


def _markdown(parts: Sequence[Part]) -> str:
    lines: list[str] = []
    for at, part in enumerate(parts):
        if isinstance(part, Heading):
            lines += [f"{'#' if at == 0 else '##'} {_plain(part.text)}", ""]
        elif isinstance(part, Paragraph):
            lines += [_plain(part.text), ""]
        else:
            rule = ["---:" if at in part.numbers else "---" for at in range(len(part.header))]
            rows = [list(map(_plain, row)) for row in (part.header, *part.rows)]
            lines += ["| " + " | ".join(row) + " |" for row in [rows[0], rule, *rows[1:]]] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _plain(text: str) -> str:
    """Text in which nothing is markup."""
    return _MARKDOWN.sub(r"\\\1", printable(" ".join(text.split())))
