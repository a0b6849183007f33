# crmflow: two commands matter. `make demo` runs the product, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest --durations=20 --durations-min=3
SIDE_BY_SIDE := -n 2 --dist worksteal tests

.PHONY: demo test prove lint bench serve clean screenshots

demo: $(VENV)/.runs  ## environment, database, packs, sample data, web server with scheduler (SQLite)
	$(BIN)/crmflow demo

test: $(VENV)/.ready lint  ## every kind of test, at reduced counts
	$(PYTEST) $(SIDE_BY_SIDE)

prove: $(VENV)/.ready  ## the long ones: kills, races, fuzz, real data, at full counts
	CRMFLOW_PROVE=1 $(PYTEST) -m prove $(SIDE_BY_SIDE)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.ready
	$(BIN)/python -m bench.engine --db sqlite --json
	$(BIN)/python -m bench.engine --db postgresql --json

screenshots: $(VENV)/.ready  ## redraw docs/screenshots with Chromium
	CRMFLOW_SCREENSHOTS=1 $(PYTEST) tests/browser

$(VENV)/.runs: setup.cfg setup.py pyproject.toml constraints.txt  # what running needs
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "crmflow needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.ready: $(VENV)/.runs  # and what testing needs
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info var .mypy_cache .ruff_cache .hypothesis
