"""Files whose stages are trained as one operator: what they say, carry, import and remember."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import torch

from archdsl.analysis import stage_operator
from archdsl.analysis.stage_operator import obstacles
from archdsl.api import build, check, check_text, load
from archdsl.backends.pytorch.pasted import MEMORY_EFFICIENT, runtime_source
from archdsl.backends.pytorch.provenance import read_emitted
from archdsl.backends.pytorch.runtime.memory_efficient import plan
from archdsl.codegen.memory_efficient import TRAINING
from archdsl.errors import ArchdslError
from archdsl.oracle.comparison import compare, load_module, network_class
from backends.networks import HEAD, TOP, assert_laid_out
from cli.commands import SPECS, archdsl

DENSE = SPECS / "densenet-bc-cifar.yaml"
REFUSED = {
    "resnet-preact-cifar": "its outputs are not all concatenated",
    "plain-cifar": "nothing in it reads more than one output",
    "condensenet-imagenet": "the operator cannot compute `select 1,040 channels`",
    "rdnet-imagenet": "the operator cannot compute `layer norm`",
    "mixnet-cifar": "its outputs are not all concatenated",
}


def operators(path: Path) -> Any:
    """A shipped spec, and whether some of its stages can be operators."""
    checked = check(load(path))
    try:
        return checked, checked.emit(memory_efficient=True)
    except ArchdslError:
        return checked, None


def test_every_shipped_spec_is_compiled_or_refused_with_a_reason(tmp_path: Path) -> None:
    texts: dict[str, str] = {}
    for path in sorted(SPECS.glob("*.yaml")):
        checked, text = operators(path)
        if text is None:
            continue
        texts[path.stem] = text
        texts[f"{path.stem}-short"] = checked.emit(memory_efficient=True, runtime="import")
        texts[f"{path.stem}-fused"] = checked.emit(memory_efficient=True, fuse="cpu")
        plain = checked.emit().count("\n")
        assert texts[f"{path.stem}-short"].count("\n") < plain + 40
    assert {"densenet-imagenet", "sparsenet-imagenet", "hardnet-ds-imagenet"} <= texts.keys()
    assert_laid_out(tmp_path, texts)


@pytest.mark.parametrize("name", REFUSED)
def test_a_network_without_such_a_stage_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    ran = archdsl("compile", SPECS / f"{name}.yaml", "--memory-efficient", "-o", path)
    assert ran.code == 2
    assert "error[A414]: no stage of this network can be trained as one operator" in ran.err
    assert REFUSED[name] in ran.err
    assert not path.exists()


def test_stages_that_cannot_are_run_as_they_are() -> None:
    text = f"""{TOP.replace("archdsl: 1", "archdsl: 2")}
stages:
  - layers: 3
    unit: {{kind: basic, order: pre, width: 4}}
    connect: full
    aggregate: sum
    entry: projection
  - layers: 3
    unit: {{kind: basic, order: pre, width: 4}}
    connect: full
    aggregate: concat
{HEAD}"""
    checked = check_text(text)
    emitted = checked.emit(memory_efficient=True)
    assert "for index in (1,):" in emitted
    made: Any = network_class(load_module(emitted))()
    assert compare(made, checked.graph).worst < 1e-10
    assert [hasattr(stage, "operator") for stage in made.stages] == [False, True]


@pytest.mark.parametrize("dims", [1, 3])
def test_maps_of_one_and_three_dimensions(dims: int) -> None:
    size = ", ".join(["3", *["6"] * dims])
    checked = check_text(
        f"archdsl: 2\nname: net\ninput: [{size}]\nstages: {{count: 1, layers: 3, "
        "unit: [norm, relu, {conv: {width: 4, kernel: 3}}], connect: full, aggregate: concat}\n"
    )
    made = network_class(load_module(checked.emit(memory_efficient=True)))()
    assert compare(made, checked.graph).worst < 1e-10


def test_a_file_says_which_stages_are_trained_layer_by_layer(tmp_path: Path) -> None:
    spec, path = SPECS / "hardnet-68ds-imagenet.yaml", tmp_path / "net.py"
    reason = "nothing in it reads more than one output"
    said = archdsl("compile", spec, "--memory-efficient", "-o", path).out
    assert f"    stages.7 is trained layer by layer: {reason}\n" in said
    assert "stages.6" not in said
    said = archdsl("compile", spec, "--memory-efficient", "-o", path, "--json").out
    assert json.loads(said)["memory_efficient_obstacles"][6:8] == ["", reason]


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ("[norm, {leaky: 0.1}, {conv: 4}]", "the operator cannot compute `leaky 0.1`"),
        ("[relu]", "a unit of it has no convolution"),
        ("[relu, norm, {conv: 4}]", "the operator cannot compute a unit of activation, norm, conv"),
        ("[norm, {conv: 4}, {dropout: 0.2}, relu]", "of norm, convolution, dropout, activation"),
    ],
)
def test_units_that_the_operator_cannot_compute(unit: str, reason: str) -> None:
    text = f"{TOP.replace('archdsl: 1', 'archdsl: 2')}stages: {{count: 1, layers: 3, unit: {unit}, "
    checked = check_text(f"{text}connect: full, aggregate: concat}}\n{HEAD}")
    assert [reason in found for found in obstacles(checked.graph)] == [True]
    with pytest.raises(ArchdslError, match=re.escape(reason)):
        checked.emit(memory_efficient=True)


def test_two_runtimes_give_the_same_numbers() -> None:
    checked = check(load(DENSE, {"depth": 16, "growth": 4}))
    results = []
    for runtime in ("paste", "import"):
        torch.manual_seed(0)
        text = checked.emit(memory_efficient=True, runtime=runtime)
        made = network_class(load_module(text))()
        torch.manual_seed(1)
        output = made(torch.randn(2, 3, 32, 32))
        output.square().sum().backward()
        results.append([output, *(weight.grad for weight in made.parameters())])
    for ours, theirs in zip(*results, strict=True):
        assert torch.equal(ours, theirs)


def test_it_goes_together_with_fast_inference() -> None:
    spec = load(DENSE, {"depth": 16, "growth": 4})
    network: Any = build(spec, memory_efficient=True, fuse="cpu")
    x = torch.randn(4, 3, 32, 32)
    network.train()(x)
    network.eval()
    with torch.inference_mode():
        torch.testing.assert_close(network.fuse()(x), network(x), atol=1e-4, rtol=1e-4)


def test_a_file_remembers_it_and_is_verified(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    arguments = ("compile", DENSE, "--set", "depth=16", "--memory-efficient", "-o", path)
    assert archdsl(*arguments).code == 0
    assert archdsl(*arguments, "--check").code == 0
    assert read_emitted(path).memory_efficient
    assert archdsl("verify", path).out.endswith("ok\n")
    assert archdsl("compile", DENSE, "--set", "depth=16", "-o", path, "--force").code == 0
    assert not read_emitted(path).memory_efficient


def test_manifests_may_ask_for_it(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    (tmp_path / "net.yaml").write_text(DENSE.read_text(encoding="utf-8"), encoding="utf-8")
    manifest.write_text(
        "files:\n  - {file: net.py, spec: net.yaml, memory_efficient: true}\n", encoding="utf-8"
    )
    assert archdsl("compile", "--manifest", manifest).code == 0
    assert "StageOperator" in (tmp_path / "net.py").read_text(encoding="utf-8")
    assert archdsl("compile", "--manifest", manifest, "--check").code == 0
    assert archdsl("compile", "--memory-efficient").code == 2


def test_records_are_those_of_the_compiler() -> None:
    for name in ("StageActivation", "StageUnit"):
        ours, theirs = getattr(stage_operator, name), getattr(plan, name)
        assert theirs._fields == tuple(field.name for field in fields(ours))


def defined(text: str) -> list[str]:
    """Functions, classes and annotated variables at the top of a file."""
    nodes = ast.parse(text).body
    named = [n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    return named + [n.target.id for n in nodes if isinstance(n, ast.AnnAssign)]  # type: ignore[union-attr]


def test_all_of_the_source_is_reachable_and_named_apart() -> None:
    folder = Path(str(resources.files("archdsl.backends.pytorch.runtime"))) / "memory_efficient"
    assert {path.stem for path in folder.glob("*.py")} == {*MEMORY_EFFICIENT, "__init__"}
    written = {n for file in MEMORY_EFFICIENT for n in defined((folder / f"{file}.py").read_text())}
    used = runtime_source(["StageOperator", "StageUnit", "StageActivation"])
    assert written == {item.name for item in used}
    assert {name for name in written if name.startswith("Stage")} < {*TRAINING}
    assert all(re.match("Stage|stage_|STAGE_|tl$", name) for name in written)


def test_the_operators_of_a_file_are_named_by_its_source() -> None:
    texts = [check(load(DENSE, {"depth": depth})).emit(memory_efficient=True) for depth in (16, 22)]
    names = {re.search(r'^STAGE_NAMESPACE: str = "(\w+)"', text, re.MULTILINE)[1] for text in texts}  # type: ignore[index]
    assert len(names) == 1
    assert re.fullmatch("archdsl_[0-9a-f]{8}", names.pop())


def test_a_function_of_the_spec_cannot_take_a_name_of_the_operator() -> None:
    text = DENSE.read_text(encoding="utf-8")
    for name in ("StageOperator", "StageRead", "UNITS"):
        with pytest.raises(ArchdslError, match="A413"):
            check_text(text).emit(name, memory_efficient=True)


def test_show_counts_what_training_keeps() -> None:
    said = " ".join(archdsl("show", DENSE).out.split())
    assert "bytes kept with checkpoints, 7,329,528 with --memory-efficient" in said
    said = archdsl("show", SPECS / "resnet-preact-cifar.yaml").out
    assert "training        no stage can be trained as one operator" in said


@pytest.mark.parametrize("layers", [1, "[1, 3]", "[2, 1]"])
@pytest.mark.parametrize("rule", ["full", "exponential", "{rule: window, last: 2}"])
@pytest.mark.parametrize("leaves", ["rule", "all", "last"])
def test_stages_of_one_layer(rule: str, layers: object, leaves: str) -> None:
    # Their classes need no list of widths, but the operator does.
    spec = f"""archdsl: 1
name: short
input: [3, 8, 8]
stages:
  count: 2
  layers: {layers}
  unit: {{kind: dense-bottleneck, order: pre, width: 4}}
  connect: {rule}
  aggregate: concat
  exit: {leaves}
"""
    checked = check_text(spec)
    try:
        text = checked.emit(memory_efficient=True)
    except ArchdslError:  # nothing in it reads more than one output
        return
    plain, operator = (build(checked.spec, memory_efficient=on).double() for on in (False, True))
    operator.load_state_dict(plain.state_dict())
    assert "StageOperator" in text
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(operator(x), plain(x))
