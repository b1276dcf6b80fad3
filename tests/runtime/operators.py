"""What the tests of stages as operators share: networks, and the same networks without them."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from archdsl.api import Checked, check_text
from archdsl.oracle.comparison import load_module, network_class, randomise
from backends.networks import apart

TOP = "archdsl: 2\nname: net\ninput: [3, 8, 8]\nstem: [{conv: {width: 6, kernel: 3}}]\n"
HEAD = "head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 5}}]\n"
DENSE = "{kind: dense-bottleneck, order: pre, width: 4, inner: 6}"


@lru_cache(maxsize=256)
def spec(unit: str = DENSE, connect: str = "exponential", more: str = "exit: rule") -> Checked:
    """Two stages that concatenate, of four layers."""
    stages = f"count: 2, layers: 4, unit: {unit}, connect: {connect}, aggregate: concat, {more}"
    between = "between: {kind: transition, width: 7}"
    return check_text(f"{TOP}stages: {{{stages}}}\n{between}\n{HEAD}")


CLASSES: dict[int, tuple[Checked, type[nn.Module]]] = {}
"""The classes of the last specs by identity: most tests make networks of the same few."""


def class_of(checked: Checked) -> type[nn.Module]:
    """The class of the networks of a spec, which is compiled once."""
    if id(checked) not in CLASSES:
        if len(CLASSES) == 64:
            CLASSES.clear()
        text = checked.emit(memory_efficient=True)
        CLASSES[id(checked)] = checked, network_class(load_module(text))
    return CLASSES[id(checked)][1]


def network(checked: Checked | None = None) -> Any:
    """A network in training and in float64 whose stages are operators."""
    return ready(class_of(checked or spec()))


def imported(checked: Checked | None = None) -> Any:
    """The same, with the package's runtime, for tests that change it.

    Files with the same runtime share the operator of the first one that torch saw, so a change of
    another file's copy has no effect on it.
    """
    text = (checked or spec()).emit(memory_efficient=True, runtime="import")
    return ready(network_class(load_module(text)))


def ready(kind: type[nn.Module]) -> Any:
    """A network of a class with the same random weights in each call."""
    torch.manual_seed(0)
    made = kind().double().train()
    randomise(made)
    return made


def plain(made: Any) -> Any:
    """A copy of a network whose stages run layer by layer."""
    other = copy.deepcopy(made)
    for stage in other.stages:
        stage.operator.enabled = False
    return other


def obstacles(made: Any, x: Tensor) -> set[str]:
    """Why stages of a network are run layer by layer; the input is in the place of theirs."""
    return {stage.operator.obstacle(stage.layers, x) for stage in made.stages} - {""}


def batch(size: int = 3) -> Tensor:
    """Random images in float64."""
    return torch.randn(size, 3, 8, 8, dtype=torch.float64, generator=torch.manual_seed(1))


def gradients(made: nn.Module) -> Tensor:
    """The gradients of all weights in one tensor."""
    return torch.cat([weight.grad.flatten() for weight in made.parameters()])  # type: ignore[union-attr]


def statistics(made: nn.Module) -> Tensor:
    """The running statistics of the norms of all stages in one tensor."""
    named = made.named_buffers()
    return torch.cat([b.double().flatten() for name, b in named if name.startswith("stages")])


def assert_same(made: nn.Module, other: nn.Module, tolerance: float = 1e-12) -> None:
    """Two networks have the same gradients and running statistics."""
    assert apart(gradients(made), gradients(other)) < tolerance
    assert apart(statistics(made), statistics(other)) < tolerance
