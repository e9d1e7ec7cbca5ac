"""How long it takes to start, beside the libraries that the core stands on, and to quote for one child.

python -m benchmarks.start --rounds 15
"""

from __future__ import annotations

import argparse
from statistics import median

from benchmarks.results import Results, rounded
from benchmarks.timing import Measured, context, timed, timed_process
from tariff_engine import FundingPeriod, load_frameworks
from tariff_engine.encoded import compile_rules, price_one

FRAMEWORK, PERIOD = "national-illustrative@2025-26", "FY2025-26"
PYTHON, LIBRARIES, NAMES, CORE = "Python alone", "its libraries", "the package", "the core"
QUOTE = "one quote"
IMPORTS = {
    PYTHON: "pass",
    LIBRARIES: "import numpy, polars, pydantic",
    NAMES: "import tariff_engine",
    CORE: "from tariff_engine import cost, load_frameworks",
}
QUOTES = 200
"""How many quotes are timed together; a result is for one."""
CHILD = {
    "placement_id": "P1",
    "child_id": "C1",
    "home_la": "878",
    "provider_id": "100000",
    "provision": "special",
    "nc_year": "8",
    "need_cognition_learning": "3",
    "need_communication_interaction": "4",
    "need_semh": "2",
    "need_sensory_physical": "0",
    "start_date": "2025-09-01",
    "fte": "0.8",
}


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    rules = compile_rules(load_frameworks(FRAMEWORK), FundingPeriod.parse(PERIOD))
    runs: list[Measured] = []
    for number in range(rounds + 1):
        round_of = [timed_process(name, code) for name, code in IMPORTS.items()]
        together, _ = timed(QUOTE, lambda: [price_one(CHILD, rules) for _ in range(QUOTES)])
        runs += [*round_of, Measured(QUOTE, together.wall, together.cpu)] if number else []
    about = {
        **context("numpy", "polars", "pydantic"),
        "command": f"python -m benchmarks.start --rounds {rounds}",
        "framework": FRAMEWORK,
        "period": PERIOD,
        "rounds": rounds,
        "quotes_timed_together": QUOTES,
        "order": [*IMPORTS, QUOTE],
    }
    results = Results(about, rounded(runs))
    print(results.write("start"), median(results.of(CORE, "cpu")))


if __name__ == "__main__":
    main()
