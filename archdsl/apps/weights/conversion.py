"""Convert the tensors of a checkpoint between another library's names and ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from archdsl.analysis.parameters import state_shapes
from archdsl.api import graph_of
from archdsl.apps.checkpoint.reading import dense, shape
from archdsl.apps.checkpoint.wrapped import StateDict, unwrap
from archdsl.apps.weights.choosing import Choice, for_checkpoint, for_network
from archdsl.apps.weights.report import Mismatch, Pair, Report
from archdsl.frontend.load import Spec
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Shape

COUNTER = ".num_batches_tracked"
"""A buffer of batch norms that files of torch before 0.4.1 lack."""


@dataclass(frozen=True)
class Converted:
    """A state dict under new names, and what became of each weight."""

    state: dict[str, Tensor]
    report: Report


def convert(network: Spec | Graph, tensors: object, source: str = "auto") -> Converted:
    """Return the weights of a checkpoint under the names of our module.

    Nothing is raised for weights that do not fit: see `Report.require`.

    >>> converted = convert(spec, torch.load("resnet50.pth"), "torchvision")  # doctest: +SKIP
    >>> converted.report.require()  # doctest: +SKIP
    >>> archdsl.build(spec).load_state_dict(converted.state)  # doctest: +SKIP

    Args:
        network: a spec, or its graph.
        tensors: the content of a checkpoint: a state dict, or a container with one.
        source: the library whose names it has, or the name of a map; `auto` takes the one that
            most names fit.

    Returns:
        The state dict, without the weights that do not fit, and the report.

    Raises:
        ArchdslError: A414 for an unknown source, A440 or A443 as `unwrap` does, A446 if no names
            fit.
    """
    graph = graph_of(network)
    shapes = state_shapes(graph)
    choice, content = for_checkpoint(graph.name, shapes, tensors, source)
    entries = [
        _Entry(Pair(ours, theirs), ours, content.entries.get(theirs), shapes[ours])
        for ours, theirs in choice.names.items()
    ]
    return _converted(graph, choice, content, entries)


def reverse(network: Spec | Graph, tensors: object, source: str) -> Converted:
    """Return the weights of our module under the names of another library, in its shapes.

    Args:
        network: a spec, or its graph.
        tensors: the content of a checkpoint of our module.
        source: the library, or the name of a map.

    Returns:
        The state dict, without the weights that do not fit, and the report.

    Raises:
        ArchdslError: A414 for an unknown source, A440 or A443 as `unwrap` does, A446 if there is
            no single map for the network.
    """
    graph = graph_of(network)
    shapes = state_shapes(graph)
    choice = for_network(graph.name, shapes, source)
    content = unwrap(tensors, shapes)
    entries = [
        _Entry(
            Pair(ours, theirs), theirs, content.entries.get(ours),
            choice.map.shape(theirs, shapes[ours]),
        )
        for ours, theirs in choice.names.items()
    ]  # fmt: skip
    return _converted(graph, choice, content, entries)


@dataclass(frozen=True)
class _Entry:
    """A weight: its names, its new name, its value in the checkpoint, and its new shape."""

    pair: Pair
    key: str
    value: object
    expected: Shape

    @property
    def missing(self) -> bool:
        return self.value is None

    @property
    def is_counter(self) -> bool:
        return self.pair.ours.endswith(COUNTER)

    @property
    def shape(self) -> Shape:
        """The shape in the checkpoint. Raises A440 if the value is not a tensor."""
        return shape(self.pair.theirs, self.value)

    @property
    def fits(self) -> bool:
        """Whether the shapes differ only by sizes of 1 at the end."""
        return _stripped(self.shape) == _stripped(self.expected)


def _stripped(sizes: Shape) -> Shape:
    """Return a shape without the sizes of 1 at its end."""
    end = len(sizes)
    while end and sizes[end - 1] == 1:
        end -= 1
    return sizes[:end]


def _converted(
    graph: Graph, choice: Choice, content: StateDict, entries: Sequence[_Entry]
) -> Converted:
    """Return the state dict of those entries that fit, and the report of all."""
    present = [entry for entry in entries if not entry.missing]
    fitting = [entry for entry in present if entry.fits]
    absent = [entry for entry in entries if entry.missing]
    filled = [entry for entry in absent if entry.is_counter]
    state = {entry.key: _value(entry, choice.map.mirrored) for entry in fitting}
    state |= {entry.key: torch.zeros((), dtype=torch.int64) for entry in filled}
    ignored = [name for name in content.extra if name.startswith(choice.map.ignored or ("\0",))]
    report = Report(
        network=graph.name,
        map=choice.map.name,
        where=content.where,
        loaded=_pairs(fitting),
        reshaped=_pairs(entry for entry in fitting if entry.shape != entry.expected),
        filled=_pairs(filled),
        missing=_pairs(entry for entry in absent if not entry.is_counter),
        mismatched=tuple(
            Mismatch(entry.pair, entry.shape, entry.expected) for entry in present if not entry.fits
        ),
        unexpected=tuple(name for name in content.extra if name not in ignored),
        ignored=tuple(ignored),
        classifier=_classifier(choice.names),
        note=choice.map.note,
    )
    # In the order of the network: entries that were filled belong to their norms.
    return Converted({e.key: state[e.key] for e in entries if e.key in state}, report)


def _pairs(entries: Sequence[_Entry] | Iterator[_Entry]) -> tuple[Pair, ...]:
    return tuple(entry.pair for entry in entries)


def _value(entry: _Entry, mirrored: bool) -> Tensor:
    """Return the tensor of an entry in its new shape, of the same dtype."""
    value = dense(entry.pair.theirs, entry.value).reshape(entry.expected)
    return value.flip(2, 3) if mirrored and value.dim() == 4 else value


def _classifier(names: Mapping[str, str]) -> str:
    """Return our name of the last matrix of the head, or nothing."""
    matrices = [name for name in names if name.startswith("head.") and name.endswith(".weight")]
    return matrices[-1] if matrices else ""
