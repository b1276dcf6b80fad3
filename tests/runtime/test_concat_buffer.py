"""The buffer that emitted files carry: the numbers of `torch.cat`, each output written once."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from archdsl.backends.pytorch.runtime.concat_buffer import ConcatBuffer

Reads = list[int] | range


def outputs(widths: list[int], *rest: int, batch: int = 2) -> list[Tensor]:
    return [torch.randn(batch, width, *rest) for width in widths]


def filled(parts: list[Tensor]) -> ConcatBuffer:
    buffer = ConcatBuffer(parts[0], sum(part.shape[1] for part in parts))
    for part in parts[1:]:
        buffer.append(part)
    return buffer


def joined(parts: list[Tensor], reads: Reads) -> Tensor:
    return torch.cat([parts[source] for source in reads], dim=1)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], list[int], tuple[int, ...], int]:
    """Widths, what is read of them, the other sizes, and the batch."""
    widths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    places = st.integers(0, len(widths) - 1)
    reads = draw(st.lists(places, min_size=1, max_size=6, unique=True))
    rest = draw(st.sampled_from([(), (3,), (2, 3), (1, 1), (2, 2, 2)]))
    return widths, reads, rest, draw(st.integers(0, 2))


@given(cases(), st.booleans())
def test_reads_are_those_of_cat(
    case: tuple[list[int], list[int], tuple[int, ...], int], keeps_gradients: bool
) -> None:
    widths, reads, rest, batch = case
    parts = outputs(widths, *rest, batch=batch)
    with torch.set_grad_enabled(keeps_gradients):
        buffer = filled(parts)
        assert torch.equal(buffer.read(reads), joined(parts, reads))
        assert torch.equal(buffer.read(range(len(parts))), torch.cat(parts, dim=1))


def test_every_prefix_may_be_read_before_the_next_output() -> None:
    parts = outputs([3, 2, 2, 2], 4, 4)
    with torch.no_grad():
        buffer = ConcatBuffer(parts[0], 9)
        for count in range(1, len(parts)):
            assert torch.equal(buffer.read(range(count)), torch.cat(parts[:count], dim=1))
            buffer.append(parts[count])


def test_gradients_flow_to_every_output() -> None:
    parts = [part.requires_grad_() for part in outputs([2, 1, 3], 2, 2)]
    toward = torch.randn(2, 8, 2, 2)
    read = torch.cat([filled(parts).read([2, 0]), filled(parts).read([2])], dim=1)
    found = torch.autograd.grad(read, parts, toward, materialize_grads=True)
    assert not found[1].any()
    assert torch.equal(found[0], toward[:, 3:5])
    torch.testing.assert_close(found[2], toward[:, :3] + toward[:, 5:])


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_without_gradients_neighbours_share_memory(mode: Any) -> None:
    """Each output is written once; reading neighbours in order copies nothing."""
    parts = outputs([4, 2, 2, 2], 3, 3)
    with mode():
        buffer = filled(parts)
        whole = buffer.read(range(4))
        storage = whole.untyped_storage().data_ptr()
        for reads, start in (([0], 0), ([1], 4), ([1, 2], 4), (range(2, 4), 6), ([3], 8)):
            read = buffer.read(reads)
            assert read.untyped_storage().data_ptr() == storage
            assert read.data_ptr() == whole[:, start:].data_ptr()
        for reads in ([1, 0], [0, 2], [3, 2, 1]):
            assert buffer.read(reads).untyped_storage().data_ptr() != storage


@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_each_output_is_copied_once_or_never(keeps_gradients: bool) -> None:
    parts = outputs([4, 2, 2, 2], 3, 3)
    with torch.set_grad_enabled(keeps_gradients), torch.profiler.profile() as profiler:
        buffer = ConcatBuffer(parts[0], 10)
        for place, part in enumerate(parts[1:], start=1):
            buffer.read(range(place))
            buffer.append(part)
        buffer.read(range(4))
    counts = {event.key: event.count for event in profiler.key_averages()}
    copies = {name: counts.get(f"aten::{name}", 0) for name in ("copy_", "cat")}
    joined_anew, written = {"copy_": 0, "cat": 3}, {"copy_": 4, "cat": 0}
    assert copies == (joined_anew if keeps_gradients else written)


def test_with_gradients_outputs_are_kept_as_they_are() -> None:
    parts = outputs([4, 2, 2], 3, 3)
    buffer = filled(parts)
    assert buffer.tensor is None
    for place, part in enumerate(parts):
        assert buffer.read([place]) is part


def test_the_first_output_is_not_written_into() -> None:
    x = torch.randn(2, 3, 4, 4)
    before = x.clone()
    with torch.no_grad():
        buffer = ConcatBuffer(x, 3)
        buffer.read([0]).zero_()
    assert torch.equal(x, before)


@pytest.mark.parametrize("channels", [1, 3])
def test_layout_is_that_of_what_enters(channels: int) -> None:
    for layout in (torch.contiguous_format, torch.channels_last):
        parts = [p.to(memory_format=layout) for p in outputs([channels + 1, 2, 2], 4, 5)]
        with torch.no_grad():
            buffer = filled(parts)
            whole = buffer.read(range(3))
            assert whole.is_contiguous(memory_format=layout)
            assert torch.equal(buffer.read([2, 0]), joined(parts, [2, 0]))
            assert buffer.read([0]).stride(1) == (1 if layout == torch.channels_last else 20)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("other", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("channels", [1, 3])
def test_layouts_are_those_with_gradients(channels: int, layout: Any, other: Any) -> None:
    """A contiguous map of one channel also counts as channels-last; torch.cat looks at strides."""
    first, *rest = outputs([channels, 2, 2], 4, 5)
    parts = [first.to(memory_format=layout), *(part.to(memory_format=other) for part in rest)]
    with torch.no_grad():
        buffer = filled(parts)
    kept = filled(parts)
    assert kept.tensor is None
    for reads in ([0, 1, 2], [1, 2], [2, 1], [2]):
        found, wanted = buffer.read(reads), kept.read(reads)
        assert (found.stride(1) == 1) == (wanted.stride(1) == 1)


def test_a_slice_of_a_buffer_keeps_its_layout() -> None:
    whole = torch.randn(2, 6, 4, 5).to(memory_format=torch.channels_last)
    with torch.no_grad():
        assert filled([whole[:, :3], whole[:, 3:]]).read([0, 1]).stride(1) == 1


@pytest.mark.parametrize(
    ("first", "then", "wide"),
    [
        (torch.float32, torch.bfloat16, torch.float32),
        (torch.bfloat16, torch.float32, torch.float32),
        (torch.float16, torch.bfloat16, torch.float32),
        (torch.float32, torch.float64, torch.float64),
    ],
)
def test_mixed_kinds_widen_as_cat_widens(
    first: torch.dtype, then: torch.dtype, wide: torch.dtype
) -> None:
    """As outputs of an autocast region do."""
    parts = [torch.randn(2, 3, 2, 2).to(first), torch.randn(2, 1, 2, 2).to(then)]
    parts = [*parts, parts[0]]
    expected = torch.cat(parts, dim=1)
    assert expected.dtype == wide
    with torch.no_grad():
        for layout in (torch.contiguous_format, torch.channels_last):
            buffer = filled([part.to(memory_format=layout) for part in parts])
            found = buffer.read(range(3))
            assert found.dtype == wide
            assert found.is_contiguous(memory_format=layout)
            assert torch.equal(found, expected)


def test_devices_and_shapes_without_memory() -> None:
    parts = [part.to("meta") for part in outputs([2, 3], 4, 4)]
    for keeps_gradients in (False, True):
        with torch.set_grad_enabled(keeps_gradients):
            read = filled(parts).read([1, 0])
        assert read.device.type == "meta"
        assert read.shape == (2, 5, 4, 4)


@pytest.mark.parametrize("keeps_gradients", [False, True])
@pytest.mark.parametrize(
    "shape", [(2, 3, 1, 1), (2, 3, 1, 4), (1, 3, 4, 4), (2, 3, 4), (2, 3, 4, 4, 1), (2, 3, 5, 4)]
)
def test_shapes_that_cat_refuses_are_refused(shape: tuple[int, ...], keeps_gradients: bool) -> None:
    """Nothing is broadcast: an output of another size fails where it is joined."""
    first, other = torch.randn(2, 3, 4, 4), torch.randn(shape)
    with pytest.raises(RuntimeError) as expected:
        torch.cat([first, other], dim=1)
    with torch.set_grad_enabled(keeps_gradients):
        buffer = ConcatBuffer(first, 6)
        buffer.append(other)
        with pytest.raises(RuntimeError) as raised:
            buffer.read([0, 1])
    assert str(raised.value) == str(expected.value)


@pytest.mark.parametrize("width", [1, 2, 4])
def test_outputs_of_another_width_than_planned(width: int) -> None:
    """As of a layer that was replaced: fewer or more channels, and outputs after them."""
    parts = outputs([3, width, 2], 4, 4)
    with torch.no_grad():
        buffer = ConcatBuffer(parts[0], 3 + 2 + 2)
        buffer.append(parts[1])
        buffer.append(parts[2])
        for reads in ([0, 1, 2], [2, 0], [1]):
            assert torch.equal(buffer.read(reads), joined(parts, reads))


def test_an_output_on_another_device_is_refused() -> None:
    first, other = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4, device="meta")
    with torch.no_grad():
        buffer = ConcatBuffer(first, 6)
        buffer.append(other)
        assert buffer.read([1]).device.type == "meta"
        assert torch.equal(buffer.read([0]), first)


class Marked(Tensor):
    """A subclass without behaviour."""


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_subclass_stays_a_subclass(position: int) -> None:
    parts = outputs([2, 2, 2], 4, 4)
    marked = list(parts)
    marked[position] = parts[position].as_subclass(Marked)
    with torch.no_grad():
        buffer = filled(marked)
        assert type(buffer.read([position])) is Marked
        assert type(buffer.read([2, 0, 1])) is Marked
        assert torch.equal(buffer.read([2, 0, 1]).as_subclass(Tensor), joined(parts, [2, 0, 1]))
