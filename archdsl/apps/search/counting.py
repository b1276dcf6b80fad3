"""Compute one number of a network, without the other analyses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archdsl import api
from archdsl.analysis.macs import macs
from archdsl.analysis.memory import inference
from archdsl.analysis.parameters import layer_parameters, parameters
from archdsl.apps.reproduce.printed import read_printed
from archdsl.errors import ArchdslError, Diagnostic, fail
from archdsl.frontend.load import Spec
from archdsl.ir.graph import Graph
from archdsl.lowering.limits import Limits

QUANTITIES: dict[str, tuple[str, Callable[[Graph], int]]] = {
    "parameters": ("parameters", lambda graph: sum(parameters(graph).values())),
    "macs": ("multiply-adds", lambda graph: sum(macs(graph).values())),
    "activation-bytes": ("bytes of activations to infer", inference),
}
"""Quantity of a budget to its noun, and to the function that counts it."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The parameters of a network, how many of them its norms have, and its size as a graph.

    `primitives` is the number of layers inside its chains; equal chains count once.
    """

    parameters: int
    norms: int
    nodes: int
    edges: int
    primitives: int


def measure(spec: Spec, by: str, limits: Limits) -> int:
    """Return one quantity of a network.

    Args:
        spec: the spec.
        by: a key of `QUANTITIES`.
        limits: how large the network may be.

    Raises:
        ArchdslError: A1xx to A3xx as `api.lower` does, A303 or A304 if it is above its limit.
    """
    noun, count = QUANTITIES[by]
    total = count(api.lower(spec, limits))
    code, limit = {
        "parameters": ("A303", limits.parameters),
        "activation-bytes": ("A304", limits.activation_bytes),
    }.get(by, ("", total))
    if total > limit:
        message = f"this network has {total:,} {noun} (limit {limit:,})"
        raise ArchdslError(Diagnostic(code, message, **spec.at("stages")))
    return total


def counted(spec: Spec, limits: Limits) -> Counted:
    """Return the parameters and the size of a network.

    Args:
        spec: the spec.
        limits: how large the network may be as a graph; parameters have no limit here.

    Raises:
        ArchdslError: A1xx to A3xx as `api.lower` does.
    """
    graph = api.lower(spec, limits)
    norms = (layer for _, chain in graph.chains() for layer in chain.layers)
    return Counted(
        sum(parameters(graph).values()),
        sum(layer_parameters(layer) for layer in norms if layer.normalises),
        len(graph.nodes),
        sum(len(node.inputs) for node in graph),
        sum(map(len, graph.layer_lists)),
    )


def amount(text: str) -> int:
    """Return a budget such as `123456`, `7,189,468` or `7.2M`. Raise A414 if it is not a number."""
    try:
        return int(read_printed(text.replace(",", "")).value)
    except ArchdslError:
        raise fail("A414", f"`{text[:40]}` is not a number", help="write 123456 or 7.2M") from None
