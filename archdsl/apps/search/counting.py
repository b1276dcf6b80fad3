"""One number of a network, without the analyses that it does not need."""

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
"""What a budget can be of: how it is called, and how it is counted."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The parameters of a network, how many of them its norms have, and its size as a graph.

    `primitives` are the layers inside its chains, those of equal chains once.
    """

    parameters: int
    norms: int
    nodes: int
    edges: int
    primitives: int


def measure(spec: Spec, by: str, limits: Limits) -> int:
    """One quantity of a network.

    Raises: ArchdslError: A1xx to A3xx as `api.lower` does, A303 or A304 if it is above its limit.
    """
    said, count = QUANTITIES[by]
    found = count(api.lower(spec, limits))
    code, limit = {
        "parameters": ("A303", limits.parameters),
        "activation-bytes": ("A304", limits.activation_bytes),
    }.get(by, ("", found))
    if found > limit:
        message = f"this network has {found:,} {said} (limit {limit:,})"
        raise ArchdslError(Diagnostic(code, message, **spec.at("stages")))
    return found


def counted(spec: Spec, limits: Limits) -> Counted:
    """The parameters of a network. Raises ArchdslError (A1xx to A3xx)."""
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
    """A budget: `123456`, `7,189,468` or `7.2M`. Raises ArchdslError (A414)."""
    try:
        return int(read_printed(text.replace(",", "")).value)
    except ArchdslError:
        raise fail("A414", f"`{text[:40]}` is not a number", help="write 123456 or 7.2M") from None
