"""Make the tables of the README and the charts from the files of results, and from nothing else.

python -m benchmarks.report
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import charts
from benchmarks.results import FOLDER, Results, read_results

README = Path(__file__).resolve().parent / "README.md"
OWN = ("tariff-engine, with fast", "tariff-engine, NumPy alone", "tariff-engine, cost()")
BARE = "Read and write alone"
_MILLION = 1_000_000
_SECTION = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Write the README's tables and the charts."""
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
    for name, chart in drawn().items():
        (FOLDER / name).write_text(chart, encoding="utf-8")


def filled(page: str) -> str:
    """A page with every table made anew."""
    return _SECTION.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}", page)


def drawn() -> dict[str, str]:
    """Every chart by the name of its file."""
    return {"pricing.svg": _pricing_chart(), "files.svg": _files_chart()}


def pricing_table() -> str:
    """Seconds for a million rows, and how many times as long as this engine each takes."""
    results = read_results("pricing")
    rows = []
    for name in results.names:
        scale = _scale(results, name)
        ratios = [f"{results.ratio(name, own) * scale:.1f}" for own in OWN[:2]]
        bare = f"{results.ratio(name, BARE) * scale:.1f}"
        rows.append([name, *(_spread(results, name, what, scale) for what in ("wall", "cpu")), *ratios, bare])
    head = ["", "seconds", "of processor", "x with fast", "x NumPy alone", "x read and write"]
    return _table(head, rows) + "\n" + _said(results)


def tried_table() -> str:
    """The ways that were tried for each of the others."""
    results = read_results("tried")
    rows = [[name, *(_spread(results, name, what) for what in ("wall", "cpu"))] for name in results.names]
    return _table(["", "seconds", "of processor"], rows) + "\n" + _said(results)


def files_table() -> str:
    """Whole processes from Parquet to Parquet."""
    results = read_results("files")
    rows = []
    for size in results.about["rows"]:
        price, bare = (f"{name}, {size} rows" for name in ("price", "read and write"))
        ratio = results.ratio(price, bare)
        peaks = [f"{max(results.of(name, 'peak')) / 1024:,.0f}" for name in (price, bare)]
        rows.append(
            [f"{size:,}", _spread(results, price, "wall"), _spread(results, bare, "wall"), f"{ratio:.1f}", *peaks]
        )
    head = ["rows", "price, seconds", "read and write", "ratio", "price, peak MiB", "read and write"]
    return _table(head, rows) + "\n" + _said(results)


def country_table() -> str:
    """England, a row for every plan."""
    results = read_results("country")
    words = {
        "encode and price": "from text to every child's twelve months",
        "price again": "the same, encoded and compiled before",
        "cost()": "a whole costing",
    }
    rows = [[words[name], *(_spread(results, name, what) for what in ("wall", "cpu"))] for name in results.names]
    plans = f"{results.about['rows']:,} of {results.about['plans']:,} plans; the others are in no place that is priced."
    return _table(["", "seconds", "of processor"], rows) + f"\n\n{plans}\n" + _said(results)


def start_table() -> str:
    """What starting takes, and one quote. [milliseconds]"""
    results = read_results("start")
    words = {
        "Python alone": ("`python -c pass`", 1.0),
        "its libraries": ("`import numpy, polars, pydantic`", 1.0),
        "the package": ("`import tariff_engine`: names load when asked for", 1.0),
        "the core": ("`from tariff_engine import cost, load_frameworks`", 1.0),
        "one quote": (
            "one child's price, rules compiled before",
            results.about["quotes_timed_together"],
        ),
    }
    rows = []
    for name in results.names:
        label, together = words[name]
        rows.append([label, *(f"{_figure(results.median(name, what) / together * 1000)}" for what in ("wall", "cpu"))])
    return _table(["", "milliseconds", "of processor"], rows) + "\n" + _said(results)


TABLES: Mapping[str, Callable[[], str]] = {
    "pricing": pricing_table,
    "tried": tried_table,
    "files": files_table,
    "country": country_table,
    "start": start_table,
}


def _pricing_chart() -> str:
    results = read_results("pricing")
    names = [name for name in results.names if name != "Plain Python"]
    values = {name: results.median(name) * _scale(results, name) for name in names}
    ordered = dict(sorted(values.items(), key=lambda item: item[1]))
    return charts.bars("Pricing a million placements, every month, to the penny", "seconds", ordered, OWN)


def _files_chart() -> str:
    results, series = read_results("files"), {}
    sizes = results.about["rows"]
    for name in ("price", "read and write"):
        series[name] = [results.median(f"{name}, {size} rows") / size * _MILLION for size in sizes]
    return charts.lines("From a Parquet file to a Parquet file, whole process", "microseconds a row", sizes, series)


def _scale(results: Results, name: str) -> float:
    """From the rows that were priced to a million."""
    rows: int = results.about["rows_of"].get(name, results.about["rows"])
    return _MILLION / rows


def _spread(results: Results, name: str, what: str, scale: float = 1) -> str:
    """The median, and from the shortest to the longest."""
    values = [value * scale for value in results.of(name, what)]
    return f"{_figure(results.median(name, what) * scale)} ({_figure(min(values))} to {_figure(max(values))})"


def _figure(value: float) -> str:
    """Three digits, which is more than is sure."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _said(results: Results) -> str:
    about = results.about
    packages = ", ".join(f"{name} {number}" for name, number in about["packages"].items())
    return (
        f"\n`{about['command']}` on {about['cores']} cores of {about['processor']}, {about['memory_gib']} GiB, "
        f"{about['system']}; Python {about['python']}, {packages}. Medians of {about['rounds']} rounds, and from the "
        f"shortest to the longest; {about['others_running']} processes were running on average at the end.\n"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
