"""The files in compiled/ are fresh, stand alone, and compute what their specs say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from archdsl.api import check, check_text, load
from archdsl.cli.manifest import Entry, read_manifest
from backends.networks import assert_equals_oracle, of_checked

ROOT = Path(__file__).parent.parent.parent
ENTRIES = read_manifest(ROOT / "compiled" / "manifest.yaml")
SPECS = sorted((ROOT / "specs").glob("*.yaml"))

SMALL: dict[str, dict[str, Any]] = {
    "plain-cifar": {"depth": 13, "width": [4, 6, 8]},
    "densenet-cifar": {"depth": 13, "growth": 4, "dropout": 0.2},
    "densenet-bc-cifar": {"depth": 22, "growth": [4, 6, 8]},
    "densenet-imagenet": {"layers": [2, 3, 3, 2], "growth": 4},
    "sparsenet-cifar": {"depth": 19, "growth": [4, 6, 8], "base": 3},
    "sparsenet-bc-cifar": {"depth": 34, "growth": 4},
    "sparsenet-imagenet": {"layers": [2, 5, 5, 2], "growth": 4},
    "resnet-preact-cifar": {"depth": 29, "width": [4, 6, 8]},
    "sparsenet-sum-cifar": {"depth": 47, "width": [4, 6, 8]},
    "resnet-basic-cifar": {"depth": 20, "width": [4, 6, 8]},
    "wide-resnet-cifar": {"depth": 16, "widen": 2, "width": [2, 3, 4]},
    "fractalnet-cifar": {"columns": 2, "width": [4, 6, 6], "dropout": [0, 0.1, 0.2]},
    "resnet-imagenet": {"layers": [2, 1, 3, 1], "width": [4, 6, 8, 10], "stem": 6},
    "resnet-stochastic-cifar": {"depth": 20, "width": [4, 6, 8]},
    "mixnet-cifar": {"depth": 22, "k1": 4, "k2": 3},
    "highway-mnist": {"width": 6, "layers": 4},
    "log-densenet-cifar": {"growth": 4, "layers": 3},
    "se-resnet-imagenet": {"layers": [2, 1, 3, 1], "width": [4, 6, 8, 10], "reduction": 4},
    "resnext-imagenet": {
        "layers": [2, 1, 3, 1], "width": [4, 8, 8, 16], "cardinality": 2, "base": 2, "stem": 6,
    },
    "mobilenet-v2-imagenet": {"layers": [1, 2, 3, 1, 2, 1], "widen": 0.25, "expand": 2},
    "regnet-x-imagenet": {"layers": [1, 2, 3, 1], "width": [4, 8, 12, 16], "group": 4, "stem": 6},
    "regnet-y-imagenet": {"layers": [1, 2, 3, 1], "width": [4, 8, 12, 16], "group": 4, "stem": 6},
    "convnext-imagenet": {"layers": [1, 2, 3, 1], "width": [4, 6, 8, 10]},
    "resnet-weighted-cifar": {"depth": 29, "width": [4, 6, 8]},
    "randwire-imagenet": {"nodes": 8, "width": 4},
    "vovnet-imagenet": {"inner": [2, 3, 4, 5], "width": [4, 6, 8, 10], "stem": 4},
    "condensenet-imagenet": {"layers": [1, 2, 3, 2, 1], "growth": [2, 2, 4, 4, 4], "groups": 2},
    "efficientnet-imagenet": {
        "layers": [1, 2, 3, 1, 2, 1], "before": [1, 2, 4, 7, 8, 10], "width": [4, 4, 8, 8, 12, 12],
        "stem": 8,
    },
    "shufflenet-v2-imagenet": {"layers": [1, 2, 1], "width": [8, 12, 16], "stem": 4, "final": 10},
    "googlenet-imagenet": {
        "one": [1, 2, 3, 4, 1, 2, 3, 4, 5], "reduce": [2, 2, 2, 3, 3, 3, 2, 2, 2],
        "three": [3, 2, 1, 4, 3, 2, 1, 4, 3], "reduce5": [1, 1, 2, 2, 1, 1, 2, 2, 1],
        "five": [2, 2, 3, 3, 2, 2, 3, 3, 2], "pooled": [1, 2, 1, 2, 1, 2, 1, 2, 1], "stem": 4,
    },
    "dpn-imagenet": {
        "layers": [2, 1, 3, 2], "path": [6, 8, 10, 12], "inc": [1, 2, 3, 2],
        "inner": [4, 4, 6, 8], "groups": 2, "stem": 6,
    },
    "hardnet-imagenet": {
        "layers": [3, 5, 2, 4, 1], "growth": [2, 3, 2, 4, 3], "width": [4, 6, 6, 8, 10], "stem": 4,
        "drop_before": 0.1,
    },
    "hardnet-ds-imagenet": {
        "layers": [3, 5, 2, 4], "growth": [2, 3, 2, 4], "width": [4, 6, 6, 8], "stem": 4,
    },
    "hardnet-68ds-imagenet": {
        "width": [2, 4, 3, 6, 2, 4, 3, 6, 2], "widen": 1.2, "stem": 4, "final": 8,
    },
    "rdnet-imagenet": {"growth": [4, 6, 8, 8, 4, 6, 8], "stem": 16, "expand": 2},
    "ese-vovnet-imagenet": {"inner": [2, 3, 4, 5], "width": [4, 6, 8, 10], "stem": 4, "convs": 3},
    "fc-densenet-camvid": {
        "outer": 1, "layers": [2, 1, 2, 1], "deepest": 2, "growth": 3, "stem": 4,
    },
    "u-net-brain": {"width": [2, 4, 3, 6], "deepest": 5},
    "log-densenet-v2-cifar": {"growth": 4, "layers": 5},
    "learned-sums-cifar": {
        "depth": 47, "width": [4, 6, 8], "connect": "exponential", "aggregate": "attention",
    },
    "resnet-streams-cifar": {"depth": 38, "width": [2, 3, 4], "streams": 2},
}  # fmt: skip

SEGMENTATION = {"fc-densenet-camvid", "u-net-brain"}
"""Networks that return a map for each class; their number of classes is not an argument."""

STANDALONE = """
import importlib.util, inspect, json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "archdsl":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import torch

torch.set_num_threads(1)

found = {}
for number, (path, (channels, *sizes)) in enumerate(json.loads(sys.argv[1])):
    spec = importlib.util.spec_from_file_location(f"anything_{number}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (name,) = module.__all__
    kind = getattr(module, name)
    ours = [v for v in vars(module).values() if isinstance(v, type) and v.__module__ == spec.name]
    images = "in_channels" in inspect.signature(kind).parameters  # or features of a fixed number
    arguments = {"num_classes": 7, "in_channels": 5 if images else channels}
    taken = inspect.signature(kind).parameters
    usual, other = kind().eval(), kind(**{name: arguments[name] for name in taken}).eval()
    with torch.no_grad():
        shapes = [
            usual(torch.ones(1, channels, *sizes)).shape,
            other(torch.ones(1, 5 if images else channels, *sizes)).shape,
        ]
    found[path] = {
        "network": isinstance(usual, torch.nn.Module) and kind in ours,
        "shapes": [list(shape) for shape in shapes],
        "archdsl": "archdsl" in sys.modules,
        "parameters": sum(weight.numel() for weight in usual.parameters()),
    }
print(json.dumps(found))
"""


def named(entry: Entry) -> str:
    return entry.file.stem


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_file_is_what_its_spec_compiles_to(entry: Entry) -> None:
    made = check(load(entry.spec, entry.settings)).require().emit(entry.class_name)
    assert entry.file.read_text(encoding="ascii") == made


def test_every_file_and_every_spec_is_in_the_manifest() -> None:
    assert {entry.file for entry in ENTRIES} == set((ROOT / "compiled").glob("*.py"))
    assert {entry.spec.resolve() for entry in ENTRIES} == set(SPECS)


def inputs(entry: Entry) -> tuple[int, ...]:
    """Channels and sizes of one input of an entry's network."""
    return load(entry.spec, entry.settings).words.input


@pytest.fixture(scope="module")
def standalone() -> dict[str, Any]:
    """What a process without archdsl finds in the files."""
    jobs = [(str(entry.file), [min(size, 32) for size in inputs(entry)]) for entry in ENTRIES]
    command = [sys.executable, "-I", "-c", STANDALONE, json.dumps(jobs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_file_stands_alone(entry: Entry, standalone: dict[str, Any]) -> None:
    spec = load(entry.spec, entry.settings)
    classes = spec.parameters.values["classes"]
    shapes = [[1, classes], [1, 7]]
    if spec.name in SEGMENTATION:
        shapes = [[1, classes, 32, 32]] * 2
    assert standalone[str(entry.file)] == {
        "network": True,
        "shapes": shapes,
        "archdsl": False,
        "parameters": check(spec).report.parameters,
    }


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_small_edition_equals_the_oracle(path: Path) -> None:
    """The same spec at a depth, widths and an input that fit a test."""
    text = path.read_text(encoding="utf-8")
    small = text.replace("[3, 224, 224]", "[3, 96, 96]").replace("[3, 32, 32]", "[3, 16, 16]")
    small = small.replace("[1, 28, 28]", "[1, 8, 8]").replace("[3, 256, 256]", "[3, 32, 32]")
    assert small != text
    made = of_checked(check_text(small, {"classes": 5, **SMALL[path.stem]}))
    assert_equals_oracle(made.network, made.graph)
