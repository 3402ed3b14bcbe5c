# Everything runs from a private environment, .venv, which is made on first use from pyproject.toml and constraints.txt
# and made anew when one of them changes. Needed beforehand: make and Python 3.11 or newer (`make PYTHON=python3.12 test`).

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
LOWEST := .venv-lowest
NEWEST := .venv-newest
# PyTorch, for comparisons only, lives apart; `make PEER_PYTHON=python bench` takes one that is already installed.
PEER := .venv-torch
PEER_PYTHON ?= $(PEER)/bin/python
READY_FOR_DOCS := $(VENV)/.ready-for-docs

# A CPU is enough for everything here; `make JAX_PLATFORMS=cuda demo` for a GPU with a matching jax installed.
export JAX_PLATFORMS ?= cpu
export MPLBACKEND ?= Agg
# Tests run in two processes, each file whole in one of them; `make PARALLEL= test` for one process.
PARALLEL ?= --numprocesses=2 --dist=loadfile
# Two processes on two cores: threads of OpenBLAS in each would wait for one another most of the time.
test test-all test-lowest test-newest: export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export XDVN_DOCS_EXECUTE ?= cache

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-lowest test-newest tutorials docs bench lint format clean

help:
	@echo "make demo    map a simulated sea from altimeter tracks, score it against optimal interpolation, draw it"
	@echo "make test    run all tests and the examples in the documentation of the code"
	@echo "make test-all   the same, with every combination of priors, modulators and adjoints"
	@echo "make test-lowest   the heart of them and the costs over named variables, with the oldest versions allowed"
	@echo "make test-newest   all of them with whatever is newest"
	@echo "make bench   time and weigh xdvn against the published network in PyTorch; make BENCH=--quick bench for a first look"
	@echo "make tutorials   run every tutorial at its small size"
	@echo "make docs    build the pages into docs/_build/html, tutorials executed; warnings are errors"
	@echo "make lint    check style and types"
	@echo "make format  put the style right"
	@echo "make clean   remove .venv and everything else that was made"

demo: $(READY)
	@$(RUN) -m xdvn demo

test: $(READY)
	@$(RUN) -m pytest $(PARALLEL)

test-all: $(READY)
	@$(RUN) -m pytest $(PARALLEL) -m ""

# What meets other packages most closely: the mathematics on JAX, the labels on xarray, named costs, fit and reconstruct.
IN_LOWEST := tests/labelled tests/core/test_cost.py tests/core/test_observations.py tests/core/test_training.py \
  tests/core/solvers tests/core/losses tests/grid tests/test_api.py tests/science/test_equals_weak_constraint_4dvar.py

# Old versions warn of one another: of headers that do not matter, and of dates that xarray keeps in nanoseconds.
OF_OLD_VERSIONS := -W "ignore:numpy.ndarray size changed:RuntimeWarning" -W "ignore:Converting non-nanosecond:UserWarning"

test-lowest: $(LOWEST)/.ready
	@$(LOWEST)/bin/python -m pytest $(PARALLEL) $(OF_OLD_VERSIONS) $(IN_LOWEST)

test-newest: $(NEWEST)/.ready
	@$(NEWEST)/bin/python -m pytest $(PARALLEL)

bench: $(READY) $(if $(filter $(PEER)/bin/python,$(PEER_PYTHON)),$(PEER)/.ready)
	@$(RUN) benchmarks/peer/equality.py --torch $(PEER_PYTHON)
	@$(RUN) benchmarks/speed.py --torch $(PEER_PYTHON) $(if $(BENCH),$(BENCH),--parts compare growth classical)

tutorials: $(READY)
	@$(RUN) -m pytest -m tutorial tests/test_tutorials.py

# `make XDVN_DOCS_EXECUTE=off docs` leaves the tutorials' output out, for a quick look at a page.
docs: $(READY_FOR_DOCS)
	@rm -rf docs/reference/generated
	@$(RUN) -m sphinx --fresh-env --fail-on-warning --keep-going --quiet docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

lint: $(READY)
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

format: $(READY)
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

clean:
	rm -rf $(VENV) $(LOWEST) $(NEWEST) $(PEER) build dist out docs/_build docs/tutorials docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests tutorials -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "xdvn needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo missing)."; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(RUN) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || rm -rf $(VENV)
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV) || { \
	  echo "Could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing into $(VENV); this takes a minute or two, once."
	@$(RUN) -m pip install --quiet --constraint constraints.txt hatchling
	@$(RUN) -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[test,dev]'
	@touch $@

$(PEER)/.ready: benchmarks/requirements.txt
	@echo "Installing PyTorch into $(PEER), once."
	@$(PYTHON) -m venv $(PEER)
	@$(PEER)/bin/python -m pip install --quiet --requirement $<
	@touch $@

$(READY_FOR_DOCS): $(READY)
	@echo "Installing what builds the documentation; this takes a minute, once."
	@$(RUN) -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[docs]'
	@touch $@

$(LOWEST)/.ready: pyproject.toml constraints-lowest.txt
	@$(PYTHON) -m venv --clear $(LOWEST)
	@echo "Installing the oldest versions into $(LOWEST); this takes a minute or two, once."
	@$(LOWEST)/bin/python -m pip install --quiet hatchling
	@$(LOWEST)/bin/python -m pip install --quiet --constraint constraints-lowest.txt --no-build-isolation --editable '.[runner,xarray-jax]'
	@touch $@

$(NEWEST)/.ready: pyproject.toml
	@$(PYTHON) -m venv --clear $(NEWEST)
	@echo "Installing the newest versions into $(NEWEST); this takes a minute or two, once."
	@$(NEWEST)/bin/python -m pip install --quiet hatchling
	@$(NEWEST)/bin/python -m pip install --quiet --no-build-isolation --editable '.[test]'
	@touch $@
