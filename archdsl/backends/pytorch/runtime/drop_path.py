"""The means of a network trained with drop-path; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor


class DropPath:
    """Choose the outputs that means keep in one forward pass (Larsson et al. 2016, section 3.1).

    Half of the training passes keep one column alone: the same position at every join that has it.
    The others drop each output with probability p, but never all outputs of a join. Evaluation
    keeps every output. Tensors are used instead of branches, so that torch.compile can trace it,
    and numbers are drawn through the input, so that torch.fx records that they are drawn.
    """

    def __init__(self, columns: int, training: bool, like: Tensor) -> None:
        self.training = training
        self.like = like
        if training:
            self.alone = self.random(()) < 0.5
            self.column = self.integer(columns)

    def random(self, shape: tuple[int, ...]) -> Tensor:
        """Return numbers between 0 and 1, as `torch.rand` draws them."""
        return torch.rand_like(self.like.new_empty(shape, dtype=torch.float32, device="cpu"))

    def integer(self, count: int) -> Tensor:
        """Return a number below `count`, as `torch.randint` draws it."""
        return torch.randint_like(self.like.new_empty((), dtype=torch.int64, device="cpu"), count)

    def mean(self, outputs: list[Tensor], p: float) -> Tensor:
        """Return the mean of the outputs that are kept.

        Args:
            outputs: tensors of one shape (N, channels, *sizes).
            p: the probability with which an output is dropped.
        """
        if len(outputs) == 1:
            return outputs[0]
        if not self.training:
            return sum(outputs[1:], outputs[0]) / len(outputs)
        # Selected, not multiplied by 0: an output that is left out may be infinite.
        kept = self.kept(len(outputs), p).to(outputs[0].device)
        # By index: torch.fx, which records this in training too, cannot iterate over a tensor.
        first, *others = (torch.where(kept[n], output, 0.0) for n, output in enumerate(outputs))
        return sum(others, first) / kept.sum()

    def kept(self, count: int, p: float) -> Tensor:
        """Return which of `count` outputs are kept, as booleans of shape (count,).

        Args:
            count: the number of outputs.
            p: the probability with which an output is dropped.
        """
        index = torch.arange(count)
        kept = self.random((count,)) >= p
        one = index == self.integer(count)
        column = index == self.column
        return torch.where(self.alone, column | ~column.any(), kept | (one & ~kept.any()))
