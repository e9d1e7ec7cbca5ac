"""How the documentation is built. Reference pages are made from the data at every build."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import generate  # noqa: E402  (found through the path just set)

project = "tariff-engine"
author = "tariff-engine contributors"
project_copyright = f"2026, {author}"
release = version("tariff-engine")
language = "en-gb"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.doctest"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = True
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "tariff-engine"
html_copy_source = False
html_show_sphinx = False

generate.write_reference(HERE / "reference")
