"""Dilation in place of the strides of late layers, for segmentation: larger maps, same weights.

A layer whose stride would make the map smaller than wanted gets the stride 1, and all layers after
it read pixels that are as far apart as the stride was: the algorithme a trous. So every pixel that
the network had before is computed from the same pixels of the input, with new ones between them.
The weights and their names are the same. torchvision (`replace_stride_with_dilation`) and timm
(`output_stride`) do this in ResNets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from archdsl.errors import ArchdslError, fail
from archdsl.ir.graph import Graph, Node
from archdsl.ir.layers import Block
from archdsl.ir.layers.block import Join
from archdsl.ir.layers.layer import Span
from archdsl.ir.ops import Aggregate, Chain, Input, Layer, Shape
from archdsl.ir.shapes import after


@dataclass(frozen=True, slots=True)
class Position:
    """What is known of a map: its shape, its stride, and how far apart its old pixels are.

    `step` is 0 for what was pooled to a fixed size: it has no pixels between others.
    """

    shape: Shape
    stride: Span = 1
    step: int = 1


@dataclass
class Dilation:
    """The dilation of one network; `done` has the lists of layers that were rewritten."""

    output_stride: int
    done: dict[tuple[int, Position], tuple[tuple[Layer, ...], tuple[Layer, ...], Position]] = field(
        default_factory=dict
    )

    def chain(self, layers: tuple[Layer, ...], at: Position) -> tuple[tuple[Layer, ...], Position]:
        """Return a list of layers for larger maps, and the position of its result.

        Args:
            layers: the layers, in order; equal units share them, before and after.
            at: the position of the input.

        Raises:
            ArchdslError: A414 if a layer cannot be dilated.
        """
        key = (id(layers), at)
        if key not in self.done:
            new, here = list[Layer](), at
            for layer in layers:
                changed, here = self.layer(layer, here)
                new.append(changed)
            same = (
                tuple(new) if any(x is not y for x, y in zip(new, layers, strict=True)) else layers
            )
            self.done[key] = layers, same, here  # with the old ones, so that no id is used again
        return self.done[key][1:]

    def layer(self, layer: Layer, at: Position) -> tuple[Layer, Position]:
        """Return one layer for larger maps, and the position of its result.

        Args:
            layer: the layer.
            at: the position of its input.

        Raises:
            ArchdslError: A414 if it cannot be dilated.
        """
        if isinstance(layer, Block):
            return self.block(layer, at)
        if layer.fixes_size:
            return layer, replace(at, shape=_after(layer, at.shape), step=0)
        stride = layer.window(at.shape)[1] if len(at.shape) > 1 else 1
        keeps = at.stride * stride > self.output_stride and at.step > 0
        new = layer.dilated(max(at.step, 1), keeps)
        if new is None or (keeps and new.after(at.shape)[1:] != at.shape[1:]):
            raise _impossible(layer, self.output_stride)
        shape = _after(new, at.shape)
        if keeps:
            return new, Position(shape, at.stride, at.step * int(stride))
        return new, Position(shape, at.stride * stride, at.step)

    def block(self, block: Block, at: Position) -> tuple[Block, Position]:
        """Return a block for larger maps, and the position of its result.

        Args:
            block: the block.
            at: the position of its input.

        Raises:
            ArchdslError: A414 if one of its layers cannot be dilated.
        """
        parts: dict[int, tuple[Layer, ...]] = {}

        def part(place: int, source: Position) -> Position:
            parts[place], result = self.chain(block.parts[place], source)
            return result

        def join(own: Join, sources: Sequence[Position]) -> Position:
            shape = block.joined(own, [source.shape for source in sources])
            return joined(shape, sources, self.output_stride)

        result = block.run(at, part, join)
        new = tuple(parts.get(place, own) for place, own in enumerate(block.parts))
        if at.shape == block.shape and new == block.parts:
            return block, result
        return replace(block, shape=at.shape, parts=new), result


def dilate(graph: Graph, output_stride: int) -> Graph:
    """Return a network whose maps have at most this stride; itself if they have already.

    Args:
        graph: a network as it was lowered.
        output_stride: pixels of the input for each pixel of the smallest map, along one side.

    Raises:
        ArchdslError: A414 if a layer cannot be dilated, such as an average pooling.
    """
    dilation = Dilation(output_stride)
    positions: dict[str, Position] = {}
    nodes: list[Node] = []
    for node in graph:
        sources = [positions[source] for source in node.inputs]
        op = node.op
        if isinstance(op, Chain):
            layers, position = dilation.chain(op.layers, sources[0])
            op = op if layers is op.layers else replace(op, layers=layers)
        elif isinstance(op, Aggregate):
            shape = after(op, [source.shape for source in sources])
            position = joined(shape, sources, output_stride)
        else:
            assert isinstance(op, Input)
            position = Position(op.shape)
        positions[node.name] = position
        nodes.append(node if op is node.op else replace(node, op=op))
    return graph.with_nodes(nodes)


def joined(shape: Shape, sources: Sequence[Position], output_stride: int) -> Position:
    """Return the position of an aggregate; what has a fixed size fits any.

    Args:
        shape: the shape of the aggregate.
        sources: the positions of what is joined.
        output_stride: what was asked for, for the error.

    Raises:
        ArchdslError: A414 if the pixels of two maps are not equally far apart.
    """
    maps = {(source.stride, source.step) for source in sources if source.step}
    if len(maps) > 1:
        raise fail(
            "A414",
            f"the network cannot have an output stride of {output_stride}",
            note="maps whose pixels are not equally far apart would be joined",
        )
    stride, step = maps.pop() if maps else (sources[0].stride, 0)
    return Position(shape, stride, step)


def _after(layer: Layer, shape: Shape) -> Shape:
    """Return the shape of a layer's result. Raise A414 if it was built for another input."""
    if layer.takes() not in (None, shape[0]):
        raise fail(
            "A414",
            f"the network cannot have another output stride: `{layer.words()}` reads all pixels",
            help="pool to one pixel before the classifier",
        )
    return layer.after(shape)


def _impossible(layer: Layer, output_stride: int) -> ArchdslError:
    return fail(
        "A414",
        f"the network cannot have an output stride of {output_stride}: `{layer.words()}` cannot be "
        "dilated",
        note="convolutions of odd kernels whose padding keeps the size can, and max pools without "
        "dilation before them",
    )
