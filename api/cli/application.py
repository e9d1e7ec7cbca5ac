"""The commands put together, and what a person is told when one of them can't be done."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer
from typer.main import get_command

from api.cli import (
    caseload,
    comparing,
    demonstration,
    frameworks,
    notional,
    placing,
    pricing,
    protecting,
    samples,
    service,
    stating,
)
from api.cli.screen import complain
from tariff_engine.costing import engine_version
from tariff_engine.errors import FrameworkError, TariffError, UsageError

DATA, USAGE, DEFECT, INTERRUPTED = 1, 2, 70, 130
_PROGRAM = "tariff-engine"


def run(arguments: list[str]) -> int:
    """Run one command; whatever goes wrong is a sentence on standard error and an exit status."""
    command = get_command(_application(terminal=sys.stdout.isatty()))
    try:
        command.main(arguments, prog_name=_PROGRAM)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except TariffError as refusal:
        complain(str(refusal))
        return USAGE if isinstance(refusal, (FrameworkError, UsageError)) else DATA
    except OSError as error:
        complain(_system_sentence(error))
        return USAGE
    except BaseException as defect:  # Polars ends on exceptions of its own that aren't Exception.
        if "--debug" in arguments:
            raise
        complain(_apology(defect))
        return DEFECT
    return 0


def _application(terminal: bool) -> typer.Typer:
    """The command tree; its help has boxes and colours on a terminal only."""
    markup = {"rich_markup_mode": "rich" if terminal else None, "add_completion": False}
    app = typer.Typer(help=_HELP, no_args_is_help=True, pretty_exceptions_enable=False, **markup)  # type: ignore[arg-type]
    app.callback()(_common)
    app.command()(demonstration.demo)
    app.command()(pricing.price)
    app.command()(pricing.explain)
    app.command()(comparing.compare)
    app.add_typer(frameworks.application(terminal), name="frameworks")
    app.command()(placing.places)
    app.command()(protecting.protect)
    app.command()(stating.statement)
    app.command()(notional.notional_sen)
    app.command()(caseload.caseload)
    app.command()(samples.sample)
    app.command()(samples.template)
    app.command()(service.serve)
    return app


_HELP = """Price children's placements under a framework of needs, bands and tariffs, exact to the penny.

Start with: tariff-engine demo"""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{_PROGRAM} {engine_version()}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where a defect of the program is, for a report of it.")
    ] = False,
) -> None:
    """Options before a command."""


def _system_sentence(error: OSError) -> str:
    """What the operating system refused, without its number."""
    reason = (error.strerror or "the system refused").rstrip(".")
    name = f"{error.filename}: " if isinstance(error.filename, str) else ""
    return f"{name}{reason}."


def _apology(defect: BaseException) -> str:
    """A defect by its kind and place alone: its message may hold what was in the data."""
    last = traceback.extract_tb(defect.__traceback__)[-1:]
    where = f" ({last[0].name}, line {last[0].lineno})" if last else ""
    kind = type(defect).__name__
    return (
        f"Sorry: this is a defect of the program, not of your data: {kind}{where}.\n"
        f"Nothing was written. To report it, run the command again as {_PROGRAM} --debug ..."
    )
