"""archdsl: macro-architectures of neural networks as data.

>>> import archdsl
>>> spec = archdsl.load("specs/sparsenet-bc-cifar.yaml", {"depth": 40})  # doctest: +SKIP
>>> archdsl.analyse(archdsl.lower(spec)).parameters  # doctest: +SKIP
"""

from archdsl import interrupts

interrupts.end_at_once()  # before the other imports, which take a third of a second

# ruff: noqa: E402
from importlib import import_module
from typing import TYPE_CHECKING, Any

from archdsl import shown
from archdsl.version import __version__

if TYPE_CHECKING:
    from archdsl.api import analyse, build, emit, load, lower
    from archdsl.apps.compare.model import compare_specs as compare
    from archdsl.apps.draw.showing import picture
    from archdsl.apps.explorer.widgets import explore
    from archdsl.apps.export.model import export
    from archdsl.apps.heatmap.strengths import strengths
    from archdsl.apps.models.create import create_model
    from archdsl.apps.models.timm import register_timm
    from archdsl.errors import ArchdslError
    from archdsl.language.aggregation import Aggregation
    from archdsl.language.layer import Layer
    from archdsl.language.rule import Rule
    from archdsl.language.unit import Unit
    from archdsl.language.weight import Weight

__all__ = [
    "Aggregation", "ArchdslError", "Layer", "Rule", "Unit", "Weight", "__version__", "analyse",
    "build", "compare", "create_model", "emit", "explore", "export", "load", "lower", "picture",
    "register_timm", "strengths",
]  # fmt: skip

LAZY = {
    "Aggregation": "archdsl.language.aggregation:Aggregation",
    "ArchdslError": "archdsl.errors:ArchdslError",
    "Layer": "archdsl.language.layer:Layer",
    "Rule": "archdsl.language.rule:Rule",
    "Unit": "archdsl.language.unit:Unit",
    "Weight": "archdsl.language.weight:Weight",
    "analyse": "archdsl.api:analyse",
    "build": "archdsl.api:build",
    "compare": "archdsl.apps.compare.model:compare_specs",
    "create_model": "archdsl.apps.models.create:create_model",
    "emit": "archdsl.api:emit",
    "explore": "archdsl.apps.explorer.widgets:explore",
    "export": "archdsl.apps.export.model:export",
    "load": "archdsl.api:load",
    "lower": "archdsl.api:lower",
    "picture": "archdsl.apps.draw.showing:picture",
    "register_timm": "archdsl.apps.models.timm:register_timm",
    "strengths": "archdsl.apps.heatmap.strengths:strengths",
}
"""Public name to `module:name`, imported on first use.

Importing a package of archdsl runs this file first, so anything imported here would come along
with every package, however low it is in the layers.
"""


def __getattr__(name: str) -> object:
    """Import a name of `LAZY` and keep it as an attribute of this module."""
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = LAZY[name].partition(":")
    value = globals()[name] = getattr(import_module(module), attribute)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *LAZY})


def _svg(network: Any) -> str | None:
    """Draw a spec, a graph or a checked spec as SVG; None if it cannot be drawn."""
    from archdsl.apps.draw.showing import svg

    return svg(network)


def _lines(error: Any) -> list[str]:
    """Return an error as the command line prints it."""
    from archdsl.cli.render import texts

    return texts(error.diagnostics).splitlines()


shown.draw_with(_svg)
shown.describe_with(_lines)
