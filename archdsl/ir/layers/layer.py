"""The questions that every layer answers. Code outside this folder asks them, not for a class.

A shape is (features, *rest) without the batch: (64, 32, 32) is 64 channels of 32 x 32 pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from archdsl.errors import Diagnostic, Place
from archdsl.ir.steps import PartKind, Step
from archdsl.language.layers import LayerWords

if TYPE_CHECKING:
    from archdsl.ir.layers.walk import Activation, Walk

Shape = tuple[int, ...]

Numbers = Mapping[str, str]
"""A layer's `numbers` as Python text: `24`, `channels`, `4 * width`."""

Span = int | Fraction
FLOAT = 4
"""Bytes of a float32."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What autograd keeps of a layer: its input, its result, `extra` bytes.

    `always`, or else only to pass a gradient to an input that needs one. `untracked` is what is
    kept instead if the input needs no gradient and that makes a difference.
    """

    input: bool = False
    result: bool = False
    extra: int = 0
    always: bool = False
    untracked: Kept | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """A primitive layer. The answers here are those of a layer without weights or window."""

    written: ClassVar[tuple[type[LayerWords], ...]] = ()
    """The words of a spec that stand for a layer of this kind; `of` makes it of one."""

    view: ClassVar[bool] = False
    """Whether the result shares the input's memory."""

    training_only: ClassVar[bool] = False
    """Whether the layer does nothing in evaluation."""

    elementwise: ClassVar[bool] = False
    """Whether each element of the result depends on one element of the input, in evaluation."""

    affine: ClassVar[bool] = False
    """Whether each feature is multiplied by a number and another one added, in evaluation."""

    of_batch: ClassVar[bool] = False
    """Whether the result for an input may depend on others in its batch, in evaluation."""

    normalises: ClassVar[bool] = False
    """Whether statistics of the batch or of the features scale and shift the input."""

    rearranges: ClassVar[bool] = False
    """Whether channels of the result may be other channels of the input, without being mixed."""

    mixes: ClassVar[bool] = False
    """Whether weights combine all features, as papers count for depth: convolution and linear."""

    inputs_axis: ClassVar[int] = 1  # of the weight: that of the input features
    varying: ClassVar[tuple[str, ...]] = ()
    """Fields with numbers that may be arguments of a class which the layer is part of."""

    fixes_size: ClassVar[bool] = False
    """Whether the size of the result does not depend on that of the input, or there is none."""

    classifies: ClassVar[bool] = False
    """Whether the number of features of the result may be a number of classes."""

    @classmethod
    def of(cls, word: Any, name: str, shape: Shape, stride: int) -> Layer | None:
        """Return the layer for a word; None if the word stands for no layer.

        Args:
            word: the word with its numbers known.
            name: the layer's name, if it has weights.
            shape: shape of its input.
            stride: the stride for a word that states none itself.
        """
        raise NotImplementedError

    def numbers(self) -> dict[str, int | float]:
        """The numbers that may be arguments of a class, by name."""
        return {name: getattr(self, name) for name in self.varying}

    def with_numbers(self, numbers: Mapping[str, int | float]) -> Layer:
        """The layer with some of its `numbers` replaced."""
        return replace(self, **numbers) if numbers else self

    def form(self) -> object:
        """What layers in the same place of equal classes have in common: all but `numbers`."""
        return self.with_numbers(dict.fromkeys(self.numbers(), 0))

    def chooses_inputs(self) -> bool | None:
        """Whether the layer can be built for any number of input features.

        None for a layer that works on any number without being built for it.
        """
        return None

    def after(self, shape: Shape) -> Shape:
        """Return the shape of the result for an input of this shape. Raises A212 or A218."""
        return shape

    def takes(self) -> int | None:
        """Number of input features that the layer is built for; None if any number will do."""
        return None

    def inside(self) -> tuple[Layer, ...]:
        """The layers that a block holds; none for other layers."""
        return ()

    def depth(self) -> int:
        """Convolutions and linear layers, as papers count depth."""
        return int(self.mixes)

    def makes(self) -> int | None:
        """Number of features that the layer chooses; None if they follow from the input."""
        return None

    def resized(self, shape: Shape) -> Layer | None:
        """The same norm for this input, named `norm`; else None. Raises ArchdslError (A21x)."""
        return None

    def kernel_sides(self) -> tuple[int, ...] | None:
        """Size of a convolution's kernel along each dimension; None for other layers."""
        return None

    def pointwise(self) -> bool:
        """Whether the layer is a convolution of each pixel alone, without padding or groups."""
        return False

    def biased(self) -> Layer | None:
        """Return the layer with a bias, if a scale and shift of its result can be part of it.

        Its weight has the features of the result as first dimension then. None for other layers.
        """
        return None

    def scale_and_shift(self, own: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return the two numbers for each feature, of an `affine` layer.

        Args:
            own: the layer's weights and statistics by the names within the layer, each a tensor or
                an array of shape (features,).
        """
        raise NotImplementedError

    def windowed(self, before: Shape) -> Layer:
        """Return the same layer with a fixed window, if it pools to a size by equal windows.

        Args:
            before: shape of the input.
        """
        return self

    def dilated(self, step: int, keeps_size: bool) -> Layer | None:
        """Return the layer for a map with new pixels between the old ones; None if there is none.

        Args:
            step: distance of the old pixels, 1 if there are no new ones.
            keeps_size: whether the result is as large as the input, instead of striding.
        """
        return self

    def feature_groups(self) -> int:
        """Number of groups of features that the weights combine separately."""
        return 1

    def weights(self) -> dict[str, Shape]:
        """Shapes of the parameters by name, in PyTorch's order."""
        return {}

    def statistics(self) -> dict[str, Shape]:
        """Shapes of the buffers by name, in PyTorch's order."""
        return {}

    def macs(self, after: Shape) -> int:
        """Multiply-adds for one input, for a result of this shape."""
        return 0

    def operations(self, before: Shape, after: Shape) -> int:
        """Return the FLOPs for one input, as Table 4 of the SparseNet paper counts them.

        Args:
            before: shape of the input.
            after: shape of the result.
        """
        return 2 * self.macs(after)

    def kept(self, before: Shape, after: Shape) -> Kept:
        """Return what torch keeps of the layer for the backward pass (measured with torch 2.13).

        Args:
            before: shape of the input.
            after: shape of the result.
        """
        return Kept()

    def walk(self, walk: Walk, source: Activation, after: Shape) -> Activation:
        """Return the layer's result in a pass that follows tensors.

        Args:
            walk: the pass.
            source: the layer's input.
            after: shape of its result.
        """
        return walk.layer(self, source, after)

    @property
    def writes(self) -> bool:
        """Whether the layer writes a tensor in evaluation."""
        return not (self.view or self.training_only)

    def window(self, before: Shape, axis: int = 0) -> tuple[Span, Span]:
        """Return the size and the stride of the window that a pixel of the result reads.

        Both are in pixels of the input; they are fractions for a layer that enlarges
        the map.

        Args:
            before: shape of the input.
            axis: dimension of the map, 0 for the first one after the features.
        """
        return 1, 1

    def remarks(self, shape: Shape, place: Place) -> Iterator[Diagnostic]:
        """Yield warnings and notes on a valid layer.

        Args:
            shape: shape of the input.
            place: position of the layer in the spec.
        """
        yield from ()

    def fused_step(self) -> Step | None:
        """The step that runs the layer alone in a fused network; None if there is none."""
        return None

    def stage_part(self) -> PartKind | None:
        """What the operator of a stage computes the layer as; None if it cannot."""
        return None

    def text(self) -> str:
        """The layer in the printed text of a graph, with its numbers."""
        raise NotImplementedError

    def names(self) -> frozenset[str]:
        """Names of torch that the emitted file uses for the layer, such as `nn.Conv2d`."""
        return frozenset()

    def helper(self) -> tuple[str, str] | None:
        """File in the backend's `runtime/` whose class or function the emitted file carries.

        Returns the name of the file, and the name that it defines; None if torch has all it needs.
        """
        return None

    def call(self, x: str, numbers: Numbers) -> str:
        """Return the Python expression that applies the layer.

        Args:
            x: the expression of its input.
            numbers: Python text for each of `numbers()`.
        """
        raise NotImplementedError

    def split_call(self, x: str, numbers: Numbers) -> tuple[str, ...]:
        """Return expressions that do the same in several statements, if `call` is too long.

        Each is assigned to `x`, which the next one reads. Empty if there is no such form.

        Args:
            x: the expression of the input of the first one.
            numbers: Python text for each of `numbers()`.
        """
        return ()

    def describe(self, numbers: Numbers) -> str:
        """The layer in the docstring of an emitted class."""
        return self.words()

    def words(self) -> str:
        """The layer in a comparison of two networks; the width of its input is left out."""
        return self.text()

    def summary(self) -> str:
        """The layer on a card of the overview; empty if it is too small to mention."""
        return ""


@dataclass(frozen=True, slots=True)
class Weighted(Layer):
    """A layer that is a module of its own: `name` is its attribute, and begins its weights."""

    name: str

    def chooses_inputs(self) -> bool | None:
        return False

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        """The class of the module and the arguments of its constructor, as Python text."""
        raise NotImplementedError

    @classmethod
    def initialisation(cls, alike: Sequence[Any]) -> list[str]:
        """Statements that initialise a `module` of this kind, unlike torch does.

        `alike` are all layers of the kind in the network.
        """
        return []

    def names(self) -> frozenset[str]:
        return frozenset({self.constructor(dict.fromkeys(self.numbers(), ""))[0]})

    def call(self, x: str, numbers: Numbers) -> str:
        return f"self.{self.name}({x})"

    def state(self) -> dict[str, Shape]:
        """Parameters, then buffers: the layer's part of the state dict."""
        return self.weights() | self.statistics()


def affine(weight: Shape, bias: bool) -> dict[str, Shape]:
    """Return the shapes of a weight and, with `bias`, of a bias.

    Args:
        weight: shape of the weight; its first dimension is the output features.
        bias: whether there is a bias, one number for each output feature.

    >>> affine((8, 3, 1, 1), bias=True)
    {'weight': (8, 3, 1, 1), 'bias': (8,)}
    """
    return {"weight": weight, "bias": weight[:1]} if bias else {"weight": weight}


def every(layers: Iterable[Layer]) -> Iterator[Layer]:
    """Yield the layers, and those inside blocks among them."""
    for layer in layers:
        yield layer
        yield from every(layer.inside())


def after_chain(layers: Sequence[Layer], shape: Shape) -> Shape:
    """Return the shape after layers one after another.

    Args:
        layers: the layers.
        shape: shape of the input of the first layer.

    Raises:
        ArchdslError: A212 or A218 if a layer cannot take its input.
    """
    for layer in layers:
        shape = layer.after(shape)
    return shape
