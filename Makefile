# make demo, quick, test, check: each installs what it needs into .venv and runs. Nothing else on the machine changes.
PYTHON ?= python3
CLIP ?=
# How many tests run at the same time.
JOBS ?= $(shell nproc)
VENV := .venv
INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# One process runs all tests of a file, so that its fixtures are made once.
PYTEST := $(VENV)/bin/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: demo quick test proof check format clean

demo: $(VENV)/.demo
	@$(VENV)/bin/python -m edge.demo $(CLIP)

# Everything a change needs while you work: minutes, and nothing but Python.
quick: $(VENV)/.dev
	@$(PYTEST) -m 'not slow and not alone'

# Every test. Those that measure time or speed come last, one after the other.
test: $(VENV)/.dev
	@$(PYTEST) -m 'not alone'; first=$$?; $(VENV)/bin/python -m pytest -m alone && exit $$first

# Long runs of what `make test` runs for a short time: kills, network cuts, damaged files, an hour of a lane played fast.
proof: $(VENV)/.dev
	$(VENV)/bin/python -m tests.proof.crash --kills 400 --victim agent
	$(VENV)/bin/python -m tests.proof.crash --kills 400 --victim till
	$(VENV)/bin/python -m tests.proof.crash --kills 400 --victim gateway
	[ "$$(id -u)" != 0 ] || $(VENV)/bin/python -m tests.proof.network --disturbances 30
	$(VENV)/bin/python -m tests.proof.media --files 40000
	$(VENV)/bin/python -m tests.soak tests/replay/recordings/again.mkv --hours 1 --speed 10

check: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy edge train export
	$(VENV)/bin/lint-imports --no-cache --no-logo
	$(VENV)/bin/codespell

format: $(VENV)/.dev
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Python 3.10 or newer is needed; this is $$($(PYTHON) --version). Use: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "this Python has no venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.demo: $(VENV)/.python pyproject.toml constraints.txt
	@echo "installing edge-agent into $(VENV)"
	@$(INSTALL) --editable '.[demo,web]'
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml constraints.txt
	@echo "installing edge-agent with everything for tests into $(VENV)"
	@$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.demo
