# `make try` compiles a network and shows that it works; `make check` is all that a change must
# pass. Both make the environment they need, in .venv, the first time. `make help` lists the parts.

VENV = .venv
PYTHON ?= $(VENV)/bin/python
# Somebody else's environment is used as it is.
READY = $(if $(filter $(VENV)/bin/python,$(PYTHON)),$(VENV)/ready)
TRIED = sparsenet_bc_cifar.py
PAPER = table1 table2 table3 table4
REPRODUCE = $(PYTHON) -m archdsl reproduce specs/paper/$$page.yaml --markdown -o docs/paper

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help try check format-check lint layers types fresh test sizes format compile paper golden gallery

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf '  %-13s %s\n' "$$name" "$$text"; done

$(VENV)/ready: pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet -c constraints.txt -e '.[all,dev]'
	@# Without its dependencies, or it would bring another build of torch.
	$(PYTHON) -m pip install --quiet --no-deps -c constraints.txt torchvision pillow || \
		echo "no torchvision: the tests that compare with its networks will be skipped"
	touch $@

try: $(READY)  ## compile a SparseNet, verify it against the oracle, and run it
	$(PYTHON) -m archdsl compile specs/sparsenet-bc-cifar.yaml -o $(TRIED)
	$(PYTHON) -m archdsl verify $(TRIED)
	$(PYTHON) -c 'import torch; from sparsenet_bc_cifar import SparseNetBC100 as Net; \
		print("one batch in, class scores out:", tuple(Net()(torch.randn(8, 3, 32, 32)).shape))'

# The tests stand last, so that their summary does.
check: format-check lint layers types fresh test  ## everything below that only looks

format-check: $(READY)  ## the layout of the code
	$(PYTHON) -m ruff format --check .

lint: $(READY)  ## the style of the code
	$(PYTHON) -m ruff check .

layers: $(READY)  ## who may import whom
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command as run; run()' --no-logo

types: $(READY)  ## the types, strictly
	$(PYTHON) -m mypy

fresh: $(READY)  ## whether compiled/ and docs/paper/ are what archdsl writes now
	$(PYTHON) -m archdsl compile --check
	@for page in $(PAPER); do $(REPRODUCE)/$$page.md --check || exit 1; done

test: $(READY)  ## the tests, the examples in docstrings and the size watch
	$(PYTHON) -m pytest --numprocesses auto

sizes: $(READY)  ## the size watch alone
	$(PYTHON) -m pytest tests/test_sizes.py

format: $(READY)  ## lay out the code and mend what ruff can
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

compile: $(READY)  ## write compiled/ anew
	$(PYTHON) -m archdsl compile

paper: $(READY)  ## write the tables in docs/paper/ anew
	@for page in $(PAPER); do $(REPRODUCE)/$$page.md || exit 1; done

golden: $(READY)  ## write the expected texts of the tests anew; read the difference first
	$(PYTHON) -m pytest --update-golden

gallery: $(READY)  ## draw the pictures of docs/gallery.md anew
	@grep '^\$$ archdsl' docs/gallery.md | sed 's|^\$$ archdsl|$(PYTHON) -m archdsl|' | sh -e
