"""What every test can use: where the project is, and how property tests run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler.protocol import Scheduling

ROOT = Path(__file__).resolve().parents[1]

# Shared machines are slow at times, so no example has a deadline; in continuous integration the examples are
# the same in every run, so that a failure there can be repeated.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

_RECALCULATE = """\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""
"""Settings of LibreOffice: work out the formulas of every workbook that is opened."""


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder that holds the project."""
    return ROOT


@pytest.fixture(scope="session")
def libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Path]:
    """Opens a file in LibreOffice and saves it as another kind, such as ``xlsx`` or ``pdf``; gives the new file.

    Every formula is worked out afresh, whatever value stands beside it.
    """
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is missing; on Debian and Ubuntu it is the package libreoffice-calc")
    # A profile of its own, so that it doesn't hand the work to a LibreOffice that somebody has open.
    profile = tmp_path_factory.mktemp("libreoffice")
    (profile / "user").mkdir()
    (profile / "user" / "registrymodifications.xcu").write_text(_RECALCULATE, encoding="utf-8")

    def save_as(path: Path, kind: str) -> Path:
        folder = tmp_path_factory.mktemp("saved")
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", kind]
        done = subprocess.run([*command, "--outdir", folder, path], capture_output=True, text=True, check=False)
        saved = folder / f"{path.stem}.{kind}"
        assert saved.is_file(), done.stdout + done.stderr
        return saved

    return save_as


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Tests go to whichever process is free, but those of the wheel go to one: it is built and installed once."""
    from xdist.scheduler import LoadScopeScheduling

    class WheelTogether(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, _ = nodeid.partition("::")
            return file if file.endswith("test_wheel.py") else nodeid

    return WheelTogether(config, log)
