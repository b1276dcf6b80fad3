"""The weights of a network that is exported: new ones or a checkpoint's, folded in float64."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from archdsl.api import Checked
from archdsl.apps.checkpoint.reading import load
from archdsl.apps.checkpoint.weights import network_weights
from archdsl.ir.graph import Graph
from archdsl.loading import load_module, network_class
from archdsl.passes.simplify import Merge

State = dict[str, Tensor]
"""A state dict: float64, and integers such as the indices of `select`."""


def initial(checked: Checked, seed: int) -> State:
    """Return the weights of a newly initialised network; torch's own random state is kept.

    Args:
        checked: the network.
        seed: of the weights.
    """
    kind = network_class(load_module(checked.emit()))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        state = kind().state_dict()
    return {name: _double(value) for name, value in state.items()}


def saved(graph: Graph, path: Path) -> State:
    """Return the weights of a checkpoint.

    Args:
        graph: the network.
        path: the file.

    Raises:
        ArchdslError: A401 to A403 if it cannot be read; A440, A441 or A443 if it has no weights of
            this network.
    """
    entries = network_weights(graph, load(path))
    return {name: _double(value) for name, value in entries.items()}


def _double(value: Tensor) -> Tensor:
    return value.detach().double() if value.is_floating_point() else value.detach()


def folded(state: Mapping[str, Tensor], merges: Iterable[Merge]) -> State:
    """Return the weights of the simplified network.

    Args:
        state: the weights of the original network.
        merges: what `simplification` merged, in its order.
    """
    result = dict(state)
    for merge in merges:
        own = {name.removeprefix(f"{merge.merged}."): name for name in _under(result, merge.merged)}
        scale, shift = merge.layer.scale_and_shift({key: result[own[key]] for key in own})
        weight, bias = f"{merge.into}.weight", f"{merge.into}.bias"
        per_output = scale.reshape(-1, *[1] * (result[weight].dim() - 1))
        result[weight] = result[weight] * per_output
        result[bias] = result[bias] * scale + shift if bias in result else shift
        for name in own.values():
            del result[name]
    return result


def _under(state: Mapping[str, Tensor], scope: str) -> list[str]:
    """Return the names that begin with a scope."""
    return [name for name in state if name.startswith(f"{scope}.")]
