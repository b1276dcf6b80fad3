"""`archdsl transplant`: what it writes and prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import archdsl as package
from archdsl.apps.checkpoint.reading import load
from cli.commands import SMALL, archdsl

FILES = {
    "dense.yaml": SMALL,
    "sparse.yaml": SMALL.replace("full", "exponential"),
    "deep.yaml": SMALL.replace("layers: 4", "layers: 5"),
    "wide.yaml": SMALL.replace("width: 8", "width: 9"),
}


@pytest.fixture(autouse=True)
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Specs, and a checkpoint of the dense one."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    network = package.build(package.load("dense.yaml"))
    torch.save({"model": network.state_dict()}, "dense.pt")


def run(target: str, *more: str) -> tuple[int, str, str]:
    ran = archdsl(
        "transplant", "dense.pt", "--from", "dense.yaml", "--to", target, "-o", "out.pth", *more
    )
    return ran.code, ran.out, ran.err


def test_a_file_that_the_target_loads() -> None:
    assert run("sparse.yaml") == (
        0, "wrote  out.pth\n  links        7 of 9\n  numbers      3,728 of 4,564\n", "",
    )  # fmt: skip
    package.build(package.load("sparse.yaml")).load_state_dict(load(Path("out.pth")))
    facts = json.loads(run("sparse.yaml", "--json")[1])
    assert facts["links"] == {"kept": 7, "of": 9}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("deep.yaml", "error[A447]: the source has no layer 5 of stage 0"),
        ("wide.yaml", "error[A448]: stages.0.layers.0 (conv:3->9/k3p1) makes 9 channels"),
    ],
)
def test_refused(target: str, message: str) -> None:
    code, out, err = run(target)
    assert (code, out) == (2, "")
    assert message in err
    assert "Nothing written." in err
    assert not Path("out.pth").exists()


def test_a_checkpoint_of_another_network() -> None:
    torch.save({"stages.0.layers.0.norm.weight": torch.ones(3)}, "dense.pt")
    code, _, err = run("sparse.yaml")
    assert code == 2
    assert "error[A441]" in err
