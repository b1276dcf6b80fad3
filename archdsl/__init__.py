"""archdsl: macro-architectures of neural networks as data.

>>> import archdsl
>>> spec = archdsl.load("specs/sparsenet-bc-cifar.yaml", {"depth": 40})  # doctest: +SKIP
>>> archdsl.analyse(archdsl.lower(spec)).parameters  # doctest: +SKIP
"""

from archdsl import interrupts

interrupts.end_at_once()  # before the other imports, which take a third of a second

# ruff: noqa: E402
from importlib import import_module
from typing import TYPE_CHECKING

from archdsl.api import analyse, build, emit, load, lower
from archdsl.errors import ArchdslError
from archdsl.language.aggregation import Aggregation
from archdsl.language.layer import Layer
from archdsl.language.rule import Rule
from archdsl.language.unit import Unit

if TYPE_CHECKING:
    from archdsl.apps.compare.model import compare_specs as compare
    from archdsl.apps.draw.showing import picture

__all__ = [
    "Aggregation", "ArchdslError", "Layer", "Rule", "Unit", "analyse", "build", "compare", "emit",
    "load", "lower", "picture",
]  # fmt: skip

LATE = {
    "compare": "archdsl.apps.compare.model:compare_specs",
    "picture": "archdsl.apps.draw.showing:picture",
}
"""Looked up when they are used: who compiles need not wait for what draws."""


def __getattr__(name: str) -> object:
    """A function of `LATE`."""
    if name not in LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, function = LATE[name].partition(":")
    return getattr(import_module(module), function)
