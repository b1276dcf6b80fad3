"""One stage: y_0, then layer by layer what it reads, how that is joined, and what it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from archdsl.errors import ArchdslError, Diagnostic, Place, fail
from archdsl.frontend.resolve import resolve, resolve_each, waits_for
from archdsl.frontend.schema import LayerList
from archdsl.ir.graph import Stage
from archdsl.ir.ops import Chain, Conv, Layer, Norm, Pad, Shape
from archdsl.language.aggregation import Aggregation
from archdsl.language.arithmetic import Scope
from archdsl.language.rule import Rule
from archdsl.language.unit import Unit
from archdsl.lowering.builder import Builder
from archdsl.lowering.chain import Made, lower_chain
from archdsl.lowering.remarks import chain_remarks
from archdsl.lowering.stride import check_unit, placed_by_list

UnitWords = Unit | LayerList


@dataclass(frozen=True)
class StagePlan:
    """A stage with everything known but the widths; `place(key)` is where a key of it stands.

    `listed` says that `layers` lists a unit per layer. `remarks` collects what there is to say
    about the layers as they are made.
    """

    index: int
    units: tuple[UnitWords, ...]
    listed: bool
    layers: int
    rule: Rule
    operator: Aggregation
    leaves: str
    entry: str
    stride: int
    scope: Scope
    place: Callable[..., Place]
    made: dict[Any, Made] = field(default_factory=dict, compare=False)
    remarks: list[Diagnostic] = field(default_factory=list, compare=False)
    waits: dict[int, bool] = field(default_factory=dict, compare=False)
    shared: dict[tuple[Layer, ...], tuple[Layer, ...]] = field(default_factory=dict, compare=False)

    def unit(self, layer: int) -> UnitWords:
        """The words of the unit at a layer."""
        return self.units[layer - 1] if len(self.units) > 1 else self.units[0]

    def chain(self, layer: int, shape: Shape) -> Made:
        """The layers of a unit given a shape; made once for what they depend on.

        Equal layers are one tuple, so that what is counted of one is known of all.
        """
        unit, stride = self.unit(layer), self.stride if layer == 1 else 1
        if self.waits_for_layer(unit):
            layers, after = self.make(unit, layer, shape, stride)
            return self.shared.setdefault(layers, layers), after
        key = (id(unit), shape, stride)
        if key not in self.made:
            layers, after = self.make(unit, layer, shape, stride)
            self.made[key] = self.shared.setdefault(layers, layers), after
        return self.made[key]

    def waits_for_layer(self, unit: UnitWords) -> bool:
        """Whether some arithmetic of a unit names `layer`, and so may differ in every layer."""
        if id(unit) not in self.waits:
            self.waits[id(unit)] = waits_for(unit, "layer")
        return self.waits[id(unit)]

    def make(self, unit: UnitWords, layer: int, shape: Shape, stride: int) -> Made:
        """The same, anew. Raises ArchdslError (A1xx, A2xx), located."""
        names = {"incoming": shape[0], "layer": layer, "stride": stride}
        scope = Scope({**self.scope.values, **names}, self.scope.stage, self.scope.stages)
        where = ("layers", layer - 1) if self.listed else ("unit",)
        if isinstance(unit, LayerList):
            places = [self.place(*where, position) for position in range(len(unit.layers))]
            layers = resolve_each(unit.layers, scope, places)
            if placed_by_list(unit.layers, layers, self.index, stride, places):
                stride = 1
            return lower_chain(layers, shape, stride, places, self.remarks)
        place = self.place(*where)
        named = resolve(unit, scope, **place)
        chain = named.layers(stride)
        if len(chain) > named.size():
            message = f"the unit `{named.kind}` has {len(chain)} layers (limit {named.size()})"
            raise fail("A301", message, **place)
        if stride > 1:
            check_unit(named, stride, place)
        return lower_chain(chain, shape, 1, [place], self.remarks)


def lower_stage(builder: Builder, plan: StagePlan, entering: str) -> Stage:
    """Add a stage's nodes. Raises ArchdslError (A2xx), located."""
    stage = _Stage(builder, plan, entering)
    for layer in range(1, plan.layers + 1):
        stage.add_layer(layer)
    exit = stage.leave()
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
        exit=exit,
        projected=stage.projected,
        shared=stage.shared,
    )


class _Stage:
    """The stage so far. `totals[l]` is the running aggregate of y_0 ... y_l."""

    def __init__(self, builder: Builder, plan: StagePlan, entering: str) -> None:
        self.builder, self.plan = builder, plan
        self.root = f"stages.{plan.index}"
        self.outputs, self.layers, self.reads = [entering], list[str](), list[str]()
        self.totals = [entering]
        self.projected = False
        self.shared: str | None = None

    def add_layer(self, layer: int) -> None:
        source = self.outputs[0] if layer == 1 else self.read(layer, f"join.{layer - 1}")
        shape = self.builder.shapes[source]
        chain, made = self.plan.chain(layer, shape)
        name = f"{self.root}.layers.{layer - 1}"
        origin = "stages.unit"
        if layer == 1 and made != shape and self.entry_is_read():
            if self.plan.entry == "projection":
                source, chain = self.project(name, source, chain, shape, made)
            elif self.plan.entry == "pad":
                self.pad(name, source, shape, made)
        self.reads.append(source)
        self.layers.append(self.builder.add(name, Chain(name, chain), (source,), origin))
        self.outputs.append(self.layers[-1])

    def entry_is_read(self) -> bool:
        """Whether anything but the first layer reads y_0; else a projection would be dead."""
        plan = self.plan
        if plan.operator.running or plan.leaves == "all":
            return True
        last = plan.layers + (plan.leaves == "rule")
        return any(0 in plan.rule.reads(layer) for layer in range(2, last + 1))

    def project(
        self, name: str, source: str, chain: tuple[Layer, ...], shape: Shape, made: Shape
    ) -> tuple[str, tuple[Layer, ...]]:
        """y_0 becomes a 1x1 convolution of what enters.

        In a pre-activation unit the first norm and activation serve both roads (He et al. 2016);
        in a post-activation unit the projection has a norm of its own.
        """
        split = next((i for i, layer in enumerate(chain) if layer.kernel_side()), 0)
        normed = not split and any(layer.normalises for layer in chain)
        shared = self.builder.add_chain(
            f"{name}.shared", chain[:split], source, "stages.unit", scope=name
        )
        for layer in chain[:split]:
            shape = layer.after(shape)
        layers: list[Layer] = [Conv("conv", shape[0], made[0], 1, self.plan.stride)]
        layers += [Norm("norm", made[0])] if normed else []
        self.plan.remarks.extend(chain_remarks(layers, shape, self.plan.place("entry")))
        self.enter(f"{name}.projection", tuple(layers), shared)
        self.shared = shared if chain[:split] else None
        return shared, chain[split:]

    def pad(self, name: str, source: str, shape: Shape, made: Shape) -> None:
        """y_0 becomes every stride-th place, with channels of zeros (He et al. 2015, option A)."""
        if made[0] < shape[0]:
            raise fail(
                "A210",
                f"`entry: pad` cannot make {made[0]} channels of {shape[0]}",
                help="write `entry: projection`",
                **self.plan.place("entry"),
            )
        self.enter(f"{name}.projection", (Pad(made[0], self.plan.stride),), source)

    def enter(self, name: str, layers: tuple[Layer, ...], source: str) -> None:
        """Add what makes y_0."""
        self.outputs[0] = self.builder.add_chain(name, layers, source, "stages.entry")
        self.totals[0] = self.outputs[0]
        self.projected = True

    def read(self, layer: int, name: str) -> str:
        """The node that `layer` reads; n + 1 reads what the exit takes."""
        if self.plan.operator.running:
            return self.total(layer - 1)
        scope = f"joins.{layer - 1 - self.projected}"
        return self.join(self.plan.rule.reads(layer), name, f"layer {layer}", scope)

    def total(self, last: int) -> str:
        """relu(... relu(y_0 + y_1) ... + y_last)."""
        while len(self.totals) <= last:
            index = len(self.totals)
            pair = (self.totals[-1], self.outputs[index])
            name, scope = f"join.{index}", f"joins.{index - 1}"
            self.totals.append(self.located(name, pair, f"layer {index + 1}", scope))
        return self.totals[last]

    def join(self, sources: Sequence[int], name: str, said: str, scope: str) -> str:
        count = len(self.outputs)
        known = all(map(range(count).__contains__, sources))
        if not sources or len(set(sources)) < len(sources) or not known:
            raise fail(
                "A203",
                f"{said} reads {list(sources)[:8]}: a rule names one or more different outputs "
                f"of 0 to {count - 1}",
                **self.plan.place("connect"),
            )
        return self.located(name, tuple(map(self.outputs.__getitem__, sources)), said, scope)

    def located(self, name: str, sources: Any, said: str, scope: str) -> str:
        where = f"{said} of stage {self.plan.index}"
        try:
            return self.builder.join(
                f"{self.root}.{name}", self.plan.operator, sources, "stages.aggregate", where,
                f"{self.root}.{scope}",
            )  # fmt: skip
        except ArchdslError as error:
            place = self.plan.place("aggregate")
            raise error.within(place["source"], place["span"]) from None

    def leave(self) -> str:
        """What the next part of the network is given."""
        last = self.plan.layers
        if self.plan.leaves == "last":
            return self.outputs[-1]
        if self.plan.operator.running:
            return self.total(last)
        everything = range(last + 1)
        sources = everything if self.plan.leaves == "all" else self.plan.rule.reads(last + 1)
        return self.join(sources, "exit", "the exit", "exit_join")
