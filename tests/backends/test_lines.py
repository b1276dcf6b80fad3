"""Emitted files are short enough to read."""

from __future__ import annotations

from pathlib import Path

import pytest

COMPILED = Path(__file__).parent.parent.parent / "compiled"

LINES = 260
SHORT = (
    "convnext_imagenet", "dpn_imagenet", "hardnet_ds_imagenet", "hardnet_imagenet",
    "mobilenet_v2_imagenet", "resnet_stochastic_cifar",
    "se_resnet_imagenet", "vovnet_imagenet",
)  # fmt: skip
LONG = {
    "ese_vovnet_imagenet": 323,
    "efficientnet_imagenet": 275,
    "hardnet_68ds_imagenet": 309,
    "rdnet_imagenet": 379,
}
"""Files that should become shorter, with the most lines that they may have."""


@pytest.mark.parametrize(("name", "most"), [*((name, LINES) for name in SHORT), *LONG.items()])
def test_published_networks_are_emitted_in_few_lines(name: str, most: int) -> None:
    lines = (COMPILED / f"{name}.py").read_text(encoding="ascii").splitlines()
    assert len(lines) <= most
