"""The norms over channels that emitted files carry."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from archdsl.backends.pytorch.runtime.channel_layer_norm import ChannelLayerNorm
from archdsl.backends.pytorch.runtime.channel_rms_norm import ChannelRMSNorm

NORMS: list[Any] = [ChannelLayerNorm(6), ChannelRMSNorm(6, eps=1e-5)]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_result_has_the_layout_of_the_input(norm: nn.Module, layout: Any) -> None:
    x = torch.randn(2, 6, 4, 5).to(memory_format=layout)
    assert norm(x).stride() == x.stride()
    assert norm(x[:, :, 1:]).is_contiguous(memory_format=layout)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("shape", [(2, 6, 4, 5), (2, 6, 1, 1), (0, 6, 4, 5)])
def test_a_trace_with_proxies_gives_the_same_numbers(norm: Any, shape: tuple[int, ...]) -> None:
    x = torch.randn(shape)
    assert torch.equal(torch.fx.symbolic_trace(norm)(x), norm(x))


@pytest.mark.parametrize("norm", NORMS)
def test_a_batch_may_be_mapped(norm: Any) -> None:
    x = torch.randn(3, 2, 6, 4, 5)
    torch.testing.assert_close(torch.func.vmap(norm)(x), torch.stack([norm(part) for part in x]))
