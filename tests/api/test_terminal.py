"""On a terminal: colour, boxes in the help, and a sign of life; the same words as in a pipe."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from tests.api.conftest import GOOD_FILE, PRICE
from tests.contract.commands import clean_environment, run

PROGRAM = Path(sys.executable).parent / "tariff-engine"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_a_terminal(arguments: list[str], folder: Path) -> str:
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = {name: text for name, text in clean_environment().items() if name != "NO_COLOR"}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "100"}
    with subprocess.Popen([PROGRAM, *arguments], cwd=folder, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # The other end is closed.
                break
            if not part:
                break
            said += part
        assert process.wait(timeout=60) == 0
    os.close(ours)
    return said.decode("utf-8").replace("\r\n", "\n")


def test_a_terminal_gets_colour_and_the_same_words(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(GOOD_FILE, encoding="utf-8")
    arguments = ["price", "good.csv", *PRICE, "--out", "out.csv"]
    said = on_a_terminal(arguments, tmp_path)
    assert "\x1b[1m" in said
    assert "Pricing ..." in said
    plain = run([*arguments], tmp_path).stdout
    assert plain.strip() in ESCAPES.sub("", said)


def test_help_has_boxes_on_a_terminal(tmp_path: Path) -> None:
    assert "╭" in on_a_terminal(["--help"], tmp_path)
    assert "╭" in on_a_terminal(["frameworks", "--help"], tmp_path)
