"""Networks from `create_model` in other processes: saved, and sent to spawned workers."""

from __future__ import annotations

import copy
import multiprocessing
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import archdsl
from backends.networks import evaluated
from cli.commands import ROOT

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dilated": {"output_stride": 2},
    "snapshot": {"fuse": "cpu"},
    "maps": {"features_only": True, "out_indices": [-1]},
}
LOADED = """
import sys, torch
network, x, expected = torch.load(sys.argv[1], weights_only=False)
output = network.eval()(x)
output = output[0] if isinstance(output, list) else output
assert torch.allclose(output, expected, atol=1e-6), (output - expected).abs().max()
print("equal")
"""
ABSENT = """
import sys, torch
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "archdsl":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
torch.load(sys.argv[1], weights_only=False)
"""


def small(**options: Any) -> Any:
    return archdsl.create_model("resnet-20", depth=8, width=[4, 6, 8], **options).eval()


def elsewhere(code: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, str(path)]
    env = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_saved_network_is_loaded_in_another_process(name: str, tmp_path: Path) -> None:
    network, x = small(**OPTIONS[name]), torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        output = network(x)
    expected = output[0] if isinstance(output, list) else output
    torch.save((network, x, expected), tmp_path / "net.pt")
    ran = elsewhere(LOADED, tmp_path / "net.pt")
    assert ran.stdout == "equal\n", ran.stderr
    with torch.no_grad():
        again = copy.deepcopy(network)(x)
    assert torch.allclose(again[0] if isinstance(again, list) else again, expected, atol=1e-6)


def test_without_archdsl_the_error_names_it(tmp_path: Path) -> None:
    torch.save(small(), tmp_path / "net.pt")
    ran = elsewhere(ABSENT, tmp_path / "net.pt")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("ModuleNotFoundError: No module named 'archdsl")


class Features(Dataset[torch.Tensor]):
    """Images that each worker runs through a network of its own."""

    def __init__(self, network: Any, images: torch.Tensor) -> None:
        self.network, self.images = network, images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.tensor(evaluated(self.network, self.images[index : index + 1])[0])


def test_spawned_workers_of_a_loader_are_given_a_network() -> None:
    network, x = small(num_classes=3), torch.randn(4, 3, 16, 16)
    loader = DataLoader(
        Features(network, x), batch_size=2, num_workers=1,
        multiprocessing_context=multiprocessing.get_context("spawn"),
    )  # fmt: skip
    with torch.no_grad():
        assert torch.allclose(torch.cat(list(loader)), network(x), atol=1e-6)
