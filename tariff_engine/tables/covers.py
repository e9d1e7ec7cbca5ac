"""The Cover of a template or a working workbook: what it says of itself, and whether it fits what it is read for.

Column A holds labels and column B values, so that a person and the program read the same cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from tariff_engine.errors import InputRefused
from tariff_engine.framework import Framework
from tariff_engine.frozen import FrozenDict
from tariff_engine.tables.contract import Note
from tariff_engine.tables.wording import listed, shown

COVER, INSTRUCTIONS, LISTS, EXAMPLE = "Cover", "Instructions", "Lists", "Example"
TEMPLATE, VERSION = "Template", "Template version"
FRAMEWORK, FRAMEWORK_VERSION, CONTENT_HASH = "Framework", "Framework version", "Content hash"
MADE_ON = "Made on"
LABELS = (TEMPLATE, VERSION, FRAMEWORK, FRAMEWORK_VERSION, CONTENT_HASH, MADE_ON)

CURRENT = 1
"""The version of the templates made today. It goes up by one with a change that whoever reads them must know of."""


def cover_facts(template: str, framework: Framework | None) -> dict[str, str]:
    """What the Cover of a template of today says, by label; blank where there is no framework."""
    known = ("", "", "") if framework is None else (framework.id, framework.version, framework.content_hash)
    facts = dict(zip((FRAMEWORK, FRAMEWORK_VERSION, CONTENT_HASH), known, strict=True))
    return {TEMPLATE: template, VERSION: str(CURRENT), **facts}


def cover_of(sheets: Iterable[pl.DataFrame]) -> Mapping[str, str]:
    """What a workbook's Cover says by label, from its sheet of text; nothing where it has none or says nothing."""
    rows = (row for sheet in sheets if sheet.width > 1 for row in sheet.select(sheet.columns[:2]).iter_rows())
    found = {label.strip(): (value or "").strip() for label, value in rows if label}
    return FrozenDict({label: found[label] for label in LABELS if label in found})


def check_template(cover: Mapping[str, str], template: str, current: int = CURRENT) -> tuple[Note, ...]:
    """Notes on a file's Cover; nothing where it has none.

    Raises
    ------
    InputRefused : the file is another template's, or of a version that isn't known here.
    """
    if TEMPLATE not in cover:
        return ()
    kind, version = cover[TEMPLATE], cover.get(VERSION, "")
    command = f"tariff-engine template {template} --out FILE.xlsx"
    if kind != template:
        raise InputRefused(
            f"The selected file is the template for {shown(kind)}, and {template} are read here. Choose the file "
            f"with the {template}."
        )
    if version not in {str(known) for known in range(1, current + 1)}:
        raise InputRefused(
            f"The selected file is of template version {shown(version)}, which isn't known here. You must use the "
            f"template of this program: {command}"
        )
    if version == str(current):
        return ()
    message = f"The file is of template version {version}, and {current} is the newest; it was read all the same."
    return (Note("template_older", "info", None, VERSION, version, message),)


def misfit(cover: Mapping[str, str], frameworks: Sequence[Framework]) -> str | None:
    """What is wrong with pricing a filled template under some versions, or None where it was made for one of them."""
    if not cover.get(FRAMEWORK):
        return None
    made_for = f"{cover[FRAMEWORK]}@{cover.get(FRAMEWORK_VERSION, '')}"
    chosen = {framework.name: framework.content_hash for framework in frameworks}
    if made_for not in chosen:
        return f"the file was made from a template for {made_for}, and is read for {listed(list(chosen))}"
    if cover.get(CONTENT_HASH) not in (None, "", chosen[made_for]):
        return f"the file was made from a template for {made_for}, whose files have changed since"
    return None
