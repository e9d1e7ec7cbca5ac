"""One fact, one place: rates and years are data, in ``bands/``, and never in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = ("tariff_engine", "scenarios", "api")
# Place funding, the first part of extra support and the basic entitlement: in pounds, then in pence. £10,000
# in pence is left out, because it is also how many millionths make one.
RATES = {6_000, 10_000, 4_000, 4_660, 600_000, 400_000, 466_000}
RATE_IN_TEXT = re.compile(r"(?<![\d.,-])(?:6,?000|10,?000|4,?000|4,?660)(?:\.00)?(?![\d.,]*\d)")
YEARS = range(2010, 2040)
YEAR_AS_VALUE = re.compile(r"(?<!\d)20\d\d[-/_](?:20)?\d\d(?!\d)")


def modules() -> list[Path]:
    root = Path(__file__).resolve().parents[2]
    return [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]


@pytest.mark.parametrize("path", modules(), ids=lambda path: "/".join(path.parts[-3:]))
def test_a_module_holds_no_rate_and_no_year(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [f"line {line}: {value!r} {why}" for line, value in _constants(tree) if (why := _complaint(value))]
    assert not found, "\n".join([path.name, *found])


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_was_looked_at(package: str) -> None:
    assert any(package in path.parts for path in modules())


@pytest.mark.parametrize(
    ("code", "complaints"),
    [
        ("x = 6000", 1),
        ("x = 10_000", 1),
        ("x = -4660.0", 1),
        ("x = 'a place is £10,000 a year'", 1),
        ("x = f'{y} of 6,000.00'", 1),
        ("period = 'FY2025-26'", 1),
        ("if year == 2025: pass", 1),
        ("'''A docstring may say 2025-26 and £6,000.'''", 0),
        ("raise ValueError('expected a period such as FY2025-26')", 0),
        ("x = 60000, 16000, 100000, '110,000', '6,000,000'", 0),
    ],
)
def test_the_search_finds_what_it_should(code: str, complaints: int) -> None:
    assert sum(bool(_complaint(value)) for _, value in _constants(ast.parse(code))) == complaints


def _constants(tree: ast.Module) -> Iterator[tuple[int, object]]:
    """Every number and text of a module with its line, but for docstrings and other bare texts."""
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in bare:
            yield node.lineno, node.value


def _complaint(value: object) -> str:
    if isinstance(value, str):
        if RATE_IN_TEXT.search(value):
            return "is a rate"
        # A sentence is read by a person: a year in it is an example. A word is read by the program.
        return "is a year" if " " not in value and YEAR_AS_VALUE.search(value) else ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    if value in RATES:
        return "is a rate"
    return "is a year" if value in YEARS else ""
