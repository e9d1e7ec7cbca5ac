"""Imports point left, and the core stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HEAVY = (
    "altair",
    "fastapi",
    "matplotlib",
    "numba",
    "openpyxl",
    "pandas",
    "pyspark",
    "python_calamine",
    "rich",
    "sqlalchemy",
    "starlette",
    "typer",
    "uvicorn",
    "xlsxwriter",
)
OURS = {"api", "bands", "scenarios", "tariff_engine"}


def test_the_layers_hold(root: Path) -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ["tariff_engine", "scenarios"])
def test_importing_loads_nothing_heavy(package: str, root: Path) -> None:
    script = f"import sys, {package}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert package in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_oracle_imports_nothing_of_ours(root: Path) -> None:
    modules = [path for path in sorted((root / "tests" / "oracle").glob("*.py")) if not path.name.startswith("test_")]
    assert modules
    for path in modules:
        imported = set(_imported(ast.parse(path.read_text(encoding="utf-8"))))
        assert imported.isdisjoint(OURS), f"{path.name} imports {sorted(imported & OURS)}"


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
