"""The engine's exceptions: one tree, each with the sentence a user reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


class TariffError(Exception):
    """Anything the engine refuses. The text is written for the person at the keyboard."""


class UsageError(TariffError):
    """A command or a call that can't be carried out as it was given."""


class PeriodError(UsageError):
    """A funding period that can't be read, or that a version's instalments can't be cut to."""


class InputRefused(TariffError):
    """A whole file or frame that can't be taken, so nothing of it is imported."""


class AllocationError(TariffError):
    """A pot that can't be shared out within its floors and caps.

    ``shortfall_pence`` says by how much: pence missing for the floors, or left over above the caps.
    """

    def __init__(self, message: str, shortfall_pence: int = 0) -> None:
        super().__init__(message)
        self.shortfall_pence = shortfall_pence


class BoundsError(TariffError):
    """A total beyond what Excel and JSON hold exactly (2^53 pence)."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a framework: where it stands and what was expected there."""

    severity: Literal["error", "warning"]
    file: str
    row: int | None
    column: str
    message: str

    def text(self) -> str:
        """The problem in one line: file, row, column, message."""
        place = self.file if self.row is None else f"{self.file}, row {self.row}"
        if self.column:
            place += f", {self.column}"
        return f"{place}: {self.message}"


class FrameworkError(TariffError):
    """A framework version that can't be used; ``problems`` lists every reason."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems: tuple[Problem, ...] = () if isinstance(problems, str) else tuple(problems)
        super().__init__(problems if isinstance(problems, str) else "\n".join(p.text() for p in self.problems))
