"""The operators of oneDNN that torch keeps for its compiler; pasted into emitted files."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor


def fused_onednn() -> bool:
    """Whether torch has these operators and would use oneDNN now."""
    return bool(torch.backends.mkldnn.enabled) and fused_has_onednn()


@cache
def fused_has_onednn() -> bool:
    """Whether this build of torch has the operators."""
    names = (
        "_convolution_pointwise", "_convolution_pointwise_", "_reorder_convolution_weight",
        "_linear_pointwise", "_reorder_linear_weight",
    )  # fmt: skip
    present = all(hasattr(torch.ops.mkldnn, name) for name in names)
    return present and torch.backends.mkldnn.is_available()


class FusedLayouts:
    """Weights as oneDNN lays them out, kept for the sizes of input that were used last."""

    SIZES = 8

    def __init__(self) -> None:
        self.kept: dict[Any, Tensor] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without weights, whose layout belongs to this machine."""
        return {"kept": {}}

    def get(self, size: Any, pack: Any) -> Tensor:
        """Return the weights for a size of input.

        Args:
            size: a key for the size.
            pack: lays the weights out, if they are not kept.
        """
        packed = self.kept.get(size)
        if packed is None:
            packed = self.kept[size] = pack()
            for old in list(self.kept)[: -self.SIZES]:
                self.kept.pop(old, None)  # another thread may have done so
        return packed


def fused_packed(weight: Tensor, window: list[Any], shape: tuple[int, ...]) -> Tensor:
    """Lay weights out for an input of this shape; `window` is padding, stride, dilation, groups.

    Args:
        weight: of shape (outputs, C / groups, kernel, kernel).
        window: padding, stride, dilation and groups.
        shape: the shape of the input, N, C, H and W.
    """
    packed: Tensor = torch.ops.mkldnn._reorder_convolution_weight(weight, *window, list(shape))
    return packed


def fused_convolve(x: Tensor, packed: Tensor, bias: Tensor, window: list[Any]) -> Tensor:
    """Convolve with packed weights.

    No ReLU is fused in: oneDNN's turns NaN into zero.

    Args:
        x: maps of shape (N, C, H, W).
        packed: weights as `fused_packed` returns them.
        bias: of shape (outputs,).
        window: padding, stride, dilation and groups.
    """
    operator = torch.ops.mkldnn._convolution_pointwise
    result: Tensor = operator(x, packed, bias, *window, "none", [], "")
    return result


def fused_convolve_onto(
    total: Tensor, x: Tensor, packed: Tensor, bias: Tensor, window: list[Any]
) -> Tensor:
    """Convolve with packed weights and add the result to `total`, in place.

    Args:
        total: the maps that are added to.
        x: maps of shape (N, C, H, W).
        packed: weights as `fused_packed` returns them.
        bias: of shape (outputs,).
        window: padding, stride, dilation and groups.
    """
    operator = torch.ops.mkldnn._convolution_pointwise_
    result: Tensor = operator(total, x, packed, bias, *window, "add", None, None, [], None)
    return result


def fused_packed_matrix(weight: Tensor, rows: int) -> Tensor:
    """Lay out a matrix that is multiplied with matrices of this many rows.

    Args:
        weight: of shape (outputs, inputs).
        rows: of the other matrix.
    """
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, rows)
    return packed


def fused_multiplied(rows: Tensor, packed: Tensor, bias: Tensor | None) -> Tensor:
    """Multiply with packed weights.

    Args:
        rows: a matrix (rows, inputs).
        packed: weights as `fused_packed_matrix` returns them.
        bias: of shape (outputs,), or None.
    """
    result: Tensor = torch.ops.mkldnn._linear_pointwise(rows, packed, bias, "none", [], "")
    return result
