"""Imports point left, and the core stays light."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from api.cli.application import COMMANDS
from api.cli.later import function_of

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
COMMAND_MODULES = {f"api.cli.{module}" for module, _ in COMMANDS.values()}
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


# What reads versions and files, writes, explains or asks a person: loaded when it is used.
NOT_TO_PRICE_A_FRAME = (
    "difflib",
    "pydantic",
    "scenarios",
    "tariff_engine.costing_pages",
    "tariff_engine.explanation",
    "tariff_engine.framework_header",
    "tariff_engine.framework_library",
    "tariff_engine.framework_reading",
    "tariff_engine.story",
    "tariff_engine.tables.delimited",
    "tariff_engine.tables.sources",
    "tariff_engine.tables.spreadsheets",
    "tariff_engine.tables.writing",
)


def test_importing_what_prices_loads_nothing_else(root: Path) -> None:
    loaded = _loaded("import sys; from tariff_engine import cost; print(*sys.modules)", root)
    assert "tariff_engine.kernel" in loaded
    assert loaded.isdisjoint(NOT_TO_PRICE_A_FRAME)


def test_importing_the_engine_loads_no_library(root: Path) -> None:
    loaded = _loaded("import sys, tariff_engine; print(*sys.modules)", root)
    assert loaded.isdisjoint({"numpy", "polars", "pydantic"})
    assert {name for name in loaded if name.startswith("tariff_engine.")} == set()


def test_importing_reads_no_file_of_codes(root: Path) -> None:
    script = "from tariff_engine import cost, vocabulary as v; print(v.vocabulary.cache_info().misses)"
    assert _loaded(script, root) == {"0"}


@pytest.mark.parametrize("arguments", [["--help"], ["pricee"]])
def test_the_help_and_a_mistyped_command_do_without_the_engine(arguments: list[str], root: Path) -> None:
    script = f"import sys; from api.cli import main; main({arguments}); print(*sys.modules)"
    loaded = _loaded(script, root)
    assert loaded.isdisjoint({"numpy", "polars", "scenarios", *COMMAND_MODULES})


def test_a_command_loads_its_own_module_alone(root: Path) -> None:
    loaded = _loaded("import sys; from api.cli import main; main(['sample', '--help']); print(*sys.modules)", root)
    assert loaded & COMMAND_MODULES == {"api.cli.samples"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says_of_itself(name: str) -> None:
    module_name, listed = COMMANDS[name]
    module = import_module(f"api.cli.{module_name}")
    if hasattr(module, "application"):
        assert module.application(terminal=False).info.help == listed
    else:
        first, *_ = (inspect.getdoc(getattr(module, function_of(name))) or "").split("\n\n")
        assert " ".join(first.split()) == listed


def _loaded(script: str, root: Path) -> set[str]:
    """What a script says in a new interpreter, word by word."""
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


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
