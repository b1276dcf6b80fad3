"""A stage with all its numbers but the widths, which follow while it is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from archdsl.errors import Diagnostic
from archdsl.frontend.schema import LayerList
from archdsl.ir.ops import Layer, Shape
from archdsl.language.arithmetic import Scope
from archdsl.lowering.blocks import lower_block
from archdsl.lowering.chain import Made
from archdsl.lowering.definitions import Definitions
from archdsl.lowering.lists import Context, lower_unit
from archdsl.lowering.units import Units, UnitWords
from archdsl.lowering.wiring import Wiring


@dataclass(frozen=True, kw_only=True)
class StagePlan(Wiring):
    """A stage with everything known but the widths.

    `remarks` collects what there is to say about the layers as they are made.
    """

    index: int
    units: Units
    entry: str | LayerList
    stride: int
    scope: Scope
    lowered: dict[Any, Made] = field(default_factory=dict, compare=False)
    remarks: list[Diagnostic] = field(default_factory=list, compare=False)
    waits: dict[int, bool] = field(default_factory=dict, compare=False)
    shared: dict[tuple[Layer, ...], tuple[Layer, ...]] = field(default_factory=dict, compare=False)
    own: Definitions = field(default_factory=Definitions, compare=False)

    @property
    def borders(self) -> dict[int, int]:
        """For the first layer behind each border inside the stage, the index of the border."""
        return {}

    def crossing(self, layer: int) -> list[int]:
        """Return the outputs that are carried over the border before a layer."""
        raise NotImplementedError("a plan of one stage has no borders")

    def carry(self, border: int, shape: Shape) -> Made:
        """Return the layers that carry an output over a border, and the shape of their result.

        Args:
            border: index of the border.
            shape: shape of the output.

        Raises:
            NotImplementedError: in a plan of one stage, which has no borders.
        """
        raise NotImplementedError("a plan of one stage has no borders")

    @property
    def lead(self) -> int:
        """1 if the first unit makes y_0, so that layer 1 is the second unit; else 0."""
        return int(self.entry == "first")

    @property
    def units_count(self) -> int:
        """The number of units."""
        return self.layers + self.lead

    def unit(self, position: int) -> UnitWords:
        """Return the words of a unit; the first one has position 1."""
        return self.units.at(position)

    def chain(self, layer: int, shape: Shape) -> Made:
        """Return the layers of a unit given a shape; lowered once for what they depend on.

        Equal layers are one tuple, so that what is counted of one is known of all.

        Args:
            layer: the position of the unit, from 1.
            shape: shape of its input.
        """
        unit, stride = self.unit(layer), self.stride if self.strides(layer) else 1
        if self.waits_for_layer(unit):
            layers, after = self.make(unit, layer, shape, stride)
            return self.shared.setdefault(layers, layers), after
        key = (id(unit), shape, stride)
        if key not in self.lowered:
            layers, after = self.make(unit, layer, shape, stride)
            self.lowered[key] = self.shared.setdefault(layers, layers), after
        return self.lowered[key]

    def strides(self, layer: int) -> bool:
        """Whether a layer takes the stage's stride."""
        if layer == 1 or not self.rule.entry_strides or self.entry != "identity":
            return layer == 1
        return tuple(self.rule.reads(layer)) == (0,)

    def waits_for_layer(self, unit: UnitWords) -> bool:
        """Whether some arithmetic of a unit names `layer`, and so may differ in every layer."""
        if id(unit) not in self.waits:
            self.waits[id(unit)] = self.own.waits_for(unit, "layer")
        return self.waits[id(unit)]

    def entry_is_read(self) -> bool:
        """Return whether anything but layer 1 reads y_0; else a projection would be dead."""
        if self.operator.running or self.lead or 0 in self.exit_reads():
            return True
        return any(0 in self.rule.reads(layer) for layer in range(2, self.layers + 1))

    def keeps_shape(self, shape: Shape) -> bool:
        """Return whether y_0 is the input of the stage itself.

        Args:
            shape: shape of that input.
        """
        return self.entry == "identity" or (
            self.entry in {"projection", "pad"} and self.chain(1, shape)[1] == shape
        )

    def entry_layers(self, shape: Shape) -> Made:
        """Return the layers that make y_0 of an input of this shape, by the list `entry`."""
        assert isinstance(self.entry, LayerList)
        names = {"incoming": shape[0], "entering": shape[0], "stride": self.stride}
        return lower_unit(self.entry, shape, self.stride, self.context.below("entry", **names))

    @property
    def context(self) -> Context:
        """Where the stage is written, and what its arithmetic may name."""
        return Context(self.scope, self.place, self.remarks, lower_block, self.own)

    def make(self, unit: UnitWords, layer: int, shape: Shape, stride: int) -> Made:
        """Lower a unit without using the cache; return its layers and the shape of their result.

        Args:
            unit: the unit as the spec has it.
            layer: the position of the unit, from 1.
            shape: shape of its input.
            stride: stride that the unit must apply.

        Raises:
            ArchdslError: A1xx or A2xx, with the position in the spec.
        """
        names = {"incoming": shape[0], "entering": shape[0], "layer": layer, "stride": stride}
        where = self.units.path(layer)
        return lower_unit(unit, shape, stride, self.context.below(*where, **names))
