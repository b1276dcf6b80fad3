"""The weights of a network from a checkpoint, checked against its graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from archdsl.analysis.parameters import state_shapes
from archdsl.api import Checked
from archdsl.apps.checkpoint.reading import dense, numbers, shape
from archdsl.apps.checkpoint.wrapped import unwrap
from archdsl.errors import fail
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Weighted
from archdsl.loading import load_module, network_class

FUSED = "what fuse() returns has folded weights: save the state dict of the network itself"


def network_weights(graph: Graph, loaded: object) -> dict[str, Tensor]:
    """Return the network's weights by name: dense, with the right shapes and finite values.

    Args:
        graph: the network.
        loaded: the content of a checkpoint: a state dict, or a container with one.

    Raises:
        ArchdslError: A440 for weights that are not real numbers, A441 for weights of a different
            network, A443 for several state dicts.
    """
    shapes = state_shapes(graph)
    state = unwrap(loaded, shapes)
    if missing := [name for name in shapes if name not in state.entries]:
        where = f" under `{state.where[:60]}`" if state.where else ""
        raise _other(graph, f"it has no {_named(missing)}{where}", FUSED)
    if state.extra:
        raise _other(graph, f"the network has no {_named(state.extra)}")
    for name, expected in shapes.items():
        if (size := shape(name, state.entries[name])) != expected:
            there = "x".join(map(str, size)) or "a scalar"
            raise _other(graph, f"{name} is {there}, not {'x'.join(map(str, expected))}")
    statistics = set(_statistics(graph))
    for name in shapes:
        whole = name in statistics and not state.entries[name].is_floating_point()
        if whole or name.endswith(".num_batches_tracked"):
            continue  # counters, and the index of `select`
        if not bool(torch.isfinite(numbers(name, state.entries[name])).all()):
            raise _other(graph, f"{name} has values that are not finite")
    return {name: dense(name, value) for name, value in state.entries.items()}


def trained(checked: Checked, loaded: object) -> nn.Module:
    """Return the network in evaluation mode with the weights of a checkpoint.

    Args:
        checked: the network.
        loaded: the content of a checkpoint: a state dict, or a container with one.

    Raises:
        ArchdslError: A440, A441 or A443 as `network_weights` does.
    """
    weights = network_weights(checked.graph, loaded)
    network = network_class(load_module(checked.emit()))().eval()
    network.load_state_dict(weights)
    return network.requires_grad_(False)


def _statistics(graph: Graph) -> Iterator[str]:
    """Yield the names of the buffers of layers."""
    for _, chain in graph.chains():
        for layer in chain.layers:
            if isinstance(layer, Weighted):
                yield from (f"{chain.scope}.{layer.name}.{key}" for key in layer.statistics())


def _other(graph: Graph, why: str, note: str | None = None) -> Exception:
    return fail(
        "A441",
        f"the checkpoint is not one of {graph.name}: {why}",
        note=note,
        help="name the spec it was trained from, with the same --set",
    )


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{names[0][:80]}{more}"
