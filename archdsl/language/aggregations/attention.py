"""`attention`: each pixel attends to the outputs that are read (Attention Residuals, Kimi 2026).

The reader owns a query. A pixel's key of an output is the output's RMS-normalised channels, and its
share is the softmax, over the outputs, of query times key. Shares depend on the input. The query
starts at zero, as published: training starts from the mean of the outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, ClassVar, Literal

from archdsl.language.aggregation import Aggregation
from archdsl.language.weight import Weight

if TYPE_CHECKING:
    import torch
    from torch import Tensor

FLOAT = 4
"""Bytes of a float32."""


def attention(outputs: list[Tensor], query: Tensor, scale: Tensor) -> Tensor:
    """The outputs times their shares, which each pixel computes from its channels.

    Args:
        outputs: tensors of shape (N, channels, *sizes).
        query: what scores are the products with, of shape (channels,).
        scale: the scale of the normalised outputs, of shape (channels,).
    """
    # query * (scale * normalised), summed over the channels: the normalisation divides by one
    # number for each pixel, so that it can wait until after the sum.
    key = query * scale
    # The square of a float16 above 256 is infinite, so scores are float32 or better.
    dtype = torch.promote_types(outputs[0].dtype, torch.float32)
    scores = []
    for output in outputs:
        wide = output.to(dtype)
        mean_square = wide.pow(2).mean(dim=1, keepdim=True)
        product = (wide.movedim(1, -1) * key).sum(dim=-1).unsqueeze(1)
        scores.append(product * (mean_square + 1e-6).rsqrt())
    shares = torch.stack(scores).softmax(dim=0)
    result = shares[0] * outputs[0]
    for index, output in enumerate(outputs[1:], start=1):
        result = result + shares[index] * output
    return result.to(outputs[0].dtype)


def attention_shares(outputs: Sequence[Tensor], weights: Mapping[str, Tensor]) -> list[Tensor]:
    """Return the share of each output at each pixel, of shape (N, 1, *sizes).

    Args:
        outputs: tensors of shape (N, channels, *sizes).
        weights: `query` and `scale` of the reader.
    """
    key = (weights["query"] * weights["scale"]).reshape(-1, *[1] * (outputs[0].dim() - 2))
    roots = [(output.pow(2).mean(dim=1, keepdim=True) + 1e-6).sqrt() for output in outputs]
    pairs = zip(outputs, roots, strict=True)
    scores = [(output * key).sum(dim=1, keepdim=True) / root for output, root in pairs]
    largest = scores[0]
    for score in scores[1:]:
        largest = largest.maximum(score)
    powers = [(score - largest).exp() for score in scores]
    total = sum(powers[1:], start=powers[0])
    return [power / total for power in powers]


def zero_query(channels: int) -> Tensor:
    """A query to which all outputs are alike."""
    return torch.zeros(channels)


def unit_scale(channels: int) -> Tensor:
    """A scale that changes nothing."""
    return torch.ones(channels)


class Attention(Aggregation):
    """A softmax over the outputs that are read, for each pixel."""

    since: ClassVar[int] = 2

    kind: Literal["attention"]
    join: ClassVar = staticmethod(attention)
    shares: ClassVar = staticmethod(attention_shares)

    def weights(self) -> Mapping[str, Weight]:
        """The query, and the scale of the normalised outputs."""
        return {
            "query": Weight(("channels",), zero_query),
            "scale": Weight(("channels",), unit_scale),
        }

    def kept_bytes(self, shapes: Sequence[tuple[int, ...]], tracked: Sequence[bool]) -> int:
        """The key, and for each pixel of an output its 1 / RMS and its share.

        The key and a pixel's sum are factors of what an output that needs a gradient passes on.
        """
        pixels = prod(shapes[0][1:])
        key = shapes[0][0] if any(tracked) else 0
        return FLOAT * (key + pixels * (2 * len(shapes) + sum(tracked)))

    def says(self) -> str:
        """The aggregation in words."""
        return "added, each times its share: a softmax of a learned query and the outputs"
