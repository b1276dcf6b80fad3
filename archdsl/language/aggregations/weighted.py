"""`weighted`: a sum in which each reader learns how much of each output it reads.

The weights belong to the reader and are never shared. DenseFormer (Pagliardini et al. 2024) uses
them as they are, and starts as the network without them (`init: newest`). RandWire (Xie et al.
2019) takes their sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.aggregation import Aggregation
from archdsl.language.weight import Size, Weight

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def weighted_sum(outputs: list[Tensor], weight: Tensor) -> Tensor:
    """The sum of the outputs, each times its weight.

    Args:
        outputs: tensors of shape (N, channels, *sizes).
        weight: a number for each output, of shape (outputs,), or for each of its channels.
    """
    factors = weight.reshape(len(outputs), -1)
    result = factors[0] * outputs[0].movedim(1, -1)
    for index, output in enumerate(outputs[1:], start=1):
        result = result + factors[index] * output.movedim(1, -1)
    return result.movedim(-1, 1)


def softmax_sum(outputs: list[Tensor], weight: Tensor) -> Tensor:
    """The sum of the outputs, each times its share: the softmax of the weights.

    Args:
        outputs: tensors of shape (N, channels, *sizes).
        weight: a number for each output, of shape (outputs,), or for each of its channels.
    """
    factors = weight.softmax(dim=0).reshape(len(outputs), -1)
    result = factors[0] * outputs[0].movedim(1, -1)
    for index, output in enumerate(outputs[1:], start=1):
        result = result + factors[index] * output.movedim(1, -1)
    return result.movedim(-1, 1)


def sigmoid_sum(outputs: list[Tensor], weight: Tensor) -> Tensor:
    """The sum of the outputs, each times the sigmoid of its weight.

    Args:
        outputs: tensors of shape (N, channels, *sizes).
        weight: a number for each output, of shape (outputs,), or for each of its channels.
    """
    factors = weight.sigmoid().reshape(len(outputs), -1)
    result = factors[0] * outputs[0].movedim(1, -1)
    for index, output in enumerate(outputs[1:], start=1):
        result = result + factors[index] * output.movedim(1, -1)
    return result.movedim(-1, 1)


def newest_alone(*sizes: int, newest: int) -> Tensor:
    """1 for the newest output, 0 for the others."""
    weight = torch.zeros(sizes)
    weight[newest] = 1.0
    return weight


def newest_by_softmax(*sizes: int, newest: int) -> Tensor:
    """A softmax of 0.99 for the newest output; the others share 0.01 equally."""
    weight = torch.zeros(sizes)
    weight[newest] = torch.tensor(99.0 * (sizes[0] - 1)).log()
    return weight


def newest_by_sigmoid(*sizes: int, newest: int) -> Tensor:
    """A sigmoid of 0.99 for the newest output and of 0.01 for the others."""
    weight = torch.full(sizes, 0.01)
    weight[newest] = 0.99
    return weight.logit()


def equal_shares(*sizes: int) -> Tensor:
    """Weights with which the sum is the mean."""
    return torch.full(sizes, 1.0 / sizes[0])


def equal_by_sigmoid(*sizes: int) -> Tensor:
    """Weights with whose sigmoids the sum is the mean."""
    return torch.full(sizes, 1.0 / sizes[0]).logit()


def zeros(*sizes: int) -> Tensor:
    """Weights of zero."""
    return torch.zeros(sizes)


FLOAT = 4
"""Bytes of a float32."""

JOINS = {"none": weighted_sum, "softmax": softmax_sum, "sigmoid": sigmoid_sum}

INITIAL: Mapping[tuple[str, str], Callable[..., Tensor]] = {
    ("none", "newest"): newest_alone,
    ("none", "mean"): equal_shares,
    ("softmax", "newest"): newest_by_softmax,
    ("softmax", "mean"): zeros,
    ("sigmoid", "newest"): newest_by_sigmoid,
    ("sigmoid", "mean"): equal_by_sigmoid,
}
"""What training starts from, by `normalise` and `init`; with `init: zero` it is always zeros."""


class WeightedSum(Aggregation):
    """A sum with learned weights."""

    since: ClassVar[int] = 2

    kind: Literal["weighted"]
    per: Literal["scalar", "channel"] = Field(
        "scalar", description="a weight for each output that is read, or for each of its channels"
    )
    normalise: Literal["none", "softmax", "sigmoid"] = Field(
        "none",
        description="what the weights pass through first: a softmax over the outputs that are read"
        ", or a sigmoid each",
    )
    init: Literal["newest", "mean", "zero"] = Field(
        "newest",
        description="what the sum is at first: the newest output, the mean, or what weights of "
        "zero give",
    )

    @property
    def join(self) -> Callable[..., Any]:  # type: ignore[override]
        """The sum, after what the weights pass through."""
        return JOINS[self.normalise]

    def weights(self) -> Mapping[str, Weight]:
        """A number, or one for each channel, for each output that is read."""
        shape: tuple[Size, ...]
        shape = ("sources", "channels") if self.per == "channel" else ("sources",)
        initial = INITIAL.get((self.normalise, self.init), zeros)
        return {"weight": Weight(shape, initial, newest=self.init == "newest")}

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]], tracked: Sequence[bool]) -> int:
        """What the weights become."""
        if self.normalise == "none":
            return 0
        own = self.weights_for([shape[0] for shape in shapes])
        return FLOAT * sum(prod(size) for size in own.values())

    def strengths(self, weights: Mapping[str, Any]) -> Sequence[float]:
        """The size of what each output is multiplied with; of channels, the mean."""
        weight = weights["weight"]
        normalised = {"softmax": weight.softmax(0), "sigmoid": weight.sigmoid()}
        factors = normalised.get(self.normalise, weight).abs()
        return [float(factor.mean()) for factor in factors]

    def says(self) -> str:
        """The aggregation in words."""
        through = "" if self.normalise == "none" else f"the {self.normalise} of "
        each = " for each channel" if self.per == "channel" else ""
        return f"added, each times {through}a learned weight{each}"
