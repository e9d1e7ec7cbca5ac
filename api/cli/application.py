"""The commands put together, and what a person is told when one of them can't be done."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, Any

import typer
from typer.main import get_command

from api.cli.later import add_later
from tariff_engine.errors import FrameworkError, TariffError, UsageError

DATA, USAGE, DEFECT, INTERRUPTED = 1, 2, 70, 130
_PROGRAM = "tariff-engine"


def run(arguments: list[str]) -> int:
    """Run one command; whatever goes wrong is a sentence on standard error and an exit status."""
    command = _commands(terminal=sys.stdout.isatty())
    try:
        command.main(arguments, prog_name=_PROGRAM)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except TariffError as refusal:
        _complain(str(refusal))
        return USAGE if isinstance(refusal, (FrameworkError, UsageError)) else DATA
    except OSError as error:
        _complain(_system_sentence(error))
        return USAGE
    except BaseException as defect:  # Polars ends on exceptions of its own that aren't Exception.
        if "--debug" in arguments:
            raise
        _complain(_apology(defect))
        return DEFECT
    return 0


def _commands(terminal: bool) -> Any:
    """The command tree; its help has boxes and colours on a terminal only."""
    markup = {"rich_markup_mode": "rich" if terminal else None, "add_completion": False}
    app = typer.Typer(help=_HELP, no_args_is_help=True, pretty_exceptions_enable=False, **markup)  # type: ignore[arg-type]
    app.callback()(_common)
    commands = get_command(app)
    for name, (module, help_text) in COMMANDS.items():
        add_later(commands, name, module, help_text, terminal)
    return commands


COMMANDS = {
    "demo": (
        "demonstration",
        "Price a made-up authority under two frameworks, compare them, explain one child, and price England.",
    ),
    "price": ("pricing", "Price a placements file: totals here, every line with its months in OUT."),
    "explain": ("pricing", "Show every step of one placement's price, with the source of each figure."),
    "compare": ("comparing", "Price one caseload under two frameworks, and show what changes and for whom."),
    "check": ("checking", "Check what an authority paid against what is due, for every child and month."),
    "places": ("placing", "Fund commissioned places: totals here, every row with its rate, amount and months in OUT."),
    "protect": (
        "protecting",
        "Work out each provider's minimum funding guarantee: the same placements and places under two years' rules.",
    ),
    "statement": (
        "stating",
        "Write a statement for each provider: what it is paid, by child and by month, and what changed and why.",
    ),
    "notional-sen": (
        "notional",
        "Set what funded children cost mainstream schools first against their notional budgets; help by a rule.",
    ),
    "caseload": (
        "caseload",
        "Make a caseload with counts from a published table of plans; every plan is in it or set aside with a reason.",
    ),
    "sample": ("samples", "Make a synthetic caseload of one authority; nobody in it is real."),
    "template": (
        "samples",
        "Write a file to fill in: a workbook with instructions, lists and worked examples, or a plain table.",
    ),
    "serve": ("service", "Serve prices over HTTP to programs on this machine, until it is stopped with Ctrl-C."),
    "frameworks": ("frameworks", "List, read, check and compare framework versions."),
}
"""Each command, in the order in which the help lists them: its module, which is loaded when it is asked for, and the
first line of its help. A module has a function of the command's name, or ``application`` for commands below it."""

_HELP = """Price children's placements under a framework of needs, bands and tariffs, exact to the penny.

Start with: tariff-engine demo"""


def _complain(sentence: str) -> None:
    from api.cli.screen import complain

    complain(sentence)


def _show_version(wanted: bool) -> None:
    if wanted:
        from tariff_engine.costing import engine_version

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
