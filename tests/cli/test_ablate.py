"""`archdsl ablate`: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy
import pytest
import torch

import archdsl as package
from cli.commands import SMALL, archdsl


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spec, a checkpoint and images."""
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SMALL, encoding="utf-8")
    torch.manual_seed(0)
    torch.save(package.build(package.load("net.yaml")).state_dict(), "net.pt")
    numpy.save("images.npy", numpy.random.default_rng(0).random((2, 3, 8, 8)))


def test_a_table_with_a_line_for_each_link() -> None:
    ran = archdsl("ablate", "net.yaml", "net.pt", "--data", "images.npy")
    assert (ran.code, ran.err) == (0, "")
    title, _, head, *lines = ran.out.splitlines()
    assert title == "small: relative change of the output, 10 links, 2 images"
    assert head.split() == ["stage", "layer", "reads", "change"]
    assert [tuple(map(int, line.split()[:3])) for line in lines] == [
        (0, layer, source) for layer in range(1, 5) for source in range(layer)
    ]
    facts = json.loads(
        archdsl("ablate", "net.yaml", "net.pt", "--data", "images.npy", "--json").out
    )
    assert [f"{link['change']:.2e}" for link in facts["links"]] == [
        line.split()[3] for line in lines
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("net.yaml", "error[A444]: net.yaml has no array"),
        ("none.npy", "error[A401]"),
        ("wide.npy", "error[A444]: the images have the shape (2, 4, 8, 8), not (N, 3, 8, 8)"),
    ],
)
def test_refused(data: str, message: str) -> None:
    numpy.save("wide.npy", numpy.zeros((2, 4, 8, 8)))
    ran = archdsl("ablate", "net.yaml", "net.pt", "--data", data)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
