"""The functions of `streams` that emitted files carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def copies(output: Tensor, count: int) -> Tensor:
    """A state of as many streams as `count`, each equal to the output.

    Args:
        output: the output, of shape (N, C, ...).
        count: number of streams.
    """
    return torch.cat([output] * count, dim=1)


def write_streams(outputs: list[Tensor], rounds: int, mix: Tensor, write: Tensor) -> Tensor:
    """The streams of a state, mixed, plus the newest output times a number for each stream.

    Args:
        outputs: the state, of shape (N, streams * C, ...), and the output, (N, C, ...).
        rounds: how often the columns and rows of `mix` are divided by their sums; 0 for never.
        mix: how much of each stream goes into each stream, (streams, streams).
        write: how much of the output is added to each stream, (streams,).
    """
    state, output = outputs
    mix = mix.softmax(dim=0) if rounds else mix
    for _ in range(rounds):
        mix = mix / mix.sum(dim=0, keepdim=True)
        mix = mix / mix.sum(dim=1, keepdim=True)
    streams = state.reshape(state.shape[0], write.shape[0], output.shape[1:].numel())
    mixed = torch.bmm(mix.t().expand(streams.shape[0], -1, -1), streams)
    return (mixed + write.unsqueeze(1) * output.flatten(1).unsqueeze(1)).reshape(state.shape)


def write_streams_by_content(
    outputs: list[Tensor], rounds: int, mix: Tensor, write: Tensor, by: Tensor, scale: Tensor
) -> Tensor:
    """The streams of a state, mixed, plus the newest output times a number for each stream.

    Each pixel adds to `mix` and `write` a number that depends on its channels.

    Args:
        outputs: the state, of shape (N, streams * C, ...), and the output, (N, C, ...).
        rounds: how often the columns and rows of a mix are divided by their sums; 0 for never.
        mix: how much of each stream goes into each stream, (streams, streams).
        write: how much of the output is added to each stream, (streams,).
        by: what channels are multiplied with, (C, streams + 1); the last column is for `write`.
        scale: what these products are multiplied with after a tanh, (2,).
    """
    state, output = outputs
    batch, count, pixels = state.shape[0], len(write), output.shape[2:]
    streams = state.reshape(batch, count, *output.shape[1:])
    # The square of a float16 above 256 is infinite.
    wide = streams.to(torch.promote_types(streams.dtype, torch.float32))
    factor = (wide.pow(2).mean(dim=2, keepdim=True) + 1e-6).rsqrt().to(streams.dtype)
    maps = streams.reshape(batch * count, len(by), pixels.numel())
    content = torch.bmm(by.t().expand(maps.shape[0], -1, -1), maps)
    content = (content.reshape(batch, count, count + 1, *pixels) * factor).tanh()
    alone = [1] * len(pixels)
    mix = mix.reshape(count, count, *alone) + scale[0] * content[:, :, :-1]
    write = write.reshape(count, *alone) + scale[1] * content[:, :, -1]
    mix = mix.softmax(dim=1) if rounds else mix
    for _ in range(rounds):
        mix = mix / mix.sum(dim=1, keepdim=True)
        mix = mix / mix.sum(dim=2, keepdim=True)
    result = write.unsqueeze(2) * output.unsqueeze(1)
    for index in range(count):
        result = result + mix[:, index].unsqueeze(2) * streams[:, index].unsqueeze(1)
    return result.flatten(1, 2)


def identity(*sizes: int) -> Tensor:
    """A matrix that leaves the streams as they are."""
    return torch.eye(*sizes)


def nearly_identity(*sizes: int) -> Tensor:
    """Exponents of a matrix that nearly leaves the streams as they are: e^-8 off the diagonal."""
    return 8.0 * torch.eye(*sizes) - 8.0


def ones(*sizes: int) -> Tensor:
    """The output is written to every stream."""
    return torch.ones(sizes)


def hundredths(*sizes: int) -> Tensor:
    """What the channels say counts little at first."""
    return torch.full(sizes, 0.01)
