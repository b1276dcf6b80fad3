"""One stage: y_0, then layer by layer what it reads, how that is joined, and what it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from archdsl.counted import counted
from archdsl.errors import ArchdslError, Place, fail
from archdsl.frontend.schema import LayerList
from archdsl.ir.border import Border
from archdsl.ir.graph import Stage
from archdsl.ir.layers.layer import every
from archdsl.ir.ops import Chain, Conv, Layer, Norm, Pad, Shape
from archdsl.language.aggregation import Aggregation
from archdsl.lowering.builder import Builder
from archdsl.lowering.chain import Made
from archdsl.lowering.remarks import chain_remarks
from archdsl.lowering.rules import check_reads
from archdsl.lowering.stage_plan import StagePlan
from archdsl.lowering.state import around_state


def lower_stage(builder: Builder, plan: StagePlan, entering: str) -> Stage:
    """Add the nodes of a stage to a graph, and return the stage.

    Args:
        builder: the nodes so far; those of the stage, and remarks, are added.
        plan: the stage with its numbers.
        entering: name of the node that the stage reads.

    Raises:
        ArchdslError: A2xx, with the position in the spec.
    """
    stage = _Stage(builder, plan, entering)
    stage.make_entry()
    for layer in range(1, plan.layers + 1):
        stage.add_layer(layer)
    builder.remarks += plan.remarks
    return Stage(
        index=plan.index,
        rule=plan.rule,
        operator=plan.operator,
        leaves=plan.leaves,
        entry=entering,
        outputs=tuple(stage.outputs),
        layers=tuple(stage.layers),
        reads=tuple(stage.reads),
        exit=stage.leave(),
        projected=stage.projected,
        shared=stage.shared,
        entry_chain=stage.entry_chain,
        lead=bool(plan.lead),
        leaving=plan.leaving,
        joining=plan.joining,
        borders=tuple(stage.borders),
    )


class _Reader(NamedTuple):
    """What joins outputs: a layer or the exit.

    `title` names it in diagnostics, `node` is its aggregate, and `scope` begins its weights.
    `place(key)` is the place of the key `connect` or `aggregate` that it follows.
    """

    title: str
    node: str
    scope: str
    operator: Aggregation
    place: Callable[..., Place]


class _Stage:
    """The stage so far. `totals[l]` is the running aggregate of y_0 ... y_l.

    `seen[l]` is the node in which the next layer reads y_l: behind a border, what carries it.
    `first_behind` has the first layer behind each border, `scopes[l]` the scope of y_l's weights.
    """

    def __init__(self, builder: Builder, plan: StagePlan, entering: str) -> None:
        self.builder, self.plan, self.entering = builder, plan, entering
        self.root = f"stages.{plan.index}"
        self.outputs, self.layers, self.reads = [entering], list[str](), list[str]()
        self.totals = [entering]
        self.projected = False
        self.shared: str | None = None
        self.entry_chain: str | None = None
        self.borders: list[Border] = []
        self.seen = list(self.outputs)
        self.first_behind = plan.borders
        self.scopes = [""]

    def make_entry(self) -> None:
        """Add the chain of the stage itself that makes y_0, if the spec asks for one."""
        source, plan = self.outputs[0], self.plan
        shape = self.builder.shapes[source]
        name, origin = f"{self.root}.entry", "stages.entry"
        if plan.lead:
            layers, shape = plan.chain(1, shape)
            origin = "stages.unit"
        elif isinstance(plan.entry, LayerList):
            if not plan.entry_is_read():
                raise fail(
                    "A226",
                    "nothing reads what `entry` makes: layer 1 reads the input itself",
                    help="leave `entry` out, or let layers read y_0",
                    **plan.place("entry"),
                )
            layers, shape = plan.entry_layers(shape)
        elif plan.operator.start() and plan.keeps_shape(shape):
            layers = ()
        else:
            return
        layers += self.starting(shape)
        self.entry_chain = self.builder.add(name, Chain(name, layers), (source,), origin)
        self.projected = isinstance(plan.entry, LayerList)
        self.outputs[0] = self.totals[0] = self.seen[0] = self.entry_chain

    def cross(self, border: int, layer: int) -> None:
        """Carry the outputs that `layer` or a later reader reads over the border before it."""
        sources = tuple(self.plan.crossing(layer))
        for place, source in enumerate(sources):
            name = f"{self.root}.carries.{border}.{place}"
            layers, _ = self.plan.carry(border, self.builder.shapes[self.seen[source]])
            self.seen[source] = self.builder.add_chain(
                name, layers, self.seen[source], "stages.carry"
            )
        self.borders.append(Border(layer, sources, tuple(map(self.seen.__getitem__, sources))))

    def add_layer(self, layer: int) -> None:
        border = self.first_behind.get(layer)
        if border is not None:
            self.cross(border, layer)
        source = self.read(layer)
        reading, shape = self.reading(layer, source)
        chain, after = self.plan.chain(layer + self.plan.lead, shape)
        name = f"{self.root}.layers.{layer - 1}"
        origin = "stages.unit"
        if layer == 1 and after != shape and self.plan.entry_is_read():
            if self.plan.entry == "projection":
                source, chain = self.project(name, source, chain, shape, after)
            elif self.plan.entry == "pad":
                self.pad(name, source, shape, after)
        self.reads.append(source)
        chain = reading + chain
        self.layers.append(self.builder.add(name, Chain(name, chain), (source,), origin))
        self.outputs.append(self.layers[-1])
        self.seen.append(self.layers[-1])
        self.scopes.append(f"{self.root}.joins.{layer - 1}")

    def starting(self, shape: Shape) -> tuple[Layer, ...]:
        """The layers that make the first state of y_0, if the aggregation keeps one."""
        start = self.plan.operator.start()
        return around_state(start, shape, self.plan.place("aggregate"))[0]

    def reading(self, layer: int, source: str) -> Made:
        """The layers through which a layer reads the state, and the shape that its unit is given.

        The input of the stage is not a state.
        """
        shape = self.builder.shapes[source]
        read = self.plan.operator.read(layer)
        if source == self.entering or not read:
            return (), shape
        return around_state(read, shape, self.plan.place("aggregate"))

    def enters(self) -> bool:
        """Whether layer 1 reads the input of the stage, because y_0 is made beside it."""
        beside = self.plan.entry in {"projection", "pad"} and self.plan.entry_is_read()
        shape = self.builder.shapes[self.entering]
        return self.projected or (beside and not self.plan.keeps_shape(shape))

    def project(
        self, name: str, source: str, chain: tuple[Layer, ...], shape: Shape, after: Shape
    ) -> tuple[str, tuple[Layer, ...]]:
        """y_0 becomes a 1x1 convolution of the input.

        In a pre-activation unit the first norm and activation serve both roads (He et al. 2016);
        in a post-activation unit the projection has a norm of its own, of the kind of the unit's
        last one, which normalises the other summand.
        """
        starts = (i for i, layer in enumerate(chain) if layer.kernel_sides() or layer.inside())
        split = next(starts, 0)
        shared = self.builder.add_chain(
            f"{name}.shared", chain[:split], source, "stages.unit", scope=name
        )
        dims, stride = len(shape) - 1, self.plan.stride
        for layer in chain[:split]:
            stride = max(1, stride // layer.window(shape)[1])
            shape = layer.after(shape)
        layers: list[Layer] = [Conv("conv", shape[0], after[0], 1, stride, dims=dims)]
        layers += self.projected_norm(chain, after) if not split else []
        self.plan.remarks.extend(chain_remarks(layers, shape, self.plan.place("entry")))
        layers += self.starting(after)
        self.enter(f"{name}.projection", tuple(layers), shared)
        self.shared = shared if chain[:split] else None
        return shared, chain[split:]

    def projected_norm(self, chain: tuple[Layer, ...], shape: Shape) -> list[Layer]:
        """Return the norm behind a projection to this shape, if the unit has one."""
        norms = [layer for layer in every(chain) if layer.normalises]
        norm = norms[-1] if norms else None
        if norm is None:
            return []
        try:
            return [norm.resized(shape) or Norm("norm", shape[0], len(shape) - 1)]
        except ArchdslError as error:
            place = self.plan.place("entry")
            raise error.within(place["source"], place["span"]) from None

    def pad(self, name: str, source: str, shape: Shape, after: Shape) -> None:
        """y_0 becomes every stride-th place, with channels of zeros (He et al. 2015, option A)."""
        if after[0] < shape[0]:
            raise fail(
                "A210",
                f"`entry: pad` cannot make {counted(after[0], 'channel')} of {shape[0]}",
                help="write `entry: projection`",
                **self.plan.place("entry"),
            )
        padding = Pad(after[0], self.plan.stride, dims=len(shape) - 1)
        self.enter(f"{name}.projection", (padding, *self.starting(after)), source)

    def enter(self, name: str, layers: tuple[Layer, ...], source: str) -> None:
        """Add what makes y_0."""
        self.outputs[0] = self.builder.add_chain(name, layers, source, "stages.entry")
        self.totals[0] = self.seen[0] = self.outputs[0]
        self.projected = True

    def read(self, layer: int) -> str:
        """The node that `layer` reads."""
        if layer == 1 and (self.enters() or not self.plan.operator.folds):
            return self.entering if self.projected else self.seen[0]
        if self.plan.operator.running:
            return self.total(layer - 1)
        reader = self.reader(layer, f"joins.{layer - 1 - self.projected}")
        return self.join(reader, self.plan.rule.reads(layer))

    def reader(self, layer: int, scope: str) -> _Reader:
        """Layer `layer` as one that joins outputs; N + 1 is an exit that reads like a layer."""
        plan = self.plan
        return _Reader(f"layer {layer}", f"join.{layer - 1}", scope, plan.operator, plan.place)

    def total(self, last: int) -> str:
        """relu(... relu(y_0 + y_1) ... + y_last)."""
        while len(self.totals) <= last:
            index = len(self.totals)
            pair = (self.totals[-1], self.outputs[index])
            reader = self.reader(index + 1, f"joins.{index - 1}")
            self.totals.append(self.located(reader, pair, [f"{self.root}.{reader.scope}"]))
        return self.totals[last]

    def join(self, reader: _Reader, sources: Sequence[int]) -> str:
        """The node with the aggregate of some outputs. Raises ArchdslError (A203, A21x)."""
        check_reads(sources, len(self.outputs), reader.title, reader.place)
        scopes, sources = [f"{self.root}.{reader.scope}"], reader.operator.order(sources)
        if reader.operator.folds:  # y_0 is the oldest output wherever it is read
            scopes = [self.scopes[source] for source in sources[1:]]
        return self.located(reader, tuple(map(self.seen.__getitem__, sources)), scopes)

    def located(self, reader: _Reader, sources: tuple[str, ...], scopes: Sequence[str]) -> str:
        """The aggregate of some nodes; mistakes are where the aggregation is written."""
        where = f"{reader.title} of stage {self.plan.index}"
        try:
            return self.builder.join(
                f"{self.root}.{reader.node}", reader.operator, sources, "stages.aggregate", where,
                tuple(scopes),
            )  # fmt: skip
        except ArchdslError as error:
            place = reader.place("aggregate")
            raise error.within(place["source"], place["span"]) from None

    def leave(self) -> str:
        """What the next part of the network is given."""
        plan = self.plan
        if plan.operator.running and plan.leaves != "last":
            return self.total(plan.layers)
        reader = _Reader("the exit", "exit", "exit_join", plan.exit_operator, plan.exit_place)
        return self.join(reader, plan.exit_reads())
