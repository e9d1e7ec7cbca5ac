"""The README's commands are run in order, in one empty folder, and say what the README shows."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.commands import clean_environment, run

pytestmark = pytest.mark.xdist_group("readme")

BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROMPT = "$ "
NUMBER = re.compile(r"\d(?:[\d,.:-]*\d)?")
# How long something took is never the same twice.
TIMED = re.compile(r"\d+(?:\.\d+)? ?(?:s|ms|seconds?|minutes?)\b")


@dataclass(frozen=True)
class Example:
    """A command of the README, or a piece of Python, and what is shown under it."""

    text: str
    shown: str
    python: bool


@dataclass(frozen=True)
class Outcome:
    """What happened when an example was run."""

    status: int
    said: str


def examples_of(readme: str) -> list[Example]:
    """Every example in order; of shell commands only ours, because the others make or install the project."""
    found: list[Example] = []
    for kind, body in BLOCK.findall(readme):
        if kind == "python":
            found.append(Example(body, "", True))
            continue
        for part in re.split(r"^\$ ", body.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            if command.startswith("tariff-engine"):
                found.append(Example(command.strip(), shown, False))
    return found


@pytest.fixture(scope="session")
def outcomes(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Example, Outcome]]:
    folder = tmp_path_factory.mktemp("readme")
    readme = (root / "README.md").read_text(encoding="utf-8")
    return [(example, _outcome(example, folder)) for example in examples_of(readme)]


def test_the_readme_shows_the_main_job(outcomes: list[tuple[Example, Outcome]]) -> None:
    commands = [example.text for example, _ in outcomes if not example.python]
    assert any(command.startswith("tariff-engine price ") for command in commands)


def test_every_example_works(outcomes: list[tuple[Example, Outcome]]) -> None:
    for example, outcome in outcomes:
        assert outcome.status == 0, f"$ {example.text}\n{outcome.said}"


def test_every_number_shown_is_in_the_real_output(outcomes: list[tuple[Example, Outcome]]) -> None:
    for example, outcome in outcomes:
        real = set(NUMBER.findall(outcome.said))
        shown = set(NUMBER.findall(TIMED.sub("", example.shown)))
        assert shown <= real, f"$ {example.text}\nshown but not said: {sorted(shown - real)}\n{outcome.said}"


def test_the_first_and_last_lines_shown_are_real(outcomes: list[tuple[Example, Outcome]]) -> None:
    for example, outcome in outcomes:
        shown = [
            line for line in example.shown.splitlines() if line.strip() and line.strip() not in {"...", "…"}
        ]
        real = {_words(line) for line in outcome.said.splitlines()}
        for line in shown[:1] + shown[-1:]:
            assert _words(line) in real, f"$ {example.text}\nshown but not said: {line}\n{outcome.said}"


def test_examples_are_taken_from_a_text_in_order() -> None:
    text = (
        "```console\n$ make demo\n$ tariff-engine a \\\n  --b\nsaid 1\nsaid 2\n```\n```python\nx = 1\n```\n"
    )
    assert examples_of(text) == [
        Example("tariff-engine a    --b", "said 1\nsaid 2\n", False),
        Example("x = 1\n", "", True),
    ]


def _words(line: str) -> str:
    return " ".join(TIMED.sub("", line).split())


def _outcome(example: Example, folder: Path) -> Outcome:
    if example.python:
        return _finished(
            subprocess.run(
                [sys.executable, "-c", example.text],
                cwd=folder,
                env=clean_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
        )
    arguments = shlex.split(example.text, comments=True)[1:]
    return _served(arguments, folder) if arguments[:1] == ["serve"] else _finished(run([*arguments], folder))


def _finished(done: subprocess.CompletedProcess[str]) -> Outcome:
    return Outcome(done.returncode, done.stdout + done.stderr)


def _served(arguments: list[str], folder: Path) -> Outcome:
    """A service doesn't end by itself: it works when it answers on its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "tariff-engine"
    command = [program, *arguments, "--port", str(port)]
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
    return Outcome(0 if answered else 1, said)


def _answers(port: int, service: subprocess.Popen[str]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until and service.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False
