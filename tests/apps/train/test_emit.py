"""The text of data.py and train.py: what a recipe fills in, style, and types."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from mypy import api as mypy

from archdsl import api
from archdsl.apps.train.folder import files
from archdsl.apps.train.recipe import load_recipe, parse_recipe
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from training_runs import RECIPE, SPEC, written

ROOT = Path(__file__).resolve().parents[3]
DATA = {
    "npz": "npz",
    "cifar100": "{cifar100: {labels: coarse, subset: 100, mean: [0.5, 0.5, 0.5], std: [1, 1, 1]}}",
    "fashion-mnist": "fashion-mnist",
    "folder": "folder",
}
OTHER = """\
optimizer: adamw
decay: weights
schedule: {steps: {at: [1/2], factor: 0.1, warmup: 0.05}}
augment: [{erase: 4}]
track: [tensorboard, {wandb: own}, trackio]
"""


def recipe(data: str, more: str = "optimizer: {sgd: {momentum: 0.9}}\n") -> str:
    return f"recipe: 1\nname: small\ndata: {data}\nepochs: 2\nbatch: 16\nrate: 0.1\n{more}"


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
@pytest.mark.parametrize("more", ["optimizer: adam\n", OTHER], ids=["few", "many"])
def test_the_files_are_formatted_and_use_what_they_import(
    tmp_path: Path, data: str, more: str
) -> None:
    folder = written(tmp_path / "run", SPEC, recipe(data, more))
    ruff = [sys.executable, "-m", "ruff"]
    texts = [str(folder / name) for name in ("data.py", "train.py")]
    for command in (
        ["check", "--isolated", "--select", "B,E,F,I,N,RET,SIM,UP", "--line-length", "100", *texts],
        ["format", "--isolated", "--line-length", "100", "--diff", *texts],
    ):
        done = subprocess.run(
            [*ruff, *command], capture_output=True, text=True, check=False, cwd=folder
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("data", ["fashion-mnist", "folder"])
def test_the_files_are_typed(tmp_path: Path, data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(tmp_path / "run", SPEC, recipe(data, OTHER))
    monkeypatch.chdir(ROOT)  # where mypy has what it found of torch, and its strict settings
    out, err, _ = mypy.run([str(folder / name) for name in ("data.py", "train.py")])
    assert not err
    found = [line for line in out.splitlines() if "data.py:" in line or "train.py:" in line]
    # Some of torch's functions have no types.
    assert not [line for line in found if "[no-untyped-call]" not in line]
    assert "(checked 2 source files)" in out


def test_nothing_of_archdsl_is_imported(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", SPEC, recipe("folder", OTHER))
    for name in ("net.py", "data.py", "train.py"):
        tree = ast.parse((folder / name).read_text("ascii"))
        imported = {
            module.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for module in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )
        }
        assert "archdsl" not in imported
        assert imported - set(sys.stdlib_module_names) <= {
            "torch", "net", "data", "numpy", "PIL", "wandb", "trackio",
        }  # fmt: skip


def test_what_the_recipe_says_stands_in_the_files() -> None:
    texts = files(api.check(parse(SPEC)), parse_recipe(RECIPE))
    for line in (
        "    epochs: int = 3",
        "    batch: int = 32  # images per step, over all processes",
        "    rate: float = 0.05",
        "    weight_decay: float = 0.0005",
        "    ema: float = 0.9  # decay of the average of the weights; 0 for none",
        "    return torch.optim.SGD(groups, settings.rate, momentum=0.9, nesterov=True)",
        "    groups = all_decayed(network, settings.weight_decay)",
    ):
        assert f"{line}\n" in texts["train.py"]
    for line in (
        "INPUT = (1, 8, 8)  # shape of an image as the network reads it",
        "CLASSES = 10",
        "DRAWS = 3  # random numbers for each image",
        "    images = mirror(images, draws[0:1])",
        "    return shift(images, draws[1:3], 1)",
    ):
        assert f"{line}\n" in texts["data.py"]
    for absent in ("erase", "cifar", "idx", "TensorBoard", "weights_decayed", "step_decay"):
        assert absent not in texts["data.py"] + texts["train.py"]


def test_the_recipe_in_the_folder_is_that_of_the_run(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", epochs=7, seed=3)
    again = load_recipe(folder / "recipe.yaml")
    assert (again.words.epochs, again.words.seed, again.words.batch) == (7, 3, 32)
    assert again.sha256 in (folder / "train.py").read_text("ascii")


@pytest.mark.parametrize("name", ["run", "settings", "training", "world", "feed", "net", "data"])
def test_a_network_may_have_any_name(tmp_path: Path, name: str) -> None:
    texts = files(
        api.check(parse(SPEC.replace("name: digits", f"name: {name}"))), parse_recipe(RECIPE)
    )
    defined = [
        node.name
        for node in ast.parse(texts["train.py"]).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    ]
    assert len(defined) == len(set(defined))
    assert f"    return net.{name.capitalize()}()\n" in texts["train.py"]


def test_a_network_that_does_not_classify() -> None:
    spec = SPEC.replace("head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 10}}]", "")
    with pytest.raises(ArchdslError, match="the result of digits has the shape") as error:
        files(api.check(parse(spec)), parse_recipe(RECIPE))
    assert error.value.diagnostics[0].code == "A462"


def test_memory_efficient_stages(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", SPEC, RECIPE, memory_efficient=True)
    assert "memory_efficient: bool = True" in (folder / "net.py").read_text("ascii")
