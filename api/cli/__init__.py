"""The command line: a thin face over the engine and the scenarios."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_NEEDED = frozenset({"typer", "rich", "click"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status: 0 done, 1 the data, 2 the command line or a framework."""
    try:
        from api.cli.application import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        print("The command line needs two more packages: pip install 'tariff-engine[cli]'", file=sys.stderr)
        return 2
    return run(sys.argv[1:] if arguments is None else list(arguments))
