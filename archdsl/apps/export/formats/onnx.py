"""ONNX, written by torch's exporter, checked by onnx and run by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archdsl.apps.export.formats.format import INPUT, OUTPUT, Files, Format, Runs
from archdsl.version import __version__

OPSET = 18
"""The version of the operators that torch's exporter writes without converting them."""


def write(program: Any, shape: tuple[int, ...]) -> Files:
    """Return the model in one file, its weights included.

    Args:
        program: what `torch.export` made of a network with a dynamic batch.
        shape: not used; the program has it.
    """
    import torch

    exported = torch.onnx.export(
        program,
        dynamo=True,
        verbose=False,
        opset_version=OPSET,
        input_names=[INPUT],
        output_names=[OUTPUT],
    )
    model = exported.model_proto  # type: ignore[union-attr]
    model.producer_name, model.producer_version = "archdsl", __version__
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    return {"onnx": model.SerializeToString()}


def open_file(path: Path) -> Runs:
    """Return a function that runs a file. Raise an exception if the checker refuses it."""
    import onnx
    import onnxruntime
    import torch

    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda x: torch.from_numpy(session.run([OUTPUT], {INPUT: x.numpy()})[0])


FORMAT = Format(
    suffix="onnx",
    title=f"ONNX, opset {OPSET}",
    packages=("onnxruntime", "onnx", "onnxscript"),
    write=write,
    open=open_file,
)
