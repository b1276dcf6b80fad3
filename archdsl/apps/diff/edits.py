"""Layers that were inserted, removed or replaced, in a list of units and inside each unit.

Lists are aligned by `difflib`, so a layer inserted in the middle is one edit, and the layers after
it are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from archdsl.apps.diff.alignment import LONGEST, Alignment, opcodes
from archdsl.apps.diff.words import layer_words
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.layers.block import Block
from archdsl.ir.ops import Chain, Layer

Layers = tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Entries of a list that one network has and the other has not.

    `first` and `last` are the numbers, from 1, of the units that contain them, or of the entries
    themselves; those of the second network, or of the first one if all were removed.
    """

    first: int
    last: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Units:
    """The layers of each unit of a stage, and the same in words."""

    layers: tuple[Layers, ...]
    words: tuple[str, ...]


def units(graph: Graph, stage: Stage | None) -> Units | None:
    """Return the units of a stage; None if the network lacks the stage.

    Args:
        graph: the network.
        stage: its stage.
    """
    if stage is None:
        return None
    lists = tuple(_layers(graph, name) for name in stage.layers)
    return Units(lists, tuple(map(layer_words, lists)))


def stage_edits(one: Units | None, other: Units | None, alignment: Alignment) -> tuple[Edit, ...]:
    """Return the edits of the units of a stage; nothing if one network lacks the stage.

    Args:
        one: the units before the change.
        other: the units after it.
        alignment: which unit is which.
    """
    if one is None or other is None:
        return ()
    return tuple(_merged(_unit_edits(one, other, alignment)))


def chain_edits(one: Layers, other: Layers) -> tuple[Edit, ...]:
    """Return the edits of a list of layers, such as a stem.

    Layers inside blocks are entries of the list too.

    Args:
        one: the layers before the change.
        other: the layers after it.
    """
    return tuple(_edits(list(_flat(one)), list(_flat(other))))


def chain_layers(graph: Graph, name: str) -> Layers:
    """Return the layers of a stem, of what lies between stages, or of a head; none without it.

    Args:
        graph: the network.
        name: the name of the node, such as `stem`.
    """
    return _layers(graph, name) if name in graph.nodes else ()


def _layers(graph: Graph, name: str) -> Layers:
    op = graph[name].op
    return op.layers if isinstance(op, Chain) else ()


def _unit_edits(one: Units, other: Units, alignment: Alignment) -> Iterator[Edit]:
    """Yield whole units that were inserted or removed, and the edits inside units that changed."""
    for old, new in alignment.rows[1:]:
        if old is None:
            assert new is not None
            yield Edit(new, new, (), (other.words[new - 1],))
        elif new is None:
            yield Edit(old, old, (one.words[old - 1],), ())
        elif one.words[old - 1] != other.words[new - 1]:
            for edit in chain_edits(one.layers[old - 1], other.layers[new - 1]):
                yield replace(edit, first=new, last=new)


def _merged(edits: Iterator[Edit]) -> Iterator[Edit]:
    """Join equal edits of neighbouring units."""
    changes = groupby(
        sorted(edits, key=lambda edit: (edit.removed, edit.added, edit.first)),
        key=lambda edit: (edit.removed, edit.added),
    )
    runs = [run for _, same in changes for run in _runs(list(same))]
    yield from sorted(runs, key=lambda edit: (edit.first, edit.last))


def _runs(same: Sequence[Edit]) -> Iterator[Edit]:
    for _, group in groupby(enumerate(same), key=lambda item: item[1].first - item[0]):
        run = [edit for _, edit in group]
        yield replace(run[0], last=run[-1].last)


def _edits(one: Sequence[str], other: Sequence[str]) -> Iterator[Edit]:
    """Yield the edits of a list; none of a list that is too long to be aligned."""
    if max(len(one), len(other)) > LONGEST:
        return
    for tag, i, i_end, j, j_end in opcodes(one, other):
        first, last = (i + 1, i_end) if tag == "delete" else (j + 1, j_end)
        if tag != "equal":
            yield Edit(first, last, tuple(one[i:i_end]), tuple(other[j:j_end]))


def _flat(layers: Sequence[Layer], prefix: str = "") -> Iterator[str]:
    """Yield the words of layers; those inside a block after its name: `gate: relu`."""
    for layer in layers:
        if not isinstance(layer, Block):
            yield f"{prefix}{layer.words()}"
            continue
        yield f"{prefix}{layer.name}: {layer.operator.says()}, exit {_numbers(layer.exit)}"
        for place, part in enumerate(layer.parts):
            number = "" if layer.flat else f" F{place + 1}"
            yield from _flat(part, f"{prefix}{layer.name}{number}: ")


def _numbers(reads: Sequence[int]) -> str:
    return " ".join(f"F{read}" for read in reads)
