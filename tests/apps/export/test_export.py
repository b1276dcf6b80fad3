"""Exported files compute what the network does, for every batch; bad ones are refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archdsl
from apps.export.networks import BLOCKS, DENSE, network, saved
from archdsl.apps.export.check import compare
from archdsl.apps.export.formats import FORMATS, Format
from archdsl.apps.export.formats.onnx import OPSET
from archdsl.apps.export.model import Exported, convert
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.oracle.comparison import relative
from cli.commands import SPECS

CLOSE = 1e-5
SHIPPED: dict[str, dict[str, Any]] = {
    "sparsenet-bc-cifar": {"depth": 16},
    "resnet-basic-cifar": {"depth": 8},
    "resnet-streams-cifar": {"depth": 20},
}


def needs(suffix: str) -> Format:
    """A format, or a skipped test if a package of it is not installed."""
    for package in FORMATS[suffix].packages:
        pytest.importorskip(package, reason=f"{package} is not installed")
    return FORMATS[suffix]


def on_disk(exported: Exported, folder: Path) -> Path:
    path = folder / f"net.{exported.format.suffix}"
    exported.save(path)
    return path


def runner(path: Path) -> Callable[[Tensor], Tensor]:
    return FORMATS[path.suffix[1:]].open(path)


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path, Exported]:
    """A network, its ONNX file, and what was done."""
    format, folder = needs("onnx"), tmp_path_factory.mktemp("dense")
    checked, module = network(DENSE)
    exported = convert(checked, format, saved(module, folder / "net.pt"), 0)
    return module, on_disk(exported, folder), exported


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_file_has_the_checkpoints_weights_and_any_batch(batch: int, dense: Any) -> None:
    module, path, _ = dense
    x = torch.randn(batch, 3, 28, 28)
    with torch.no_grad():
        assert relative(runner(path)(x), module(x)) < CLOSE


def test_what_was_done_is_told(dense: Any) -> None:
    _, _, exported = dense
    assert (exported.simplification.moved, exported.simplification.windows) == (1, 0)
    assert len(exported.simplification.merges) == 7  # six units and the stem
    assert exported.shapes == ((3, 28, 28), (5,))
    assert list(exported.differences) == [1, 3]
    assert exported.worst < CLOSE
    assert exported.weights == "of net.pt"
    assert exported.as_dict()["inputs"] == {"input": [-1, 3, 28, 28]}


def test_the_pooling_stands_before_its_convolution(dense: Any) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(dense[1])
    nodes = [node.op_type for node in model.graph.node]
    place = nodes.index("AveragePool")
    assert nodes[place - 2 : place + 2] == ["BatchNormalization", "Relu", "AveragePool", "Conv"]
    counts = Counter(nodes)
    assert counts["Conv"] == 14  # as the network has
    assert counts["BatchNormalization"] == 8  # before ReLUs: one for each unit, two others


def test_a_concatenation_reads_the_one_before_it(dense: Any) -> None:
    """Each stage has three units: the second of these reads two maps, the third one more."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load(dense[1])
    joined = [node for node in model.graph.node if node.op_type == "Concat"]
    assert [len(node.input) for node in joined] == [2, 2, 2] * 2
    for first, second, third in (joined[:3], joined[3:]):
        assert first.output[0] == second.input[0]
        assert second.output[0] == third.input[0]


def test_the_model_says_what_it_is(dense: Any) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(dense[1])
    assert (model.producer_name, model.producer_version) == ("archdsl", archdsl.__version__)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", OPSET)]
    (entry,), (result,) = model.graph.input, model.graph.output
    sizes = [side.dim_param or side.dim_value for side in entry.type.tensor_type.shape.dim]
    assert (entry.name, sizes) == ("input", ["batch", 3, 28, 28])
    assert result.name == "output"
    content = dense[1].read_bytes()
    assert not re.search(rb"site-packages|" + re.escape(str(Path.cwd()).encode()), content)


@pytest.mark.parametrize("suffix", ["xml", "pt2"])
def test_other_formats(suffix: str, tmp_path: Path) -> None:
    format = needs(suffix)
    checked, module = network(DENSE)
    path = on_disk(convert(checked, format, saved(module, tmp_path / "net.pt"), 0), tmp_path)
    assert all(path.with_suffix(f".{other}").exists() for other in format.companions)
    for batch in (1, 4):
        x = torch.randn(batch, 3, 28, 28)
        with torch.no_grad():
            assert relative(runner(path)(x), module(x)) < CLOSE


def test_blocks(tmp_path: Path) -> None:
    checked, module = network(BLOCKS)
    exported = convert(checked, needs("onnx"), saved(module, tmp_path / "net.pt"), 0)
    assert {merge.merged.split(".", 2)[2] for merge in exported.simplification.merges} == {
        f"layers.{index}.residual.{name}" for index in (0, 1) for name in ("norm", "scale")
    }
    assert (exported.simplification.moved, exported.simplification.windows) == (1, 1)
    x = torch.randn(2, 3, 14, 14)
    with torch.no_grad():
        assert relative(runner(on_disk(exported, tmp_path))(x), module(x)) < CLOSE


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_networks(name: str, tmp_path: Path) -> None:
    needs("onnx")
    spec = archdsl.load(SPECS / f"{name}.yaml", SHIPPED[name])
    exported = archdsl.export(spec, tmp_path / "net.onnx", seed=3)
    assert exported.weights == "newly initialised (seed 3)"
    assert exported.worst < CLOSE
    assert (tmp_path / "net.onnx").exists()


def code(error: pytest.ExceptionInfo[ArchdslError]) -> str:
    (diagnostic,) = error.value.diagnostics
    return diagnostic.code


def test_a_suffix_that_is_no_format(tmp_path: Path) -> None:
    with pytest.raises(ArchdslError) as error:
        archdsl.export(parse(DENSE), tmp_path / "net.tflite")
    assert code(error) == "A414"
    assert "suffixes: .onnx, .xml, .pt2" in str(error.value.diagnostics[0].help)
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_network(tmp_path: Path) -> None:
    _, other = network(BLOCKS)
    with pytest.raises(ArchdslError) as error:
        archdsl.export(parse(DENSE), tmp_path / "a.pt2", weights=saved(other, tmp_path / "b.pt"))
    assert code(error) == "A441"
    assert not (tmp_path / "a.pt2").exists()


def test_a_network_that_the_exporter_refuses() -> None:
    def write(program: Any, shape: tuple[int, ...]) -> Any:
        raise RuntimeError("failed to convert") from ValueError("no operator `fold`\nand more")

    checked, _ = network(DENSE)
    with pytest.raises(ArchdslError) as error:
        convert(checked, replace(FORMATS["pt2"], write=write), None, 0)
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "A450"
    assert diagnostic.message == "dense cannot be exported to torch.export"
    assert diagnostic.note == "no operator `fold`"


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        (lambda x: torch.zeros(x.shape[0], 5), "differs from the network by 1.0e+00"),
        (lambda x: torch.full((x.shape[0], 5), torch.nan), "differs from the network by nan"),
        (lambda x: torch.zeros(x.shape[0], 6), "differs from the network by inf"),
        (lambda x: x.missing, "torch cannot run the exported file"),
    ],
    ids=["numbers", "nan", "shape", "error"],
)
def test_a_file_that_computes_something_else(result: Any, wanted: str) -> None:
    checked, module = network(DENSE)
    format = replace(FORMATS["pt2"], open=lambda path: result)
    state = {name: value.double() for name, value in module.state_dict().items()}
    with pytest.raises(ArchdslError) as error:
        compare(checked.graph, state, format, {"pt2": b"not read"})
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "A451"
    assert wanted in diagnostic.message
