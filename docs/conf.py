"""How the documentation is built. Reference pages are made from the data at every build."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import generate  # noqa: E402  (found through the path just set)

project = "tariff-engine"
author = "tariff-engine contributors"
project_copyright = f"2026, {author}"
release = metadata.version("tariff-engine")
language = "en-gb"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.doctest"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"

html_theme = "furo"
html_title = "tariff-engine"
html_copy_source = False
html_show_sphinx = False

generate.write_reference(HERE / "reference")

LISTED = ("Parameters", "Attributes", "Raises")


def setup(app: Sphinx) -> None:
    """Read docstrings with the sections that numpy uses."""
    app.connect("autodoc-process-docstring", read_sections)


def read_sections(_app: Sphinx, _what: str, _name: str, _of: Any, _options: Any, lines: list[str]) -> None:
    """Turn the sections of a docstring into lists: a name, then its words in place of a type."""
    section, found = "", []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        listed = section in LISTED and line.strip()
        if set(following.strip()) == {"-"}:
            section = line.strip()
            found += [f"**{section}**", ""]
        elif set(line.strip()) == {"-"}:
            continue
        elif listed and not line.startswith(" ") and " : " in line:
            names, _, words = line.partition(" : ")
            found.append(f"- ``{names}``: {words}")
        else:
            found.append(f"  {line.strip()}" if listed else line)
    lines[:] = found
