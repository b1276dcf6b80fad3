"""Large batches on a CPU: they are computed in parts, in memory that does not grow with them."""

from __future__ import annotations

import platform
import subprocess
import sys
from typing import Any, Literal

import pytest
import torch
from torch import Tensor

import archdsl
from archdsl.api import check, check_text, load
from archdsl.oracle.comparison import load_module, network_class
from cli.commands import SPECS
from runtime.fused import assert_close, built, fused, run, shipped

SIDE = 16


def network(name: str) -> Any:
    return built(shipped(SPECS / f"{name}.yaml"))


def split(fast: Any, images: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make parts have at most so many images of SIDE x SIDE pixels."""
    most = images * SIDE * SIDE * fast.density
    monkeypatch.setattr(fast.steps, "largest", lambda: max(1, most))


def images(count: int) -> Tensor:
    return torch.randn(count, 3, SIDE, SIDE)


def recorded(fast: Any) -> list[int]:
    """The images of each recording."""
    return sorted(shape[0] for (shape, _), _ in fast.pool.idle)


@pytest.mark.parametrize(
    ("name", "density"),
    [
        ("densenet-imagenet", 16),  # a 7x7 convolution of stride 2 makes 64 maps
        ("sparsenet-imagenet", 8),
        ("resnet-imagenet", 16),
        ("densenet-bc-cifar", 60),  # 3 layers of a stage and its input are joined
    ],
)
def test_the_density_is_that_of_the_largest_map(name: str, density: int) -> None:
    """What is recorded has no larger one."""
    checked = shipped(SPECS / f"{name}.yaml")
    plain: Any = built(checked)
    fast = fused(plain)
    side = 64
    recorder: Any = plain.fuse.__func__.__globals__["FusedRecorder"]
    sizes: list[int] = []

    class Watching(recorder):  # type: ignore[misc]
        def call(self, function: Any, *inputs: int) -> int:
            index: int = super().call(function, *inputs)
            sizes.append(self.values[index].numel())
            return index

    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(plain.fuse.__func__.__globals__, "FusedRecorder", Watching)
        run(fast, torch.randn(1, 3, side, side))
    assert fast.density == density
    assert max(sizes) == density * side * side


@pytest.mark.parametrize("name", ["densenet-bc-cifar", "sparsenet-bc-cifar", "resnet-basic-cifar"])
def test_parts_give_the_output_of_the_batch(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = network(name)
    fast, x = fused(plain), images(7)
    split(fast, 3, monkeypatch)
    assert_close(plain, fast, x)
    assert recorded(fast) == [2, 3]


def test_parts_are_as_equal_as_they_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one image is never split, however large it is."""
    fast = fused(network("densenet-bc-cifar"))
    split(fast, 2, monkeypatch)
    assert [fast.split(images(count)) for count in range(1, 6)] == [1, 1, 2, 2, 3]
    split(fast, 0, monkeypatch)
    assert [fast.split(images(count)) for count in range(1, 6)] == [1, 2, 3, 4, 5]


def test_memory_does_not_grow_with_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = fused(network("densenet-bc-cifar"))
    split(fast, 2, monkeypatch)
    run(fast, images(2))
    ((_, recording),) = fast.pool.idle
    run(fast, images(8))
    assert fast.pool.idle[0][1] is recording
    assert recorded(fast) == [2]


class BatchStatistics(archdsl.Layer):
    """A batch norm that has no running statistics, so it takes those of the batch."""

    layer: Literal["batch_statistics"] = "batch_statistics"
    module = "BatchNorm2d"

    def arguments(self, shape: tuple[int, ...]) -> dict[str, int | float | bool]:
        return {"num_features": shape[0], "affine": False, "track_running_stats": False}


class Highest(archdsl.Aggregation):
    """Outputs less the highest number in the batch."""

    kind: Literal["highest"] = "highest"

    @staticmethod
    def join(outputs: list[Tensor]) -> Tensor:
        return torch.stack(outputs).sum(0) - torch.stack(outputs).amax()


CUSTOM = """
archdsl: 2
name: custom
input: [3, 16, 16]
stem: [{conv: {width: 8, kernel: 3}}]
stages:
  {count: 1, layers: 3, unit: [relu, {conv: {width: 8, kernel: 3}}], connect: full, aggregate: sum}
head: [relu, {pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[relu, {pool", "[batch_statistics, relu, {pool"),
        ("sum}", "highest}"),
        (
            "unit: [relu, ",
            "unit: [{block: {layers: 2, unit: [relu], connect: full, aggregate: highest}}, ",
        ),
    ],
    ids=["layer", "aggregation", "block"],
)
def test_a_batch_with_custom_code_is_not_split(
    before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody says that it computes each image by itself, and some does not."""
    own: list[Any] = [BatchStatistics, Highest]
    text = CUSTOM.replace(before, after)
    assert text != CUSTOM
    plain: Any = network_class(load_module(check_text(text, extend=own).emit(fuse=True)))().eval()
    fast, x = fused(plain), torch.randn(4, 3, 16, 16)
    split(fast, 0, monkeypatch)
    assert_close(plain, fast, x)
    assert recorded(fast) == [4]


def test_each_thread_has_caches() -> None:
    fast = fused(network("densenet-bc-cifar"))
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = fast.steps.largest()
        torch.set_num_threads(2)
        assert fast.steps.largest() == 2 * one
    finally:
        torch.set_num_threads(threads)


def test_an_accelerator_computes_a_batch_at_once() -> None:
    fast = fused(network("densenet-bc-cifar"), "cuda")
    assert fast.split(images(1000)) == 1


FAULTS = f"""
import resource
import sys
sys.path.insert(0, {str(SPECS.parent / "tests")!r})
from runtime.test_batches import faults
print(faults())
"""


def faults() -> float:
    """Page faults of a run in a new process, after some runs."""
    checked = check(load(SPECS / "sparsenet-bc-cifar.yaml", {"depth": 40}))
    fast, x = fused(built(checked)), torch.randn(8, 3, 32, 32)
    for _ in range(3):
        run(fast, x)
    before = page_faults()
    for _ in range(4):
        run(fast, x)
    return (page_faults() - before) / 4


def page_faults() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what glibc does with freed memory")
def test_memory_is_not_asked_for_in_every_run() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 200
