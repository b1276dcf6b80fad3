"""An emitted file against the oracle: weights, outputs, gradients, statistics, operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archdsl.analysis import Report
from archdsl.analysis.parameters import state_shapes
from archdsl.counted import counted
from archdsl.ir.graph import Graph
from archdsl.oracle.comparison import (
    Comparison,
    Fusion,
    compare,
    compare_fused,
    load_module,
    network_class,
)

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Verification:
    """What was compared. Differences are relative, in float64."""

    parameters: int
    expected_parameters: int
    state_matches: bool
    flops: int
    expected_flops: int
    comparison: Comparison
    fusions: tuple[Fusion, ...]

    @property
    def problems(self) -> list[str]:
        """Return what differs, one text for each comparison that fails."""
        checks = {
            "state-dict names or shapes differ": self.state_matches,
            "parameters differ": self.parameters == self.expected_parameters,
            "FLOPs differ": self.flops == self.expected_flops,
            "numbers differ from the oracle": self.comparison.worst <= TOLERANCE,
            "a fused path differs": all(fusion.holds for fusion in self.fusions),
        }
        return [problem for problem, fine in checks.items() if not fine]

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the result of each comparison, as text."""
        same = self.comparison
        yield (
            "state dict",
            f"{counted(same.tensors, 'tensor')}, names and shapes as the graph has them",
        )
        yield "parameters", f"{self.parameters:,} = {self.expected_parameters:,} counted"
        yield "FLOPs", f"{self.flops:,} run = {self.expected_flops:,} counted (2 per MAC)"
        yield "outputs", f"relative difference {same.outputs:.1e} (float64, batch 2, oracle)"
        yield "gradients", f"relative difference {same.gradients:.1e}"
        yield "statistics", f"relative difference {same.statistics:.1e}"
        for fusion in self.fusions:
            errors = f"relative error {fusion.fused:.1e} (plain {fusion.plain:.1e}; "
            yield f"fused {fusion.device}", f"{errors}float32, on the CPU)"


def verify_text(text: str, graph: Graph, report: Report) -> Verification:
    """Run an emitted file and compare it with its graph.

    Args:
        text: the source of the file. Its code is run, so it must come from a trusted spec.
        graph: what the file was emitted from.
        report: the counts that the file must have.
    """
    module = network_class(load_module(text))()
    shapes = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    return Verification(
        parameters=sum(weight.numel() for weight in module.parameters()),
        expected_parameters=report.parameters,
        state_matches=shapes == state_shapes(graph),
        flops=count_flops(module, graph),
        expected_flops=report.flops,
        comparison=compare(module, graph),
        fusions=compare_fused(module, graph),
    )


def count_flops(module: nn.Module, graph: Graph) -> int:
    """Return the FLOPs that torch counts in a forward pass of one sample, 2 per multiply-add.

    Args:
        module: the network, which is left in evaluation mode.
        graph: the graph of the same network, for the shape of the input.
    """
    counter = FlopCounterMode(display=False)
    shape = graph.input.op.shape  # type: ignore[union-attr]
    with torch.no_grad(), counter:
        module.eval()(torch.zeros(1, *shape))
    return counter.get_total_flops()
