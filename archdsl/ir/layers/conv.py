"""Convolution over one, two or three spatial dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

from archdsl.counted import counted
from archdsl.errors import Diagnostic, Place, fail
from archdsl.ir.layers.layer import Kept, Numbers, Shape, Weighted, affine
from archdsl.ir.layers.windows import Sides, Window, each, kernel_text
from archdsl.ir.steps import ConvStep, PartKind
from archdsl.language import layers as words
from archdsl.language.sizes import Sizes


@dataclass(frozen=True, slots=True)
class Conv(Weighted):
    """Convolution over `dims` spatial dimensions, `inputs` to `width` channels."""

    varying: ClassVar[tuple[str, ...]] = (
        "inputs", "width", "kernel", "stride", "padding", "groups",
    )  # fmt: skip
    mixes: ClassVar[bool] = True
    inputs: int
    width: int
    kernel: Sides
    stride: int = 1
    padding: Sides = 0
    groups: int = 1
    bias: bool = False
    dilation: int = 1
    dims: int = 2

    def numbers(self) -> dict[str, int | float]:
        # A kernel or padding of another size along each dimension is not a number.
        return {name: n for name, n in Weighted.numbers(self).items() if isinstance(n, int)}

    @classmethod
    def of(cls, word: words.Conv, name: str, shape: Shape, stride: int) -> Conv:
        """The convolution for a word. Raises ArchdslError (A213, A215)."""
        for count, what in ((shape[0], "it is given"), (word.width, "it makes")):
            if count % word.groups:
                raise fail(
                    "A215",
                    f"{word.groups} groups do not divide the {counted(count, 'channel')} {what}",
                )
        dims = len(shape) - 1
        kernel = kernel_sides(word.kernel, dims)
        padding = (
            keeps_size(kernel, word.dilation)
            if word.padding is None
            else kernel_sides(word.padding, dims, "padding")
        )
        own = stride if word.stride is None else word.stride
        return cls(
            name, shape[0], word.width, kernel, own, padding, word.groups, word.bias, word.dilation,
            dims,
        )  # fmt: skip

    def sliding(self) -> Window:
        """The window, without what it computes."""
        return Window(self.kernel, self.stride, self.padding, self.dilation)

    def sides(self) -> tuple[int, ...]:
        """The kernel's size along each dimension."""
        return each(self.kernel, self.dims)

    def after(self, shape: Shape) -> Shape:
        return (self.width, *self.sliding().slide(self, shape))

    def chooses_inputs(self) -> bool:
        return self.groups == 1

    def takes(self) -> int:
        return self.inputs

    def makes(self) -> int:
        return self.width

    def kernel_sides(self) -> tuple[int, ...]:
        return self.sides()

    def pointwise(self) -> bool:
        return (self.kernel, self.padding, self.groups, self.dims) == (1, 0, 1, 2)

    def biased(self) -> Conv:
        return replace(self, bias=True)

    def dilated(self, step: int, keeps_size: bool) -> Conv:
        new = replace(self, stride=1) if keeps_size else self
        if step == 1 or set(self.sides()) == {1}:
            return new
        own = self.padding
        padding = step * own if isinstance(own, int) else tuple(step * side for side in own)
        return replace(new, dilation=step * self.dilation, padding=padding)

    def feature_groups(self) -> int:
        return self.groups

    def weights(self) -> dict[str, Shape]:
        inputs = self.inputs // self.groups
        return affine((self.width, inputs, *self.sides()), self.bias)

    def macs(self, after: Shape) -> int:
        return prod(after) * (self.inputs // self.groups) * prod(self.sides())

    def kept(self, before: Shape, after: Shape) -> Kept:
        return Kept(input=True, always=True)

    def window(self, before: Shape, axis: int = 0) -> tuple[int, int]:
        return self.dilation * (self.sides()[axis] - 1) + 1, self.stride

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        return self.sliding().remarks("convolution", shape, place)

    def fused_step(self) -> ConvStep | None:
        square = isinstance(self.kernel, int) and isinstance(self.padding, int)
        plain = square and (self.dilation, self.dims) == (1, 2)
        return ConvStep(self.name) if plain else None

    def stage_part(self) -> PartKind | None:
        return "convolution" if self.stride == 1 else None

    def text(self) -> str:
        window = self.sliding().text(usual_stride=1)
        groups = f"g{self.groups}" if self.groups > 1 else ""
        return f"{self.name}:{self.inputs}->{self.width}/{window}{groups}{'b' * self.bias}"

    def words(self) -> str:
        words = f"conv {kernel_text(self.kernel, self.dims)} to {self.width:,}"
        words += f" / {self.stride}" if self.stride > 1 else ""
        words += f" dilated by {self.dilation}" if self.dilation > 1 else ""
        words += f" in {self.groups} groups" if self.groups > 1 else ""
        return words + (" with bias" if self.bias else "")

    def summary(self) -> str:
        return f"conv {kernel_text(self.kernel, self.dims)}" + (
            f" / {self.stride}" * (self.stride > 1)
        )

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        # Only what differs from torch's defaults.
        kernel, padding = (
            numbers.get(name, str(getattr(self, name))) for name in ("kernel", "padding")
        )
        arguments = [numbers["inputs"], numbers["width"], f"kernel_size={kernel}"]
        if numbers["stride"] != "1":
            arguments.append(f"stride={numbers['stride']}")
        if padding != "0":
            arguments.append(f"padding={padding}")
        if self.dilation > 1:
            arguments.append(f"dilation={self.dilation}")
        if numbers["groups"] != "1":
            arguments.append(f"groups={numbers['groups']}")
        return f"nn.Conv{self.dims}d", [*arguments, *([] if self.bias else ["bias=False"])]

    @classmethod
    def initialisation(cls, alike: Sequence[Conv]) -> list[str]:
        # He et al. 2015.
        lines = ['nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")']
        if any(conv.bias for conv in alike):
            lines += ["if module.bias is not None:", "    nn.init.zeros_(module.bias)"]
        return lines

    def describe(self, numbers: Numbers) -> str:
        dilated = f"dilated by {self.dilation} " if self.dilation > 1 else ""
        side = numbers.get("kernel", str(self.kernel))
        varies = side != str(self.kernel)
        kernel = " x ".join([side] * self.dims) if varies else kernel_text(self.kernel, self.dims)
        return f"{kernel} convolution {dilated}to {numbers['width']}"


def kernel_sides(written: int | Sizes, dims: int, what: str = "kernel") -> Sides:
    """Return the sizes of a word; one number if they are the same along each dimension.

    Args:
        written: the sizes as the spec has them.
        dims: number of spatial dimensions of the input; 0 for flat features.
        what: the key of the sizes.

    Raises:
        ArchdslError: A213 if it has another number of dimensions than the input.
    """
    if isinstance(written, int):
        return written
    if dims and len(written.sides) != dims:
        raise fail(
            "A213",
            f"a {what} of {written} does not fit an input with {dims} spatial "
            + ("dimension" if dims == 1 else "dimensions"),
            help="write one number, or one for each dimension",
        )
    return written.sides[0] if len(set(written.sides)) == 1 else written.sides


def keeps_size(kernel: Sides, dilation: int) -> Sides:
    """Return the padding that keeps the size of a map at stride 1.

    Args:
        kernel: one number, or one for each dimension.
        dilation: step between the pixels that the kernel reads.

    Raises:
        ArchdslError: A213 if no padding keeps the size.

    >>> keeps_size(3, 1), keeps_size((1, 7), 1), keeps_size(3, 2)
    (1, (0, 3), 2)
    """
    if isinstance(kernel, tuple):
        return tuple(int_padding(side, dilation) for side in kernel)
    return int_padding(kernel, dilation)


def int_padding(kernel: int, dilation: int) -> int:
    """Return the padding that keeps the size along one dimension.

    Args:
        kernel: size of the kernel along it.
        dilation: step between the pixels that the kernel reads.

    Raises:
        ArchdslError: A213 if the kernel is even and the dilation is odd.
    """
    if kernel % 2 == 0 and dilation % 2:
        raise fail(
            "A213",
            f"a kernel of {kernel} has no middle, so no padding keeps the size",
            help="use an odd kernel, or say `padding:`",
        )
    return dilation * (kernel - 1) // 2
