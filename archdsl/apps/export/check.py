"""Run an exported file in its own runtime and compare it with the network in float64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from archdsl.apps.export.formats.format import Files, Format
from archdsl.errors import fail
from archdsl.ir.graph import Graph
from archdsl.oracle.comparison import as_exact, relative
from archdsl.oracle.interpret import interpret

BATCHES = (1, 3)
"""Numbers of images: one alone, and another number than the file was written with."""


@dataclass(frozen=True)
class Difference:
    """Relative errors against float64, of a file and of plain float32 arithmetic."""

    file: float
    plain: float

    @property
    def holds(self) -> bool:
        """Return whether the file is as exact as float32 allows."""
        return as_exact(self.file, self.plain)


def compare(
    graph: Graph, state: Mapping[str, Tensor], format: Format, files: Files
) -> dict[int, Difference]:
    """Return the differences by batch size, on random inputs.

    Args:
        graph: the original network.
        state: its weights in float64.
        format: the format of the files.
        files: their contents.

    Raises:
        ArchdslError: A451 if the runtime refuses a file, or computes something else.
    """
    shape = graph.input.op.shape  # type: ignore[union-attr]
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randn(batch, *shape, generator=generator) for batch in BATCHES]
    with torch.no_grad():
        wanted = [interpret(graph, state, x.double()) for x in inputs]
        plain = [interpret(graph, single(state), x) for x in inputs]
        actual = _run(format, files, inputs)
        differences = {
            batch: Difference(_error(file, exact), _error(own, exact))
            for batch, file, own, exact in zip(BATCHES, actual, plain, wanted, strict=True)
        }
    for batch, difference in differences.items():
        if not difference.holds:
            raise fail(
                "A451",
                f"the exported file differs from the network by {difference.file:.1e} "
                f"at a batch of {batch} (float32 alone: {difference.plain:.1e})",
                note=f"computed by {format.packages[0]} and by archdsl in float64",
            )
    return differences


def single(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights in float32; integers stay."""
    return {
        name: value.float() if value.is_floating_point() else value for name, value in state.items()
    }


def _run(format: Format, files: Files, inputs: list[Tensor]) -> list[Any]:
    """Return the outputs of a file for each input. Raises A451 if its runtime refuses it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"network.{format.suffix}")
        for suffix, content in files.items():
            path.with_suffix(f".{suffix}").write_bytes(content)
        try:
            run = format.open(path)
            return [run(x) for x in inputs]
        except Exception as error:  # runtimes have errors of their own
            raise fail(
                "A451",
                f"{format.packages[0]} cannot run the exported file",
                note=reason(error),
            ) from None


def _error(output: Tensor, exact: Tensor) -> float:
    if output.shape != exact.shape:
        return float("inf")
    return relative(output.double(), exact)


def reason(error: BaseException) -> str:
    """Return the first line of the error that other errors were raised from."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
