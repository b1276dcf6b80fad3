"""The means of a network trained with drop-path; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


class DropPath:
    """Which outputs the means keep in one forward pass (Larsson et al. 2016, section 3.1).

    In half of the training passes one column alone: the same position at every join, where a join
    has it. In the others each output is dropped with probability p, but never all of a join. In
    evaluation every output is kept. Tensors instead of branches, so that it can be compiled.
    """

    def __init__(self, columns: int, training: bool) -> None:
        self.training = training
        if training:
            self.alone = torch.rand(()) < 0.5
            self.column = torch.randint(columns, ())

    def mean(self, outputs: list[Tensor], p: float) -> Tensor:
        """The mean of the outputs that are kept."""
        if len(outputs) == 1:
            return outputs[0]
        weights = self.kept(len(outputs), p).to(outputs[0])
        weights = weights / weights.sum()
        result = weights[0] * outputs[0]
        for weight, output in zip(weights[1:], outputs[1:], strict=True):
            result = result + weight * output
        return result

    def kept(self, count: int, p: float) -> Tensor:
        """1 for each of `count` outputs that is kept, 0 for the others."""
        kept = torch.ones(count)
        if self.training:
            kept = (torch.rand(count) >= p).float()
            one = functional.one_hot(torch.randint(count, ()), count).float()
            kept = torch.where(kept.sum() > 0, kept, one)
            column = (torch.arange(count) == self.column).float()
            column = torch.where(column.sum() > 0, column, torch.ones(count))
            kept = torch.where(self.alone, column, kept)
        return kept
