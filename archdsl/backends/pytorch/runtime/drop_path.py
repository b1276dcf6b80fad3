"""The means of a network trained with drop-path; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor


class DropPath:
    """Choose the outputs that means keep in one forward pass (Larsson et al. 2016, section 3.1).

    Half of the training passes keep one column alone: the same position at every join that has it.
    The others drop each output with probability p, but never all outputs of a join. Evaluation
    keeps every output. Tensors are used instead of branches, so that torch.compile can trace it.
    """

    def __init__(self, columns: int, training: bool) -> None:
        self.training = training
        if training:
            self.alone = torch.rand(()) < 0.5
            self.column = torch.randint(columns, ())

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
        pairs = zip(kept, outputs, strict=True)
        first, *others = (torch.where(keep, output, 0.0) for keep, output in pairs)
        return sum(others, first) / kept.sum()

    def kept(self, count: int, p: float) -> Tensor:
        """Return which of `count` outputs are kept, as booleans of shape (count,).

        Args:
            count: the number of outputs.
            p: the probability with which an output is dropped.
        """
        index = torch.arange(count)
        kept = torch.rand(count) >= p
        one = index == torch.randint(count, ())
        column = index == self.column
        return torch.where(self.alone, column | ~column.any(), kept | (one & ~kept.any()))
