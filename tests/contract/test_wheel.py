"""The wheel, built, installed in an environment of its own, and used from a folder elsewhere."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.commands import clean_environment, run

PACKAGES = ("api", "bands", "scenarios", "tariff_engine")
FRAMEWORK, PERIOD = "devon@2023-24", "FY2023-24"


@dataclass(frozen=True)
class Installed:
    """A wheel and the environment it was installed in."""

    wheel: Path
    python: Path
    program: Path
    core_said: str


@pytest.fixture(scope="session")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    build: list[str | Path] = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        folder,
        root,
    ]
    _checked(build, folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    pip: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
        "-c",
        root / "constraints.txt",
    ]
    _checked([*pip, wheel], folder)
    # With the core alone, before any extra is there.
    core = "import tariff_engine, scenarios; print(len(tariff_engine.shipped_frameworks()))"
    core_said = _checked([python, "-c", core], folder)
    _checked([*pip, f"{wheel}[cli,xlsx]"], folder)
    return Installed(wheel, python, python.parent / "tariff-engine", core_said)


def test_the_wheel_holds_the_packages_and_nothing_else(installed: Installed, root: Path) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in packed} == set(PACKAGES)
    files = {path for package in PACKAGES for path in (root / package).rglob("*") if path.is_file()}
    ours = {path.relative_to(root).as_posix() for path in files if "__pycache__" not in path.parts}
    assert ours == packed


def test_the_core_works_without_extras(installed: Installed) -> None:
    assert int(installed.core_said) > 0


def test_the_command_says_what_it_does(installed: Installed, tmp_path: Path) -> None:
    done = run(["--help"], tmp_path, installed.program)
    assert done.returncode == 0, done.stderr
    assert "price" in done.stdout


def test_the_shipped_frameworks_are_listed(installed: Installed, tmp_path: Path) -> None:
    done = run(["frameworks", "list", "--json"], tmp_path, installed.program)
    assert done.returncode == 0, done.stderr
    assert "devon" in json.dumps(json.loads(done.stdout))


def test_a_small_caseload_is_priced_elsewhere(installed: Installed, root: Path, tmp_path: Path) -> None:
    with (root / "bands" / "devon" / "2023-24" / "tariffs.csv").open(encoding="utf-8", newline="") as file:
        row = next(
            r for r in csv.DictReader(file) if r["band"] and r["price_basis"] == "tariff" and r["unit"] == "year"
        )
    head = "placement_id,child_id,home_la,provider_id,provision,start_date,band\n"
    (tmp_path / "in.csv").write_text(
        f"{head}P1,C1,878,113000,{row['provision']},2023-04-01,{row['band']}\n", encoding="utf-8"
    )
    command = ["price", "in.csv", "--framework", FRAMEWORK, "--period", PERIOD, "--out", "out.csv"]
    done = run([*command], tmp_path, installed.program)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {
        "in.csv",
        "out.csv",
        "out.findings.csv",
        "out.provenance.json",
    }
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["placement_id"], line["band"], line["amount"]) == ("P1", row["band"], row["rate"])


def _checked(command: list[str | Path], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
