"""What importing a package of archdsl brings along, seen in a fresh interpreter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

HEAVY = {"jinja2", "matplotlib", "networkx", "numpy", "pygraphviz", "torch"}

PACKAGES = (
    "archdsl.analysis", "archdsl.backends.pytorch", "archdsl.codegen", "archdsl.frontend",
    "archdsl.ir", "archdsl.language", "archdsl.lowering", "archdsl.passes",
)  # fmt: skip

WHOLE = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if ".runtime" not in module.name:  # source that is pasted into emitted files
        importlib.import_module(module.name)
print(*sys.modules)
"""

BARE = "import sys; before = set(sys.modules); import archdsl; print(*set(sys.modules) - before)"

UNREGISTERED = """
import sys
from pathlib import Path
from types import ModuleType

top = sys.modules["archdsl"] = ModuleType("archdsl")
top.__path__ = [sys.argv[1]]  # archdsl/__init__.py, which registers how to draw, does not run
from archdsl.frontend.load import load
from archdsl.lowering import lower

spec = load(sys.argv[2], {"depth": 16})
assert spec._repr_svg_() is None
assert lower(spec).graph._repr_svg_() is None
assert not [name for name in sys.modules if name.startswith("archdsl.apps")]
"""

REGISTERED = """
import sys
from archdsl.frontend.load import load
from archdsl.lowering import lower

spec = load(sys.argv[1], {"depth": 16})
graph = lower(spec).graph
assert not [name for name in sys.modules if name.startswith("archdsl.apps")]
assert spec._repr_svg_().startswith("<?xml")
assert graph._repr_svg_().startswith("<?xml")
"""


def fresh(program: str, *arguments: str | Path) -> str:
    """Run a program in a new interpreter and return what it prints."""
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def layers() -> list[list[str]]:
    """The layers of the import contract, top first, each with its packages."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (one_way,) = (contract for contract in contracts if contract["id"] == "one-way")
    return [re.findall(r"\w+", layer) for layer in one_way["layers"]]


def not_below(package: str) -> set[str]:
    """Packages that are above a package in the layers, or beside it in the same layer."""
    name = package.split(".")[1]
    order = layers()
    (place,) = (index for index, layer in enumerate(order) if name in layer)
    return {other for layer in order[: place + 1] for other in layer} - {name}


def test_the_contract_orders_every_package() -> None:
    assert {"cli", "apps", "api", "lowering"} <= not_below("archdsl.ir")
    assert "frontend" in not_below("archdsl.ir")
    assert "language" not in not_below("archdsl.ir")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_brings_nothing_from_above_it(package: str) -> None:
    loaded = fresh(WHOLE, package).split()
    names = {name.split(".")[1] for name in loaded if name.startswith("archdsl.")}
    assert package.split(".")[1] in names
    assert not names & not_below(package)
    assert not {name.partition(".")[0] for name in loaded} & HEAVY


def test_archdsl_itself_brings_only_what_it_needs_to_look_up_names() -> None:
    loaded = {name for name in fresh(BARE).split() if name.startswith("archdsl")}
    assert loaded == {"archdsl", "archdsl.interrupts", "archdsl.shown", "archdsl.version"}


@pytest.mark.parametrize("module", ["archdsl.api", "archdsl.cli.main", "archdsl.errors"])
def test_verbs_and_commands_bring_no_heavy_package(module: str) -> None:
    loaded = fresh(f"import sys, {module}; print(*sys.modules)").split()
    assert not {name.partition(".")[0] for name in loaded} & HEAVY


def test_specs_and_graphs_have_no_picture_until_the_top_registers_one() -> None:
    fresh(UNREGISTERED, ROOT / "archdsl", ROOT / "specs" / "sparsenet-bc-cifar.yaml")


def test_specs_and_graphs_are_drawn_in_a_fresh_interpreter() -> None:
    pytest.importorskip("pygraphviz", reason="pygraphviz is not installed")
    fresh(REGISTERED, ROOT / "specs" / "sparsenet-bc-cifar.yaml")
