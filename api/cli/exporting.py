"""The command that writes a framework as a workbook to edit, and an edited workbook as a folder again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from api.cli.layout import Line
from api.cli.options import AsJson, Quiet
from api.cli.screen import say, say_json, working
from tariff_engine import Framework
from tariff_engine.errors import UsageError
from tariff_engine.framework_library import framework_files
from tariff_engine.tables.atomic import whole_folder
from tariff_engine.tables.wording import shown

_WORKBOOK = ".xlsx"
_AN_ENDING = re.compile(r"\.[A-Za-z]\w*")


def export(
    reference: Annotated[
        str, typer.Argument(metavar="F", help="The version: NAME@VERSION, a folder, or an edited workbook.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="OUT", help="FILE.xlsx to edit, or a new folder for the version's files.")
    ],
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a version as a workbook to edit in a spreadsheet program, or an edited one as a folder of files."""
    to_workbook = _is_workbook(out)
    framework, files = framework_files(reference)
    if to_workbook:
        refuse_an_edited(out)
        _write_workbook(out, files)
    else:
        with whole_folder(out) as folder:
            for name, content in files.items():
                (folder / name).write_bytes(content)
    written = [str(out)] if to_workbook else [str(out / name) for name in sorted(files)]
    if json:
        say_json({"framework": framework.name, "content_hash": framework.content_hash, "files": written})
    else:
        say(_lines(framework, reference, out, to_workbook), quiet=quiet)


def _is_workbook(out: Path) -> bool:
    """Whether the output is a workbook and not a folder; an ending that is neither's is refused."""
    if out.is_dir():
        return False
    if out.suffix.lower() == _WORKBOOK:
        return True
    if _AN_ENDING.fullmatch(out.suffix):
        raise UsageError(f"{shown(out.name)} must end in {_WORKBOOK}, or be the name of a folder, without an ending.")
    return False


def refuse_an_edited(out: Path) -> None:
    """Refuse to write over a workbook that somebody has edited since it was made."""
    if not out.is_file():
        return
    from tariff_engine.framework_workbook import read_framework_workbook

    there = read_framework_workbook(out)
    if there.made_from and (there.framework is None or there.framework.content_hash != there.made_from):
        raise UsageError(f"{shown(out.name)} has been edited since it was made. Choose another name for --out.")


def _write_workbook(out: Path, files: Mapping[str, bytes]) -> None:
    from tariff_engine.framework_workbook_writing import write_framework_workbook

    with working("Writing a workbook"):
        write_framework_workbook(out, files)


def _lines(framework: Framework, reference: str, out: Path, to_workbook: bool) -> list[Line]:
    lines = [Line(f"{out}: {framework.name}, content hash {framework.content_hash[:12]}.")]
    if to_workbook:
        lines += [
            Line("Edit the shaded cells, save, and then:"),
            Line(f"  tariff-engine frameworks check {quote(str(out))}"),
            Line(f"  tariff-engine frameworks diff {quote(reference)} {quote(str(out))}"),
        ]
    return lines
