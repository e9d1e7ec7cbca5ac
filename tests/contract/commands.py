"""Run the command line as a person would, in a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(arguments: list[str | Path], folder: Path, program: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``tariff-engine`` with ``arguments`` in ``folder``, without a terminal; never raises."""
    command = program or Path(sys.executable).parent / "tariff-engine"
    return subprocess.run(
        [command, *arguments],
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def clean_environment() -> dict[str, str]:
    """The environment without what would let a command find the project's folder, or change its words."""
    dropped = ("PYTHONPATH", "COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PYTHONUTF8": "1", "NO_COLOR": "1"}
