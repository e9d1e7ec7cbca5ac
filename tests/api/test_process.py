"""The command as a process of its own: exit statuses, no tracebacks, files whole or not at all, a service."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from api.cli import application
from tests.api.conftest import GOOD_FILE, MIXED_FILE, PRICE, Command
from tests.contract.commands import clean_environment, run

PROGRAM = Path(sys.executable).parent / "tariff-engine"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.csv").write_text(GOOD_FILE, encoding="utf-8")
    (tmp_path / "mixed.csv").write_text(MIXED_FILE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["price", "good.csv", *PRICE, "--out", "out.csv"], 0),
        (["price", "mixed.csv", *PRICE, "--out", "out.csv", "--strict"], 1),
        (["price", "nowhere.csv", *PRICE, "--out", "out.csv"], 1),
        (["price", "good.csv", "--framework", "nothing", "--period", "FY2023-24", "--out", "out.csv"], 2),
        (["price"], 2),
        (["--version"], 0),
    ],
)
def test_the_process_ends_with_the_status(folder: Path, arguments: list[str | Path], status: int) -> None:
    done = run(arguments, folder)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == (status != 0)
    names = {path.name for path in folder.iterdir()}
    wrote = status == 0 and arguments[0] == "price"
    assert ("out.csv" in names, "out.findings.csv" in names, "out.provenance.json" in names) == (wrote,) * 3
    assert not [name for name in names if name.startswith(".")]


def test_a_pipe_gets_plain_lines(folder: Path) -> None:
    done = run(["price", "good.csv", *PRICE, "--out", "out.csv"], folder)
    assert "\x1b" not in done.stdout + done.stderr
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_another_encoding_never_ends_the_run(folder: Path) -> None:
    environment = {**clean_environment(), "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    for more in ((), ("--json",)):
        command: list[str | Path] = [PROGRAM, "price", "good.csv", *PRICE, "--out", "out.csv", *more]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()


def test_a_reader_that_leaves_early_is_no_defect(folder: Path) -> None:
    with subprocess.Popen(
        [PROGRAM, "frameworks", "show", "national-illustrative@2025-26"],
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=60) in (0, 1)
    assert b"Traceback" not in said
    assert b"defect" not in said


def test_a_folder_that_can_t_be_made_is_a_sentence(folder: Path) -> None:
    done = run(["demo", "--out", "good.csv/results"], folder)
    assert done.returncode == 2
    assert done.stderr.strip().endswith(".")
    assert "Traceback" not in done.stderr


def test_the_core_alone_says_what_to_install(folder: Path) -> None:
    hidden = "import sys; sys.modules['typer'] = None; from api.cli import main; sys.exit(main(['--version']))"
    done = subprocess.run([sys.executable, "-c", hidden], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "The command line needs two more packages: pip install 'tariff-engine[cli]'\n"


def test_the_service_says_what_to_install(folder: Path) -> None:
    hidden = "import sys; sys.modules['fastapi'] = None; from api.cli import main; sys.exit(main(['serve']))"
    done = subprocess.run([sys.executable, "-c", hidden], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "The service needs more packages: pip install 'tariff-engine[api]'\n"


def test_the_service_answers_on_its_port_and_logs_routes_alone(folder: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [PROGRAM, "serve", "--port", str(port)],
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        with urlopen(f"http://127.0.0.1:{port}/healthz?upn=A801200001001", timeout=30) as answer:
            assert json.load(answer)["status"] == "ok"
            assert "uvicorn" not in str(answer.headers)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "GET /healthz 200" in said
    assert "A801200001001" not in said
    assert "Traceback" not in said


def test_an_interrupt_ends_with_130(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("api.cli.pricing.priced", interrupted)
    said = command("price", "good.csv", *PRICE, "--out", "out.csv")
    assert (said.status, said.out, said.err) == (130, "", "")


def test_a_defect_is_told_by_its_kind_and_place_alone(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("A801200001001")

    monkeypatch.setattr("api.cli.pricing.priced", broken)
    said = command("price", "good.csv", *PRICE, "--out", "out.csv")
    assert said.status == application.DEFECT == 70
    assert said.err.startswith("Sorry: this is a defect of the program, not of your data: ZeroDivisionError (broken,")
    assert "A801200001001" not in said.err
    with pytest.raises(ZeroDivisionError):
        command("--debug", "price", "good.csv", *PRICE, "--out", "out.csv")


def test_what_the_system_refuses_is_a_sentence(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "good.csv")

    monkeypatch.setattr("api.cli.pricing.priced", refused)
    said = command("price", "good.csv", *PRICE, "--out", "out.csv")
    assert (said.status, said.err) == (2, "good.csv: Permission denied.\n")
