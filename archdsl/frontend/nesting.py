"""The models of lists of layers and of units, which hold each other: a list may hold blocks."""

from __future__ import annotations

from typing import Annotated, Any, ForwardRef

from pydantic import Field, create_model

from archdsl.frontend import unions
from archdsl.frontend.derived import derived
from archdsl.language.aggregation import Aggregation
from archdsl.language.cycle import Cycle
from archdsl.language.exit import Exit, WordExit
from archdsl.language.layers import Block, Gate, LayerWords, Nest, Parallel, Residual
from archdsl.language.rule import Rule
from archdsl.language.unit import Unit
from archdsl.language.values import Words


def recursive(
    layers: tuple[type[LayerWords], ...], units: tuple[type[Unit], ...],
    rules: tuple[type[Rule], ...], aggregations: tuple[type[Aggregation], ...],
    own_exit: type[Exit], base: type[Words],
) -> tuple[type[Words], Any, Any]:  # fmt: skip
    """Return the models of a list of layers, of a unit, and of what the key `unit` may hold.

    Args:
        layers: the words for layers.
        units: the named units.
        rules: the rules that a block may have.
        aggregations: the aggregations that a block may have.
        own_exit: the exit with a rule or an aggregation of its own.
        base: what the model of a list derives from.
    """
    operator = unions.worded(aggregations, "kind")
    branches: Any = tuple[ForwardRef("Unit_"), ...]  # type: ignore[misc]
    listed = Annotated[branches, Field(max_length=64, strict=False)]
    slots: dict[type[LayerWords], dict[str, Any]] = {
        Residual: {"layers": (ForwardRef("Unit_"), ...)},
        Gate: {"layers": (ForwardRef("Unit_"), ...)},
        Parallel: {"layers": (listed, ...), "aggregate": (operator, ...)},
        Block: {
            "layers": (ForwardRef("Layers_") | None, None),
            "unit": (ForwardRef("Units_") | None, None),
            "connect": (unions.worded(rules, "rule"), ...),
            "aggregate": (operator, ...),
            "exit": (unions.exit(own_exit), WordExit(kind="rule")),
        },
        Nest: {"layers": (ForwardRef("Unit_"), ...), "bottom": (ForwardRef("Unit_"), ...)},
    }  # fmt: skip
    nested: dict[type[LayerWords], Any] = {
        word: derived(word, **fields) for word, fields in slots.items()
    }
    item = unions.layer([nested.get(word, word) for word in layers], units)
    field = Field(min_length=1, max_length=64, strict=False)
    fields: dict[str, Any] = {"layers": (tuple[item, ...], field)}  # type: ignore[valid-type]
    chain = create_model("LayerList", __base__=base, __doc__=base.__doc__, **fields)
    unit = unions.unit(units, chain)
    cycle = derived(Cycle, cycle=(tuple[unit, ...], field))  # type: ignore[valid-type]
    units_ = unions.units(units, chain, cycle)
    names = {"Unit_": unit, "Units_": units_, "Layers_": unions.layers(unit)}
    # The list first: it is in every other model, and is then used as it is.
    for model in (chain, *nested.values(), cycle):
        model.model_rebuild(force=True, _types_namespace=names)
    return chain, unit, units_
