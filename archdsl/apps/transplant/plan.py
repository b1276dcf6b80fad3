"""Which channels of a network's weights a network with fewer links keeps. Nothing needs torch.

Both graphs have the same chains under the same names. A chain of the target reads some of the
outputs that the chain of the source reads, in any order, so it keeps those channels of the layers
up to the first one that mixes all channels, and all channels after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from archdsl.apps.transplant.pieces import Piece, offsets, output, pieces, reader
from archdsl.errors import ArchdslError, fail
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Aggregate, Chain, Layer, Shape, Weighted

Channels = tuple[int, ...]
"""For each channel of the target, the channel of the source."""


@dataclass(frozen=True)
class Cut:
    """The channels that a weight keeps along one axis; all in their order if `channels` is None."""

    key: str
    axis: int = 0
    channels: Channels | None = None


@dataclass(frozen=True)
class Mixed:
    """The first weight of a chain that combines channels: those of the source that it drops."""

    key: str
    axis: int
    dropped: Channels


@dataclass
class Plan:
    """How the weights of the source become those of the target.

    Attributes:
        cuts: one for each weight of the target, in the order of its state dict.
        mixed: the weights that lose input channels. Zeroing these channels in the source gives the
            outputs of the target.
        kept: number of links of the target to readers that concatenate in the source.
        links: number of links of the source to these readers.
    """

    cuts: list[Cut] = field(default_factory=list)
    mixed: list[Mixed] = field(default_factory=list)
    kept: int = 0
    links: int = 0


def plan(source: Graph, target: Graph) -> Plan:
    """Return which channels of the source's weights the target has.

    Args:
        source: the network with weights.
        target: a network with some of its links and otherwise the same layers.

    Raises:
        ArchdslError: A447 for a link or a layer that the source does not have, A448 for layers that
            differ.
    """
    planner = _Planner(source, target)
    for node in target:
        if isinstance(node.op, Chain):
            planner.chain(node.name, node.op)
        elif isinstance(node.op, Aggregate):
            planner.aggregate(node.name, node.op)
    return planner.plan


class _Planner:
    def __init__(self, source: Graph, target: Graph) -> None:
        self.source, self.target = source, target
        self.theirs, self.ours = pieces(source), pieces(target)
        self.plan = Plan()
        self.joined: set[str] = set()  # scopes of aggregates that are planned
        self.channels: dict[str, Channels] = {}  # of chains whose result has not all channels
        if source.steps[source.input.name] != target.steps[target.input.name]:
            raise self.differs("input", "their inputs have different shapes")

    def chain(self, name: str, chain: Chain) -> None:
        """Plan the weights of a chain."""
        twin = self.source.nodes.get(name)
        if twin is None or not isinstance(twin.op, Chain):
            raise fail("A447", f"the source has no {reader(self.target, name)}")
        (above,), (above_twin,) = self.target[name].inputs, twin.inputs
        channels = self._columns(name, self.ours[above], self.theirs[above_twin])
        if len(chain.layers) != len(twin.op.layers):
            raise self.differs(name, "they have different layers")
        walked = _Walk(self, name, channels, self.source.steps[above_twin][-1][0])
        shapes = self.target.steps[name]
        for own, other, before, after in zip(
            chain.layers, twin.op.layers, shapes, shapes[1:], strict=False
        ):
            walked.layer(own, other, before, after)
        if walked.partial:
            self.channels[name] = walked.channels
        if len(self.theirs[above_twin]) > 1:
            self.plan.kept += len(self.ours[above])
            self.plan.links += len(self.theirs[above_twin])

    def aggregate(self, name: str, aggregate: Aggregate) -> None:
        """Plan the weights of an aggregate, which only an equal one has.

        Outputs that are added have the same channels in both networks: channel i is added to i.
        """
        below = (piece for input in self.target[name].inputs for piece in self.ours[input])
        partial = next((piece.node for piece in below if piece.node in self.channels), None)
        if partial is not None and not aggregate.operator.concatenates:
            raise self.differs(name, f"it joins {partial}, whose channels are other ones")
        for scope in aggregate.scopes:
            twin = self.source.nodes.get(name)
            if twin is None or self.ours[name] != self.theirs[name]:
                raise fail("A447", f"{scope} joins other outputs than in the source")
            if scope not in self.joined:
                self.joined.add(scope)
                self.plan.cuts += [Cut(f"{scope}.{key}") for key in aggregate.operator.weights()]

    def _columns(self, name: str, ours: Sequence[Piece], theirs: Sequence[Piece]) -> Channels:
        """Return the source's channel for each channel that a chain reads. Raise A447 or A448."""
        starts, widths = offsets(theirs), {piece.key: piece.width for piece in theirs}
        columns: list[int] = []
        for piece in ours:
            if piece.key not in starts:
                raise self._no_link(name, piece)
            channels = self.channels.get(piece.node, tuple(range(piece.width)))
            if piece.node not in self.channels and piece.width != widths[piece.key]:
                raise self.width(piece.node, piece.width, widths[piece.key])
            columns += [starts[piece.key] + channel for channel in channels]
        return tuple(columns)

    def _no_link(self, name: str, piece: Piece) -> ArchdslError:
        who, what = reader(self.target, name), output(self.target, piece.node)
        if isinstance(self.target[piece.node].op, Aggregate):
            return fail(
                "A447",
                f"{who} reads outputs that are joined differently in the source",
                note="only the weights of readers that concatenate belong to single outputs",
            )
        return fail(
            "A447",
            f"{who} reads {what} in the target, but not in the source",
            help="the links of --to must be some of those of --from",
        )

    def width(self, what: str, ours: int | None, theirs: int | None) -> ArchdslError:
        """Return the error for a part with another number of channels.

        Args:
            what: the part.
            ours: its number of channels in the target.
            theirs: the same in the source.
        """
        return fail(
            "A448",
            f"{what} makes {ours} channels in the target, {theirs} in the source",
            help=f"the networks may differ in links only: give it {theirs} channels in --to",
        )

    def differs(self, name: str, why: str) -> ArchdslError:
        """Return the error for a part that differs, which is named, with the reason."""
        return fail("A448", f"{name} differs between target and source: {why}")


class _Walk:
    """The channels that are left after each layer of a chain."""

    def __init__(self, planner: _Planner, name: str, channels: Channels, whole: int) -> None:
        self.planner, self.name = planner, name
        self.scope = planner.target[name].op.scope  # type: ignore[union-attr]
        self.channels, self.whole = channels, whole

    @property
    def partial(self) -> bool:
        """Return whether channels are missing or in another order."""
        return self.channels != tuple(range(self.whole))

    def layer(self, own: Layer, other: Layer, before: Shape, after: Shape) -> None:
        """Plan the weights of a layer, and follow the channels through it.

        Args:
            own: the layer of the target.
            other: that of the source.
            before: shape of its input in the target.
            after: shape of its result.
        """
        if own.makes() != other.makes():
            raise self.planner.width(f"{self.name} ({own.text()})", own.makes(), other.makes())
        if not _alike(own, other):
            raise self.planner.differs(self.name, f"{own.text()}, and {other.text()}")
        if self.partial and not _separable(own, before, after):
            raise self.planner.differs(
                self.name, f"{own.text()} cannot be sliced by its input channels"
            )
        if isinstance(own, Weighted):
            self.planner.plan.cuts += self._cuts(own)
        if own.mixes:
            self.channels, self.whole = tuple(range(after[0])), after[0]
        elif len(after) < len(before):  # flattened: each channel becomes its pixels
            each = after[0] // before[0]
            self.channels = tuple(c * each + pixel for c in self.channels for pixel in range(each))
            self.whole *= each
        elif not self.partial:
            self.channels, self.whole = tuple(range(after[0])), after[0]

    def _cuts(self, own: Weighted) -> Iterator[Cut]:
        """Yield the cuts of a layer with weights."""
        axis = own.inputs_axis if own.mixes else 0
        for key, shape in own.state().items():
            name = f"{self.scope}.{own.name}.{key}"
            sliced = self.partial and len(shape) > axis and shape[axis] == own.takes()
            if not sliced or (own.mixes and len(shape) == 1):
                yield Cut(name)
                continue
            yield Cut(name, axis, self.channels)
            if own.mixes:
                kept = set(self.channels)
                dropped = tuple(c for c in range(self.whole) if c not in kept)
                self.planner.plan.mixed.append(Mixed(name, axis, dropped))


def _alike(own: Layer, other: Layer) -> bool:
    """Return whether two layers differ at most in the number of their input features."""
    if type(own) is not type(other):
        return False
    numbers, others = own.numbers(), other.numbers()
    inputs = {
        key: numbers[key]
        for key in numbers.keys() & others.keys()
        if numbers[key] == own.takes() and others[key] == other.takes()
    }
    return own == other.with_numbers(inputs)


def _separable(layer: Layer, before: Shape, after: Shape) -> bool:
    """Return whether a layer has weights of its own for each input channel, or none.

    A norm over all channels of a pixel is not separable: its statistics change with a channel.
    """
    if layer.mixes:
        return layer.feature_groups() == 1
    if layer.rearranges or (layer.normalises and not layer.affine):
        return False
    if isinstance(layer, Weighted):
        return layer.elementwise
    return after[0] == before[0] or len(after) == 1
