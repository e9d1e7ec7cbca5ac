# What to type: make demo, make test, make lint, make docs, make calibrate, make bench, make mutants, make clean.
# Needs Python 3.11 or later and make; everything else goes into .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV    ?= .venv
PY      := $(VENV)/bin/python
PIP     := $(PY) -m pip install -qq --disable-pip-version-check -c constraints.txt
# One stamp for what a user runs, one for what a developer runs.
RUN     := $(VENV)/.installed-run
DEV     := $(VENV)/.installed-dev
WORKERS ?= 2
TESTS   ?= tests
MUTANTS ?=

.PHONY: help demo test lint docs calibrate bench mutants clean

help:
	@echo "make demo     price a shipped sample from start to finish"
	@echo "make test     all tests (TESTS=tests/unit for some of them)"
	@echo "make lint     ruff, mypy, import rules"
	@echo "make docs     the documentation, in docs/_build/html"
	@echo "make calibrate  fit the illustrative prices again, and hold them against published figures"
	@echo "make bench    time the engine beside others, about a quarter of an hour; nothing else should be running"
	@echo "make mutants  change the rules on purpose and see that a test notices"
	@echo "make clean    delete what was built (the environment stays: rm -r $(VENV))"

demo: $(RUN)
	@$(VENV)/bin/tariff-engine demo

test: $(DEV)
	@$(PY) -m pytest -n $(WORKERS) $(TESTS)

lint: $(DEV)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/lint-imports --no-cache

docs: $(DEV)
	@$(PY) -m sphinx -E -W --keep-going -q -b html docs docs/_build/html
	@$(PY) -m sphinx -E -W --keep-going -q -b doctest docs docs/_build/doctest
	@echo "Documentation: docs/_build/html/index.html"

calibrate: $(RUN)
	@$(PY) -m scenarios.calibration --write

bench: $(DEV)
	@$(PY) -m benchmarks.pricing
	@$(PY) -m benchmarks.pricing --tried --rounds 3
	@$(PY) -m benchmarks.country
	@$(PY) -m benchmarks.start
	@$(PY) -m benchmarks.files
	@$(PY) -m benchmarks.report

mutants: $(DEV)
	@$(VENV)/bin/mutmut run $(MUTANTS)
	@$(VENV)/bin/mutmut results

clean:
	rm -rf build dist docs/_build mutants .mutmut-cache .pytest_cache .mypy_cache .ruff_cache \
	    .import_linter_cache .hypothesis *.egg-info
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# The newest Python from 3.13 down to 3.11, else whatever python3 is if it is new enough.
$(PY):
	@found=; \
	for name in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	    if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found="$$name"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "Python 3.11 or later is needed; found: $$(python3 --version 2>/dev/null || echo none)." >&2; \
	    echo "Install it, or say where it is: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
	    exit 1; \
	fi; \
	if ! "$$found" -c 'import venv, ensurepip' >/dev/null 2>&1; then \
	    echo "$$found can't make virtual environments: its venv module is missing." >&2; \
	    echo "On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; \
	    exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUN): pyproject.toml constraints.txt | $(PY)
	@echo "Installing tariff-engine into $(VENV)"
	@$(PIP) -e '.[cli,xlsx,api]'
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(PY)
	@echo "Installing tariff-engine and its development tools into $(VENV)"
	@$(PIP) -e '.[cli,xlsx,api,dev,docs,bench]'
	@touch $(RUN) $@
