"""Results as files: every single run, with the machine and the versions, from which tables and charts are made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.timing import Measured

FOLDER = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Results:
    """What one script measured.

    Attributes
    ----------
    about : the machine, the versions, the number of rows and whatever else was the same in every run.
    runs : every run that was timed.
    """

    about: dict[str, Any]
    runs: tuple[Measured, ...]

    @property
    def names(self) -> list[str]:
        """What was run, in order."""
        return list(dict.fromkeys(self.about.get("order", [run.name for run in self.runs])))

    def of(self, name: str, what: str = "wall") -> list[float]:
        """A figure of each run of something."""
        return [getattr(run, what) for run in self.runs if run.name == name]

    def median(self, name: str, what: str = "wall") -> float:
        """The middle one of the runs of something."""
        return median(self.of(name, what))

    def ratio(self, name: str, to: str, what: str = "wall") -> float:
        """How many times as long one thing takes as another: the median of the rounds' ratios."""
        pairs = zip(self.of(name, what), self.of(to, what), strict=True)
        return median(one / other for one, other in pairs)

    def write(self, script: str) -> Path:
        """Write the results of a script."""
        path = FOLDER / f"{script}.json"
        path.parent.mkdir(exist_ok=True)
        runs = ",\n".join("  " + json.dumps(asdict(run)) for run in self.runs)
        about = json.dumps(self.about, indent=1)
        path.write_text(f'{{\n"about": {about},\n"runs": [\n{runs}\n]\n}}\n', encoding="utf-8")
        return path


def rounded(runs: Sequence[Measured]) -> tuple[Measured, ...]:
    """Runs to a tenth of a millisecond, which is more than can be told apart."""
    return tuple(Measured(run.name, round(run.wall, 4), round(run.cpu, 4), run.peak) for run in runs)


def read_results(script: str) -> Results:
    """The results of a script as they were last written."""
    data = json.loads((FOLDER / f"{script}.json").read_text(encoding="utf-8"))
    return Results(data["about"], tuple(Measured(**run) for run in data["runs"]))
