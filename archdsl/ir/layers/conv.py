"""Two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from archdsl.errors import Diagnostic, Place, fail
from archdsl.ir.layers.layer import Kept, Numbers, Shape, Weighted, affine
from archdsl.ir.layers.windows import slide, window_remarks, window_text
from archdsl.ir.steps import ConvStep
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Conv(Weighted):
    """Two-dimensional convolution, `inputs` to `width` channels."""

    varying: ClassVar[tuple[str, ...]] = ("inputs", "width", "stride", "groups")
    mixes: ClassVar[bool] = True
    inputs: int
    width: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = False

    @classmethod
    def of(cls, word: words.Conv, name: str, shape: Shape, stride: int) -> Conv:
        """The convolution for a word. Raises ArchdslError (A213, A215)."""
        if word.padding is None and word.kernel % 2 == 0:
            raise fail(
                "A213",
                f"a kernel of {word.kernel} has no middle, so no padding keeps the size",
                help="use an odd kernel, or say `padding:`",
            )
        for count, what in ((shape[0], "channels it is given"), (word.width, "channels it makes")):
            if count % word.groups:
                raise fail("A215", f"{word.groups} groups do not divide the {count} {what}")
        padding = (word.kernel - 1) // 2 if word.padding is None else word.padding
        own = stride if word.stride is None else word.stride
        return cls(name, shape[0], word.width, word.kernel, own, padding, word.groups, word.bias)

    def after(self, shape: Shape) -> Shape:
        return (self.width, *slide(self, shape, self.kernel, self.stride, self.padding))

    def chooses_inputs(self) -> bool:
        return self.groups == 1

    def takes(self) -> int:
        return self.inputs

    def makes(self) -> int:
        return self.width

    def kernel_side(self) -> int:
        return self.kernel

    def pointwise(self) -> bool:
        return (self.kernel, self.padding, self.groups) == (1, 0, 1)

    def feature_groups(self) -> int:
        return self.groups

    def weights(self) -> dict[str, Shape]:
        inputs = self.inputs // self.groups
        return affine((self.width, inputs, self.kernel, self.kernel), self.bias)

    def macs(self, after: Shape) -> int:
        return prod(after) * (self.inputs // self.groups) * self.kernel**2

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(input=True, always=True)

    def window(self, before: Shape) -> tuple[int, int]:
        return self.kernel, self.stride

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        return window_remarks("convolution", self.kernel, self.stride, self.padding, shape, place)

    def fused_step(self) -> ConvStep:
        return ConvStep(self.name)

    def text(self) -> str:
        window = window_text(self.kernel, self.stride, self.padding, usual_stride=1)
        groups = f"g{self.groups}" if self.groups > 1 else ""
        return f"{self.name}:{self.inputs}->{self.width}/{window}{groups}{'b' * self.bias}"

    def words(self) -> str:
        words = f"conv {self.kernel}x{self.kernel} to {self.width:,}"
        words += f" / {self.stride}" if self.stride > 1 else ""
        words += f" in {self.groups} groups" if self.groups > 1 else ""
        return words + (" with bias" if self.bias else "")

    def summary(self) -> str:
        return f"conv {self.kernel}x{self.kernel}" + (f" / {self.stride}" * (self.stride > 1))

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        # Only what differs from torch's defaults.
        arguments = [numbers["inputs"], numbers["width"], f"kernel_size={self.kernel}"]
        if numbers["stride"] != "1":
            arguments.append(f"stride={numbers['stride']}")
        if self.padding:
            arguments.append(f"padding={self.padding}")
        if numbers["groups"] != "1":
            arguments.append(f"groups={numbers['groups']}")
        return "nn.Conv2d", [*arguments, *([] if self.bias else ["bias=False"])]

    @classmethod
    def initialisation(cls, alike: Sequence[Conv]) -> list[str]:
        # He et al. 2015.
        lines = ['nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")']
        if any(conv.bias for conv in alike):
            lines += ["if module.bias is not None:", "    nn.init.zeros_(module.bias)"]
        return lines

    def describe(self, numbers: Numbers) -> str:
        return f"{self.kernel}x{self.kernel} convolution to {numbers['width']}"
