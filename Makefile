# `make check` is the whole of what a change must pass; `make help` lists the parts.

PYTHON ?= python
COMPILE = $(PYTHON) -m archdsl compile

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help check format-check lint layers types fresh test sizes format compile golden install

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf '  %-13s %s\n' "$$name" "$$text"; done

# The tests stand last, so that their summary does.
check: format-check lint layers types fresh test  ## everything below that only looks

format-check:  ## the layout of the code
	$(PYTHON) -m ruff format --check .

lint:  ## the style of the code
	$(PYTHON) -m ruff check .

layers:  ## who may import whom
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command as run; run()' --no-logo

types:  ## the types, strictly
	$(PYTHON) -m mypy

fresh:  ## whether compiled/ is what its manifest compiles to
	$(COMPILE) --check

test:  ## the tests, the examples in docstrings and the size watch
	$(PYTHON) -m pytest

sizes:  ## the size watch alone
	$(PYTHON) -m pytest tests/test_sizes.py

format:  ## lay out the code and mend what ruff can
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

compile:  ## write compiled/ anew from its manifest
	$(COMPILE)

golden:  ## write the expected texts of the tests anew; read the difference before keeping it
	$(PYTHON) -m pytest --update-golden

install:  ## put archdsl and its tools into the current environment
	$(PYTHON) -m pip install -c constraints.txt -e '.[torch,dev]'
