# `make try` compiles a network and runs it; `make check` runs all checks that a change must pass.
# The first run creates the environment in .venv. `make help` lists the targets.

VENV = .venv
PYTHON ?= $(VENV)/bin/python
# An environment that is set with PYTHON=... is used as it is.
READY = $(if $(filter $(VENV)/bin/python,$(PYTHON)),$(VENV)/ready)
TRIED = sparsenet_bc_cifar.py
PAPER = table1 table2 table3 table4
REPRODUCE = $(PYTHON) -m archdsl reproduce specs/paper/$$page.yaml --markdown -o docs/paper

.DEFAULT_GOAL := help
# Targets run one after another, but for those of `quick`.
ifndef TOGETHER
.NOTPARALLEL:
endif
.PHONY: help try check quick format-check lint layers types fresh coverage docs test sizes release format compile paper golden gallery

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf '  %-13s %s\n' "$$name" "$$text"; done

$(VENV)/ready: pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	@# Compiled below, by all cores.
	$(PYTHON) -m pip install --quiet --no-compile -c constraints.txt -e '.[all,dev]'
	@# Without dependencies, which would install a different build of torch.
	$(PYTHON) -m pip install --quiet --no-deps -c constraints.txt torchvision pillow || \
		echo "no torchvision: the tests that compare with its networks will be skipped"
	@# Its networks need nothing else than torchvision; its dependencies are for downloads of weights.
	$(PYTHON) -m pip install --quiet --no-deps -c constraints.txt timm || \
		echo "no timm: the tests that compare with its networks will be skipped"
	@# Its one dependency reports use to its makers.
	$(PYTHON) -m pip install --quiet --no-deps -c constraints.txt openvino || \
		echo "no openvino: the tests that write files for it will be skipped"
	@# Some packages carry files that no Python of ours can compile, such as tests of other versions.
	@$(PYTHON) -m compileall -qq --workers 0 $(VENV)/lib || true
	touch $@

try: $(READY)  ## compile a SparseNet, verify it against the oracle, and run it
	$(PYTHON) -m archdsl compile specs/sparsenet-bc-cifar.yaml -o $(TRIED)
	$(PYTHON) -m archdsl verify $(TRIED)
	$(PYTHON) -c 'import torch; from sparsenet_bc_cifar import SparseNetBC100 as Net; \
		print("one batch in, class scores out:", tuple(Net()(torch.randn(8, 3, 32, 32)).shape))'

# The tests are last, so that their summary is at the end of the output.
check: quick test  ## run all checks below that change no files

# Each uses one core, so two run at once; the longest one is the first, so that it is not left alone.
quick: $(READY)  ## run all checks but the tests
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target TOGETHER=yes \
		coverage types docs fresh layers lint format-check

format-check: $(READY)  ## check the formatting of the code
	$(PYTHON) -m ruff format --check .

lint: $(READY)  ## check the code with ruff
	$(PYTHON) -m ruff check .

layers: $(READY)  ## check the import rules between packages
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command as run; run()' --no-logo

types: $(READY)  ## check the types with mypy
	$(PYTHON) -m mypy

fresh: $(READY)  ## check that compiled/ and docs/paper/ are up to date
	$(PYTHON) -m archdsl compile --check
	@for page in $(PAPER); do $(REPRODUCE)/$$page.md --check || exit 1; done

coverage: $(READY)  ## measure which lines of the compiler its specs reach
	$(PYTHON) tests/coverage_of_compiler.py

docs: $(READY)  ## build the documentation site in build/site, and check its links
	$(PYTHON) docs/pages.py build/docs
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build
	@echo "built build/site/index.html"

test: $(READY)  ## run the tests and the examples in docstrings
	$(PYTHON) -m pytest --numprocesses auto --dist worksteal

sizes: $(READY)  ## check the sizes of files and functions
	$(PYTHON) -m pytest tests/test_sizes.py

release: $(READY)  ## build the wheel and the source distribution in dist/, and try the wheel
	rm -rf dist
	$(PYTHON) -m pip install --quiet -c constraints.txt build twine
	$(PYTHON) -m build --outdir dist .
	$(PYTHON) -m twine check --strict dist/*
	python3 -m venv dist/try
	dist/try/bin/python -m pip install --quiet -c constraints.txt dist/*.whl
	cd dist && try/bin/archdsl check densenet-121 && try/bin/archdsl compile sparsenet-bc-cifar -o net.py
	rm -rf dist/try dist/net.py
	@echo "publish with: $(PYTHON) -m twine upload dist/*"

format: $(READY)  ## format the code and apply the fixes of ruff
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

compile: $(READY)  ## write compiled/ again
	$(PYTHON) -m archdsl compile --force

paper: $(READY)  ## write the tables in docs/paper/ again
	@for page in $(PAPER); do $(REPRODUCE)/$$page.md || exit 1; done

golden: $(READY)  ## write the expected texts of the tests again; read the diff first
	$(PYTHON) -m pytest --update-golden

gallery: $(READY)  ## draw the pictures of docs/gallery.md again
	@grep '^\$$ archdsl' docs/gallery.md | sed 's|^\$$ archdsl|$(PYTHON) -m archdsl|' | sh -e
