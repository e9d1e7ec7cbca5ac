"""The commands of the README and of the guides are run in order, and say what the pages show."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from tests.contract.commands import clean_environment, run

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "start-here.md",
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
]

BLOCK = re.compile(r"^```(console|python|\{code-block\} \w+\n:caption: (\S+)\n)\n?(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d(?:[\d,.:-]*\d)?")
# How long something took is never the same twice.
TIMED = re.compile(r"\d+(?:\.\d+)? ?(?:s|ms|seconds?|minutes?)\b")
ELIDED = {"...", "…"}


@dataclass(frozen=True)
class Example:
    """A command, a piece of Python or a file of a page; for a command, also what is shown under it."""

    kind: Literal["command", "python", "file"]
    text: str
    shown: str = ""


@dataclass(frozen=True)
class Outcome:
    """What happened when an example was run."""

    example: Example
    status: int
    said: str

    def __str__(self) -> str:
        return f"$ {self.example.text}\n{self.said}"


def examples_of(page: str) -> list[Example]:
    """Every example in order; of shell commands only ours, because the others make or install the project."""
    found: list[Example] = []
    for kind, file_name, body in BLOCK.findall(page):
        if kind == "python":
            found.append(Example("python", body))
        elif file_name:
            found.append(Example("file", body, file_name))
        else:
            for part in re.split(r"^\$ ", body.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                if command.startswith("tariff-engine"):
                    found.append(Example("command", command.strip(), shown))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_s_examples_work_and_say_what_it_shows(page: Path, tmp_path: Path) -> None:
    for example in examples_of(page.read_text(encoding="utf-8")):
        outcome = _outcome(example, tmp_path)
        assert outcome.status == 0, outcome
        if example.kind == "command":
            _compare_numbers(outcome)
            _compare_ends(outcome)


def test_the_readme_shows_the_main_job() -> None:
    commands = [example.text for example in examples_of(PAGES[0].read_text(encoding="utf-8"))]
    assert any(command.startswith("tariff-engine price ") for command in commands)


def test_examples_are_taken_from_a_page_in_order() -> None:
    page = (
        "```{code-block} text\n:caption: a.csv\n\nx\n1\n```\n"
        "```console\n$ make demo\n$ tariff-engine a \\\n  --b\nsaid 1\nsaid 2\n```\n"
        "```python\nx = 1\n```\n"
    )
    assert examples_of(page) == [
        Example("file", "x\n1\n", "a.csv"),
        Example("command", "tariff-engine a    --b", "said 1\nsaid 2\n"),
        Example("python", "x = 1\n"),
    ]


def _compare_numbers(outcome: Outcome) -> None:
    real = set(NUMBER.findall(outcome.said))
    shown = set(NUMBER.findall(TIMED.sub("", outcome.example.shown)))
    assert shown <= real, f"shown but not said: {sorted(shown - real)}\n{outcome}"


def _compare_ends(outcome: Outcome) -> None:
    shown = [line for line in outcome.example.shown.splitlines() if line.strip() and line.strip() not in ELIDED]
    real = {_words(line) for line in outcome.said.splitlines()}
    for line in shown[:1] + shown[-1:]:
        assert _words(line) in real, f"shown but not said: {line}\n{outcome}"


def _words(line: str) -> str:
    return " ".join(TIMED.sub("", line).split())


def _outcome(example: Example, folder: Path) -> Outcome:
    if example.kind == "file":
        path = folder / example.shown
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(example.text, encoding="utf-8")
        return Outcome(example, 0, "")
    if example.kind == "python":
        script = [sys.executable, "-c", example.text]
        done = subprocess.run(script, cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False)
        return Outcome(example, done.returncode, done.stdout + done.stderr)
    arguments = shlex.split(example.text, comments=True)[1:]
    if arguments[:1] == ["serve"]:
        return _served(example, arguments, folder)
    done = run([*arguments], folder)
    return Outcome(example, done.returncode, done.stdout + done.stderr)


def _served(example: Example, arguments: list[str], folder: Path) -> Outcome:
    """A service doesn't end by itself: it works when it answers on its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str | Path] = [
        Path(sys.executable).parent / "tariff-engine",
        *arguments,
        "--port",
        str(port),
    ]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as service:
        answered = _answers(port, service)
        service.terminate()
        said, _ = service.communicate(timeout=30)
    return Outcome(example, 0 if answered else 1, said)


def _answers(port: int, service: subprocess.Popen[str]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until and service.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False
