"""The weights of a network from a checkpoint, checked against its graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from archdsl.analysis.parameters import state_shapes
from archdsl.apps.checkpoint.reading import numbers, shape
from archdsl.apps.checkpoint.wrapped import unwrap
from archdsl.errors import fail
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Weighted

FUSED = "what fuse() returns has folded weights: save the state dict of the network itself"


def network_weights(graph: Graph, loaded: object) -> dict[str, Tensor]:
    """Return the network's weights by name, with the right shapes and finite values.

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
    return state.entries


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
