"""Weights from a file, by name. The only file of this package that imports torch."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from archdsl.analysis.parameters import state_shapes
from archdsl.errors import fail
from archdsl.heatmap.model import HeatMap, Panel
from archdsl.heatmap.readers import Reader, readers, tells_apart
from archdsl.ir.graph import Graph

INSIDE = ("state_dict", "model_state_dict", "model")
"""Keys under which training scripts keep a state dict."""

PREFIXES = ("module.", "_orig_mod.")
"""What wrappers of a module put before its names: data parallelism, compilation."""


def load(path: Path) -> dict[str, Tensor]:
    """A state dict; nothing in the file is run. Raises ArchdslError (A401, A402, A440)."""
    if not path.exists():
        raise fail("A401", f"{path} does not exist")
    if not path.is_file():
        raise fail("A402", f"{path} is not a regular file")
    try:
        with warnings.catch_warnings():  # torch warns of what it then refuses
            warnings.simplefilter("ignore")
            found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, IndexError, TypeError,
            AttributeError, AssertionError, pickle.UnpicklingError) as error:  # fmt: skip
        said = str(error).strip().splitlines()
        raise fail(
            "A440",
            f"{path} is no checkpoint that can be read safely",
            note=said[0][:200] if said else type(error).__name__,
            help="save one with torch.save(network.state_dict(), path)",
        ) from None
    for key in INSIDE:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping):
        raise fail("A440", f"{path} holds no state dict, but a {type(found).__name__}")
    return {_plain(str(name)): value for name, value in found.items() if isinstance(value, Tensor)}


def _plain(name: str) -> str:
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def heat_map(graph: Graph, state: Mapping[str, Tensor]) -> HeatMap:
    """The mean absolute weight of every link.

    Raises: ArchdslError: A441 if the weights are another network's, A442 if no stage has weights
    of its own for each output.
    """
    _check(graph, state)
    means: dict[int, dict[tuple[int, int], float]] = {}
    for reader in readers(graph):
        found = means.setdefault(reader.stage, {})
        for source, mean in zip(reader.sources, _means(reader, state[reader.key]), strict=True):
            found[source, reader.layer] = mean
    panels = tuple(
        Panel(stage.index, stage.depth, means[stage.index])
        for stage in graph.stages
        if means.get(stage.index)
    )
    if not panels:
        raise fail(
            "A442",
            f"the layers of {graph.name} have no weights of their own for each output they read",
            note="where outputs are added, all of them meet the same weights",
            help="the stages of a heat map join their outputs by concat",
        )
    left = [stage.index for stage in graph.stages if not tells_apart(stage)]
    return HeatMap(graph.name, panels, left)


def _means(reader: Reader, weight: Tensor) -> list[float]:
    """One for each source. Features of group g are seen by the outputs of group g alone."""
    seen = weight.detach().double().abs().reshape(reader.groups, -1, *weight.shape[1:])
    each = seen.flatten(3).mean(dim=3) if seen.dim() > 3 else seen
    by_feature = each.mean(dim=1).flatten()
    return [float(part.mean()) for part in torch.split(by_feature, list(reader.features))]


def _check(graph: Graph, state: Mapping[str, Tensor]) -> None:
    """Whether these are the weights of this network. Raises ArchdslError (A441)."""
    known = state_shapes(graph)
    missing = [name for name in known if name not in state]
    if missing:
        raise _other(graph, f"it has no {_named(missing)}")
    extra = [name for name in state if name not in known]
    if extra:
        raise _other(graph, f"the network has no {_named(extra)}")
    for name, shape in known.items():
        if tuple(state[name].shape) != shape:
            there = "x".join(map(str, state[name].shape))
            raise _other(graph, f"{name} is {there}, not {'x'.join(map(str, shape))}")
        if state[name].is_floating_point() and not bool(torch.isfinite(state[name]).all()):
            raise _other(graph, f"{name} has values that are no finite numbers")


def _other(graph: Graph, why: str) -> Exception:
    return fail(
        "A441",
        f"the checkpoint is not one of {graph.name}: {why}",
        help="name the spec it was trained from, with the same --set",
    )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{names[0][:80]}{more}"
