"""The pictures of a costing's workbook in the guides: ``python docs/pictures.py`` makes them again.

Needs LibreOffice, poppler (pdftoppm) and Pillow.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from scenarios.sample import sample_caseload
from tariff_engine import cost, load_frameworks

PICTURES = Path(__file__).resolve().parent / "how-to" / "pictures"
FRAMEWORK, PERIOD, ROWS, SEED = "national-illustrative@2026-27", "FY2026-27", 200, 7
MADE = "1795564800"  # a day for the Summary to state, so that the same version gives the same pictures
AREAS = {
    "Summary": "A1:Q50",
    "Costing": "A1:T24",
    "Findings": "A1:H14",
    "Rules": "A1:M24",
    "Rules bands": "A1:L12",
    "Rules needs": "A1:G27",
    "Rules uplifts": "A1:K12",
    "Rules places": "A1:J18",
    "Rules area costs": "A1:I20",
    "Rules versions": "A1:O4",
    "Rules sources": "A1:I12",
    "Rules by band": "A1:O24",
    "Working": "A1:X20",
    "Provenance": "A1:B22",
}
"""What is shown of each sheet."""

TOTALS = "A20:F33"
CHANGE = {"I4": "8246"}
"""What is changed in Rules for the picture of the changed totals: band B3 in a mainstream school."""
RECALCULATE = """\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""
"""Settings of LibreOffice: work out the formulas of every workbook that is opened."""

_DOTS, _COLOURS = 140, 48


def main() -> None:
    """Write a picture of each sheet of a costing's workbook, and one of its totals after a change."""
    os.environ["SOURCE_DATE_EPOCH"] = MADE
    frameworks = load_frameworks(FRAMEWORK)
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        placements, book = folder / "placements.csv", folder / "costing.xlsx"
        sample_caseload(ROWS, SEED, frameworks).write_csv(placements)
        cost(placements, frameworks, PERIOD).write(book)
        for sheet, page in zip(AREAS, _pages(book, folder / "shown.xlsx", AREAS, {}), strict=True):
            _save(page, PICTURES / f"costing-{sheet.lower().replace(' ', '-')}.png")
        changed = {**AREAS, "Summary": TOTALS}
        _save(_pages(book, folder / "changed.xlsx", changed, CHANGE)[0], PICTURES / "costing-changed.png")


def _pages(book: Path, shown: Path, areas: Mapping[str, str], change: Mapping[str, str]) -> list[Path]:
    """One picture a sheet, as LibreOffice shows it when it has worked everything out again."""
    _cut(book, shown, areas, change)
    profile = shown.parent / "profile" / "user"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    option = f"-env:UserInstallation={profile.parent.as_uri()}"
    _run("soffice", option, "--headless", "--convert-to", "pdf", "--outdir", shown.parent, shown)
    _run("pdftoppm", "-r", _DOTS, "-png", shown.with_suffix(".pdf"), shown.with_suffix(""))
    return sorted(shown.parent.glob(f"{shown.stem}-*.png"))


def _save(page: Path, picture: Path) -> None:
    """What is on a page, without the paper around it, in few colours."""
    from PIL import Image, ImageChops, ImageOps

    with Image.open(page) as image:
        drawn = image.convert("RGB")
    box = ImageChops.difference(drawn, Image.new("RGB", drawn.size, "white")).getbbox()
    ImageOps.expand(drawn.crop(box), 6, "white").quantize(_COLOURS).save(picture, optimize=True)


def _cut(book: Path, out: Path, areas: Mapping[str, str], change: Mapping[str, str]) -> None:
    """A copy of a workbook that is printed one page a sheet, with some cells of Rules changed."""
    sheets = list(areas)
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info).decode() if info.filename.endswith(".xml") else source.read(info)
            if isinstance(content, str) and info.filename == "xl/workbook.xml":
                content = _areas(content, areas)
            elif isinstance(content, str) and (found := re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", info.filename)):
                sheet = sheets[int(found[1]) - 1]
                content = _one_page(content, headings=sheet != "Summary")
                for cell, value in change.items() if sheet == "Rules" else ():
                    content = re.sub(rf'(<c r="{cell}"[^>]*><v>)[^<]*', rf"\g<1>{value}", content)
            target.writestr(info, content)


def _areas(workbook: str, areas: Mapping[str, str]) -> str:
    """The names of a workbook with the cells that are shown as what is printed."""
    kept = re.sub(r'<definedName name="_xlnm\.Print_[^<]*</definedName>', "", workbook)
    names = ""
    for at, (sheet, area) in enumerate(areas.items()):
        cells = re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", area)
        names += f'<definedName name="_xlnm.Print_Area" localSheetId="{at}">\'{sheet}\'!{cells}</definedName>'
    return kept.replace("<definedNames>", f"<definedNames>{names}")


def _one_page(sheet: str, *, headings: bool) -> str:
    """Fit a sheet to one page without a footer, with its row numbers and column letters."""
    sheet = re.sub(r"<rowBreaks.*?</rowBreaks>|<headerFooter>.*?</headerFooter>", "", sheet)
    sheet = sheet.replace('fitToHeight="0"', 'fitToHeight="1"')
    shown = '<printOptions headings="1" gridLines="1"/><pageMargins'
    return sheet.replace("<pageMargins", shown) if headings else sheet


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


if __name__ == "__main__":
    main()
