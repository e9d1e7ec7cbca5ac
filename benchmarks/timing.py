"""Time things in turn: one after the other in each round, each round from another one on, wall and processor apart."""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

_CPU_INFO = Path("/proc/cpuinfo")
_PEAK = "VmHWM:"
# What the system says of a process that has ended counts the one that it was started from.
_WITH_PEAK = f"""
import atexit, sys
def say_peak():
    with open("/proc/self/status") as status:
        sys.stderr.writelines(line for line in status if line.startswith({_PEAK!r}))
atexit.register(say_peak)
"""


@dataclass(frozen=True)
class Measured:
    """One run. [seconds; kilobytes, where a process of its own was run]"""

    name: str
    wall: float
    cpu: float
    peak: int = 0


def timed(name: str, run: Callable[[], Any]) -> tuple[Measured, Any]:
    """Run once; processor time is that of all threads."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return Measured(name, time.perf_counter() - wall, time.process_time() - cpu), result


def interleaved(
    runs: Mapping[str, Callable[[], Any]], rounds: int, check: Callable[[str, Any], None]
) -> list[Measured]:
    """Run everything once untimed, then in rounds; what came out is checked after each run, outside the time."""
    names = list(runs)
    found = []
    for number in range(rounds + 1):
        start = number % len(names)
        for name in (*names[start:], *names[:start]):
            measured, result = timed(name, runs[name])
            check(name, result)
            del result
            if number:
                found.append(measured)
    return found


def timed_process(name: str, code: str, *arguments: str, **environment: str) -> Measured:
    """Run Python code in a process to its end, which has to be a good one, with the most memory that it held."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", _WITH_PEAK + code, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        text=True,
    )
    said = process.stderr.read() if process.stderr else ""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{name} ended with status {process.returncode}: {said[-2000:]}")
    peaks = [int(line.split()[1]) for line in said.splitlines() if line.startswith(_PEAK)]
    return Measured(name, wall, usage.ru_utime + usage.ru_stime, max(peaks))


def context(*packages: str) -> dict[str, Any]:
    """The machine, and the versions of Python and of some packages."""
    models = [line for line in _CPU_INFO.read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": models[0].partition(":")[2].strip() if models else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "others_running": round(os.getloadavg()[0], 1),
        "packages": {name: version(name) for name in sorted(packages)},
    }
