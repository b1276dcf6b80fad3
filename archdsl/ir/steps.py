"""The steps of a network that is run for inference: each is a layer with what is folded into it.

An emitted file holds them as records of the same names and fields, which are defined in
`archdsl/backends/pytorch/runtime/fuse/plan.py`. Norms and layers with weights are named as in the
state dict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ConvStep", "Fork", "LayerStep", "LinearStep", "NormStep", "PartKind", "Step"]


@dataclass(frozen=True, slots=True)
class ConvStep:
    """A convolution.

    `pre_norm` is a norm before it, with a ReLU after that norm; `pool` the kernel and stride of an
    average pooling between these and the convolution; `post_norm` a norm after it; `relu` whether a
    ReLU follows.
    """

    conv: str
    pre_norm: str = ""
    pool: tuple[int, ...] = ()
    post_norm: str = ""
    relu: bool = False

    def words(self) -> str:
        """`convolution conv1 after norm1 and relu as bounds, with norm2 folded in, relu`."""
        text = f"convolution {self.conv}"
        if self.pre_norm:
            text += f" after {self.pre_norm} and relu as bounds"
        if self.pool:
            text += f", on places pooled {self.pool[0]}x{self.pool[0]}"
        if self.post_norm:
            text += f", with {self.post_norm} folded in"
        return text + ", relu" * self.relu


@dataclass(frozen=True, slots=True)
class NormStep:
    """A norm that cannot be folded into a convolution; `relu` is whether a ReLU follows."""

    norm: str
    relu: bool = False

    def words(self) -> str:
        """`norm1 alone, relu`."""
        return f"{self.norm} alone" + ", relu" * self.relu


@dataclass(frozen=True, slots=True)
class LayerStep:
    """A layer without weights: its function, and the numbers that this takes after the input."""

    function: str
    numbers: tuple[int, ...] = ()

    def words(self) -> str:
        """`max 3 2 1`."""
        return " ".join(map(str, (self.function, *self.numbers)))


@dataclass(frozen=True, slots=True)
class LinearStep:
    """A fully connected layer."""

    linear: str

    def words(self) -> str:
        """Its name."""
        return self.linear


@dataclass(frozen=True, slots=True)
class Fork:
    """Marks where the projection of a unit branches off; it reads what the next step reads."""

    def words(self) -> str:
        """In words."""
        return "here the projection branches off"


Step = ConvStep | NormStep | LayerStep | LinearStep | Fork

PartKind = Literal["norm", "activation", "convolution", "dropout"]
"""What the operator of a stage, which trains in linear memory, is made of."""
