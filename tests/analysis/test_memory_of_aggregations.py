"""What aggregations keep for the backward pass, whichever of their outputs need a gradient."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

import archdsl
from analysis.test_memory import kept_by_torch
from archdsl.analysis.memory import training
from archdsl.api import check_text
from archdsl.ir.layers.keeping import Account
from archdsl.ir.layers.walk import Activation
from archdsl.language import aggregations
from archdsl.language.aggregation import Aggregation

SPEC = """
archdsl: 2
name: net
input: [4, 5, 5]
stages: {count: 1, layers: 3, unit: UNIT, connect: RULE, aggregate: KIND, exit: EXIT}
"""
CONV, NORM = "[{conv: 4}]", "{kind: basic, order: pre, width: 4}"
KINDS = {
    "max": "max", "product": "product", "attention": "attention", "weighted": "weighted",
    "weighted channels": "{kind: weighted, per: channel}",
    "softmax": "{kind: weighted, normalise: softmax}",
    "softmax of channels": "{kind: weighted, normalise: softmax, per: channel}",
    "sigmoid": "{kind: weighted, normalise: sigmoid, init: mean}",
    "streams": "{kind: streams, count: 3}",
    "balanced streams": "{kind: streams, count: 3, mixing: doubly-stochastic}",
    "dynamic streams": "{kind: streams, count: 3, dynamic: true}",
    "one dynamic stream": "{kind: streams, count: 1, dynamic: true}",
    "balanced dynamic streams":
        "{kind: streams, count: 2, dynamic: true, mixing: doubly-stochastic}",
}  # fmt: skip


def spec(kind: str, rule: str = "full", exit: str = "rule", unit: str = CONV) -> str:
    text = SPEC.replace("KIND", kind).replace("RULE", rule)
    return text.replace("EXIT", exit).replace("UNIT", unit)


def assert_predicted(text: str) -> None:
    checked = check_text(text)
    network = archdsl.build(checked.spec)
    x = torch.rand(1, *checked.graph.steps["input"][0])
    kept = kept_by_torch(lambda: network(x), network.state_dict(keep_vars=True))
    assert training(checked.graph) == kept


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", ["full", "{rule: exponential, base: 2}"])
@pytest.mark.parametrize("unit", [CONV, NORM, "[relu]"])
def test_an_image_among_the_outputs_needs_no_gradient(kind: str, rule: str, unit: str) -> None:
    assert_predicted(spec(KINDS[kind], rule, unit=unit))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "streams" not in KINDS[kind]])
def test_an_exit_with_an_aggregation_of_its_own(kind: str) -> None:
    own = f"{{connect: {{rule: every, step: 1}}, aggregate: {KINDS[kind]}}}"
    assert_predicted(spec("sum", exit=own))
    assert_predicted(spec("concat", exit=own))


OPERATORS: list[Aggregation] = [
    aggregations.Max(kind="max"), aggregations.Product(kind="product"),
    aggregations.Highway(kind="highway"), aggregations.Attention(kind="attention"),
    *(
        aggregations.WeightedSum(kind="weighted", per=per, normalise=normalise)
        for per in ("scalar", "channel")
        for normalise in ("none", "softmax", "sigmoid")
    ),
    *(
        aggregations.Streams(kind="streams", count=count, dynamic=dynamic, mixing=mixing)
        for count in (1, 3)
        for dynamic in (False, True)
        for mixing in ("free", "doubly-stochastic")
    ),
]  # fmt: skip


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
def test_whichever_outputs_need_a_gradient(operator: Aggregation) -> None:
    namespace: dict[str, Any] = {"torch": torch, "Tensor": Tensor}
    exec(operator.source(), namespace)
    assert operator.join is not None
    function = namespace[operator.join.__name__]
    shapes = [(4, 5, 5)] * 3
    if isinstance(operator, aggregations.Streams):
        shapes = [(4 * operator.count, 5, 5), (4, 5, 5)]
    sizes = operator.weights_for([shape[0] for shape in shapes])
    weights = {name: torch.rand(size).requires_grad_() for name, size in sizes.items()}
    for tracked in product([False, True], repeat=len(shapes)):
        pairs = list(zip(shapes, tracked, strict=True))
        outputs = [torch.rand(1, *shape).requires_grad_(needs) for shape, needs in pairs]
        join = partial(function, outputs, *operator.arguments(), *weights.values())
        kept = kept_by_torch(join, weights)
        account = Account()
        account.join(operator, [Activation(*pair) for pair in pairs], shapes[0])
        assert account.bytes == kept, tracked
