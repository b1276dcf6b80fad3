"""The kinds of norms that the word `norm` stands for."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.errors import fail
from archdsl.ir.layers.channel_norm import ChannelNorm
from archdsl.ir.layers.group_norm import GroupNorm
from archdsl.ir.layers.layer import Layer, Shape
from archdsl.ir.layers.norm import Norm
from archdsl.language import layers as words

KINDS: Mapping[str, type[Norm | ChannelNorm | GroupNorm]] = {
    "batch": Norm, "layer": ChannelNorm, "rms": ChannelNorm, "group": GroupNorm,
    "instance": GroupNorm,
}  # fmt: skip


def normalisation(word: words.Norm, name: str, shape: Shape, stride: int) -> Layer:
    """Return the norm for a word.

    Args:
        word: the word with its numbers known.
        name: the layer's name, which begins the names of its weights.
        shape: shape of its input.
        stride: the stride for a word that states none itself; norms have none.

    Raises:
        ArchdslError: A103, A214, A215 or A226, without a position.
    """
    if word.groups is not None and word.kind != "group":
        message = f"`groups` belongs to group norms, so a {word.kind} norm would ignore it"
        raise fail("A226", message, help="write `kind: group`, or leave `groups` out")
    return KINDS[word.kind].of(word, name, shape, stride)
