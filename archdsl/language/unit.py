"""What a unit is: a name for a list of layers that one place of a stage computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from pydantic import Field, model_validator

from archdsl.errors import fail
from archdsl.language.layers import Conv, Dropout, LayerWords, Norm, Order, Relu
from archdsl.language.values import Chance, Words, as_pydantic

MOST = 64
"""Most layers of a unit."""


class Unit(Words):
    """A functional unit. The word `kind:` names it; subclasses say which list it stands for.

    A subclass sets `kind: Literal["word"]`, the numbers it takes, and `layers`.
    """

    kind: str

    def layers(self, stride: int) -> Sequence[LayerWords]:
        """The list this unit stands for; `stride` is the stage's at its first layer, else 1."""
        raise NotImplementedError

    def size(self) -> int:
        """At most how many layers the list has, known before any number of the unit is."""
        return MOST


class ConvUnit(Unit):
    """What the named units share: convolutions with a norm and a ReLU each, before or after."""

    order: Order
    dropout: Chance = Field(
        0.0, description="probability of the dropout behind the last convolution; none if 0"
    )
    bias: bool = Field(False, description="whether the convolutions have a bias")
    convs: ClassVar[int] = MOST // 3
    final_relu: bool | None = Field(
        None,
        description="with `order: post`: false leaves the last ReLU to the aggregation",
    )

    @model_validator(mode="after")
    def _final_relu_belongs_to_post(self) -> Self:
        if self.order == "pre" and self.final_relu is not None:
            finding = fail(
                "A226", "`final_relu` belongs to `order: post`", help="leave `final_relu` out"
            )
            raise as_pydantic(finding)
        return self

    def size(self) -> int:
        """Convolutions with a norm and a ReLU each; `convs` of them."""
        return 3 * self.convs + bool(self.dropout)

    def chain(self, convs: Sequence[Conv]) -> tuple[LayerWords, ...]:
        """The convolutions in the unit's order, dropout last."""
        layers: list[LayerWords] = []
        for conv in convs:
            layers += [Norm(), Relu(), conv] if self.order == "pre" else [conv, Norm(), Relu()]
        if self.order == "post" and self.final_relu is False:
            layers.pop()
        return (*layers, Dropout(p=self.dropout)) if self.dropout else tuple(layers)
