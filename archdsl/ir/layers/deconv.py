"""Transposed convolution over one, two or three spatial dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, prod
from typing import ClassVar

from archdsl.counted import counted
from archdsl.errors import Diagnostic, Place, fail
from archdsl.ir.layers.conv import kernel_sides
from archdsl.ir.layers.layer import Kept, Numbers, Shape, Span, Weighted
from archdsl.ir.layers.windows import Sides, each, kernel_text, need_map, show, sides_text
from archdsl.language import layers as words


@dataclass(frozen=True, slots=True)
class Deconv(Weighted):
    """Transposed convolution, `inputs` to `width` channels: the gradient of a convolution."""

    written: ClassVar[tuple[type[words.LayerWords], ...]] = (words.Deconv,)
    varying: ClassVar[tuple[str, ...]] = ("inputs", "width", "groups")
    mixes: ClassVar[bool] = True
    inputs_axis: ClassVar[int] = 0
    inputs: int
    width: int
    kernel: Sides = 2
    stride: int = 2
    padding: Sides = 0
    output_padding: Sides = 0
    groups: int = 1
    bias: bool = False
    dilation: int = 1
    dims: int = 2

    @classmethod
    def of(cls, word: words.Deconv, name: str, shape: Shape, stride: int) -> Deconv:
        """The layer for a word. Raises ArchdslError (A213, A215, A226)."""
        for count, what in ((shape[0], "it is given"), (word.width, "it makes")):
            if count % word.groups:
                raise fail(
                    "A215",
                    f"{word.groups} groups do not divide the {counted(count, 'channel')} {what}",
                )
        kernel = kernel_sides(word.kernel, len(shape) - 1)
        padding, more = _paddings(word, kernel, len(shape) - 1)
        return cls(
            name, shape[0], word.width, kernel, word.stride, padding, more, word.groups, word.bias,
            word.dilation, len(shape) - 1,
        )  # fmt: skip

    def dilated(self, step: int, keeps_size: bool) -> Deconv | None:
        return None if step > 1 or keeps_size else self

    def sides(self) -> tuple[int, ...]:
        """The kernel's size along each dimension."""
        return each(self.kernel, self.dims)

    def spans(self) -> tuple[int, ...]:
        """Pixels of the result from the first to the last that one pixel of the input reaches."""
        return tuple(self.dilation * (side - 1) + 1 for side in self.sides())

    def after(self, shape: Shape) -> Shape:
        need_map(self, shape)
        sizes = tuple(
            (size - 1) * self.stride + span - 2 * cut + more
            for size, span, cut, more in zip(shape[1:], self.spans(), *self._ends(), strict=True)
        )
        if min(sizes) < 1:
            raise fail(
                "A212",
                f"padding {sides_text(self.padding)} cuts off all that a "
                f"{kernel_text(self.kernel, self.dims)} transposed convolution makes of a map of "
                f"{show(shape[1:])}",
                help="write a smaller `padding`",
            )
        return (self.width, *sizes)

    def _ends(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return each(self.padding, self.dims), each(self.output_padding, self.dims)

    def chooses_inputs(self) -> bool:
        return self.groups == 1

    def takes(self) -> int:
        return self.inputs

    def makes(self) -> int:
        return self.width

    def feature_groups(self) -> int:
        return self.groups

    def weights(self) -> dict[str, Shape]:
        weight = (self.inputs, self.width // self.groups, *self.sides())
        return {"weight": weight, **({"bias": (self.width,)} if self.bias else {})}

    def macs(self, after: Shape) -> int:
        # One for each pixel of the input, each position of the kernel and each pair of channels.
        sizes = (
            (size - span + 2 * cut - more) // self.stride + 1
            for size, span, cut, more in zip(after[1:], self.spans(), *self._ends(), strict=True)
        )
        return prod(sizes) * self.inputs * (self.width // self.groups) * prod(self.sides())

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(input=True, always=True)

    def window(self, before: Shape, axis: int = 0) -> tuple[Span, Span]:
        # Zeros between the pixels of the input, then a convolution of stride 1.
        return 1 + Fraction(self.spans()[axis] - 1, self.stride), Fraction(1, self.stride)

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        """Yield A222 if positions of the result are reached by no pixel of the input."""
        if min(self.sides()) < self.stride or gcd(self.dilation, self.stride) > 1:
            kernel = kernel_text(self.kernel, self.dims)
            yield Diagnostic(
                "A222",
                f"a {kernel} transposed convolution with stride {self.stride} leaves positions of "
                f"its {show(self.after(shape)[1:])} map that no pixel of its input reaches",
                level="note",
                help="use a kernel that is at least as large as the stride, without dilation",
                **place,
            )

    def text(self) -> str:
        more = f"+{sides_text(self.output_padding)}" if self.output_padding else ""
        window = f"k{sides_text(self.kernel)}s{self.stride}"
        window += f"p{sides_text(self.padding)}" if self.padding else ""
        window += f"d{self.dilation}" if self.dilation > 1 else ""
        groups = f"g{self.groups}" if self.groups > 1 else ""
        return f"{self.name}:{self.inputs}->{self.width}/{window}{more}{groups}{'b' * self.bias}"

    def words(self) -> str:
        words = f"{self.summary()} to {self.width:,}"
        words += f" dilated by {self.dilation}" if self.dilation > 1 else ""
        words += f" in {self.groups} groups" if self.groups > 1 else ""
        return words + (" with bias" if self.bias else "")

    def summary(self) -> str:
        return f"deconv {kernel_text(self.kernel, self.dims)} x {self.stride}"

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        # Only what differs from torch's defaults.
        arguments = [numbers["inputs"], numbers["width"], f"kernel_size={self.kernel}"]
        for name, usual in (
            ("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1),
        ):  # fmt: skip
            if getattr(self, name) != usual:
                arguments.append(f"{name}={getattr(self, name)}")
        if numbers["groups"] != "1":
            arguments.append(f"groups={numbers['groups']}")
        if not self.bias:
            arguments.append("bias=False")
        return f"nn.ConvTranspose{self.dims}d", arguments

    def describe(self, numbers: Numbers) -> str:
        kernel = kernel_text(self.kernel, self.dims)
        return f"{kernel} transposed convolution by {self.stride} to {numbers['width']}"


def _paddings(word: words.Deconv, kernel: Sides, dims: int) -> tuple[Sides, Sides]:
    """Return padding and output padding. Raises ArchdslError (A213, A226).

    Without `padding`, the size of the result is that of the input times the stride.
    """
    more = word.output_padding or 0
    if word.padding is None:
        if word.output_padding is not None:
            message = "`output_padding` would be ignored: without `padding` both are computed"
            raise fail("A226", message, help="write `padding` too, or leave both out")
        return _multiplying(word, kernel)
    if more >= max(word.stride, word.dilation):
        message = f"output padding {more} is not below the stride of {word.stride}"
        raise fail("A213", message, help="write a smaller `output_padding`")
    return kernel_sides(word.padding, dims, "padding"), more


def _multiplying(word: words.Deconv, kernel: Sides) -> tuple[Sides, Sides]:
    """Return the paddings with which sizes are multiplied by the stride."""
    sides = kernel if isinstance(kernel, tuple) else (kernel,)
    excess = [word.dilation * (side - 1) + 1 - word.stride for side in sides]
    cuts = tuple(max(0, -(-pixels // 2)) for pixels in excess)
    more = tuple(2 * cut - pixels for cut, pixels in zip(cuts, excess, strict=True))
    return (cuts, more) if isinstance(kernel, tuple) else (cuts[0], more[0])
