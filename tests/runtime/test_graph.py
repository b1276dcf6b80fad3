"""Captured recordings, with a stand-in for the graph: what is copied, and what is captured.

Capturing itself needs an accelerator; `test_on_an_accelerator.py` has that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.fuse.graph import FusedGraph, fused_captured


class Recording:
    """Steps that write into memory of their own."""

    foreign = False

    def __init__(self) -> None:
        self.made = torch.zeros(1, 3, 4, 4)
        self.runs: list[str] = []

    def run(self, x: Tensor) -> Tensor:
        self.runs.append("captured" if Graph.capturing else "run")
        Graph.steps = [lambda: torch.mul(x, 2, out=self.made)] if Graph.capturing else []
        return torch.mul(x, 2, out=self.made)


class Graph:
    """A graph that takes the captured steps again."""

    capturing = False
    steps: ClassVar[list[Any]] = []

    def replay(self) -> None:
        for step in self.steps:
            step()


class Stream:
    def wait_stream(self, other: Stream) -> None:
        """Nothing to wait for."""


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def captured(graph: Graph) -> Iterator[None]:
        Graph.capturing = True
        yield
        Graph.capturing = False

    @contextmanager
    def aside(stream: Stream) -> Iterator[None]:
        yield

    for name, value in {
        "CUDAGraph": Graph, "graph": captured, "Stream": Stream, "current_stream": Stream,
        "stream": aside,
    }.items():  # fmt: skip
        monkeypatch.setattr(torch.cuda, name, value)


def test_inputs_and_results_are_copied() -> None:
    recording, x = Recording(), torch.randn(1, 3, 4, 4)
    graph = FusedGraph(recording, x)
    assert recording.runs == ["run", "captured"]
    other = torch.randn(1, 3, 4, 4)
    first = graph.run(x)
    second = graph.run(other)
    assert torch.equal(first, 2 * x)
    assert torch.equal(second, 2 * other)
    assert recording.runs == ["run", "captured"]
    assert graph.x.data_ptr() != x.data_ptr()
    assert graph.x.is_contiguous(memory_format=torch.channels_last)


class OnAccelerator(Tensor):
    """A tensor that says that it is elsewhere."""

    is_cuda = True


def elsewhere(*shape: int) -> Tensor:
    return torch.zeros(shape).as_subclass(OnAccelerator)


def test_what_is_captured() -> None:
    """Small batches on an accelerator, of networks that the steps know all of."""
    recording = Recording()
    assert isinstance(fused_captured(recording, elsewhere(1, 3, 4, 4)), FusedGraph)
    assert fused_captured(recording, torch.zeros(1, 3, 4, 4)) is recording
    assert fused_captured(recording, elsewhere(64, 3, 224, 224)) is recording
    recording.foreign = True
    assert fused_captured(recording, elsewhere(1, 3, 4, 4)) is recording
