"""Networks that are converted and run outside of PyTorch: each file is made once and reused.

All writers are the same for our simplified network, our plain one and torchvision's. Each runtime
gets a fixed batch and the setting in which it is fastest alone: one stream, as many threads as
asked for, float32.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import archdsl
from archdsl.apps.export.formats import FORMATS

SHAPE = (3, 224, 224)
Run = Callable[[], object]


def program(network: nn.Module, batch: int | None = None) -> Any:
    """Return a program of `torch.export`, for one batch size or, without it, for all."""
    free = None if batch else ({0: torch.export.Dim("batch", min=1)},)
    with torch.no_grad():
        return torch.export.export(network, (torch.zeros(batch or 2, *SHAPE),), dynamic_shapes=free)


def ours(spec: Any, network: nn.Module, path: Path) -> Path:
    """Write our network as `archdsl export` does, and return the path."""
    if not path.exists():
        weights = path.with_suffix(".weights")
        torch.save(network.state_dict(), weights)
        archdsl.export(spec, path, weights=weights)
    return path


def plain(network: nn.Module, path: Path) -> Path:
    """Write a network as it is, and return the path."""
    if not path.exists():
        files = FORMATS[path.suffix[1:]].write(program(network), SHAPE)
        for suffix, content in files.items():
            path.with_suffix(f".{suffix}").write_bytes(content)
    return path


def quantised(path: Path) -> Path:
    """Write an ONNX file with 8-bit weights and activations, by ONNX Runtime's own tool.

    It is calibrated on random images, which is enough to time it and says nothing of accuracy.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Images(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            generator = torch.Generator().manual_seed(0)
            self.left = [torch.randn(1, *SHAPE, generator=generator).numpy() for _ in range(8)]

        def get_next(self) -> dict[str, Any] | None:
            return {"input": self.left.pop()} if self.left else None

    written = path.with_suffix(".int8.onnx")
    if not written.exists():
        quantize_static(path, written, Images(), quant_format=QuantFormat.QDQ, per_channel=True)
    return written


def onnxruntime(path: Path, x: Tensor) -> Run:
    import onnxruntime as runtime

    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_free_dimension_override_by_name("batch", x.shape[0])
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    images = x.numpy()
    return lambda: torch.from_numpy(session.run(None, {"input": images})[0])


def openvino(path: Path, x: Tensor) -> Run:
    import openvino as runtime

    core = runtime.Core()
    model = core.read_model(path)
    model.reshape(list(x.shape))
    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "NUM_STREAMS": 1,
    }
    request = core.compile_model(model, "CPU", options).create_infer_request()
    images = x.numpy()
    return lambda: torch.from_numpy(
        request.infer([images], share_inputs=True, share_outputs=True)[0]
    )


def executorch(network: nn.Module, path: Path, x: Tensor) -> Run:
    """ExecuTorch with XNNPACK, from a program for one batch size."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower
    from executorch.extension.pybindings import portable_lib
    from executorch.runtime import Runtime

    if not path.exists():
        edge = to_edge_transform_and_lower(
            program(network, x.shape[0]), partitioner=[XnnpackPartitioner()]
        )
        path.write_bytes(edge.to_executorch().buffer)
    portable_lib._unsafe_reset_threadpool(torch.get_num_threads())
    method = Runtime.get().load_program(path).load_method("forward")
    return lambda: method.execute([x])[0].clone()


def ncnn(network: nn.Module, path: Path, x: Tensor) -> Run:
    """ncnn, whose networks take one image; converted by pnnx, in float32.

    `path` has no hyphens, which pnnx replaces in the names of its files.
    """
    import ncnn as runtime
    import pnnx

    if x.shape[0] > 1:
        raise ValueError("ncnn takes one image at a time")
    param = path.with_suffix(".ncnn.param")
    if not param.exists():
        pnnx.export(network, str(path.with_suffix(".pt")), (x,), fp16=False)
    net = runtime.Net()
    net.opt.num_threads = torch.get_num_threads()
    for name in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage", "bf16_packed"):
        setattr(net.opt, f"use_{name}", False)
    net.load_param(str(param))
    net.load_model(str(path.with_suffix(".ncnn.bin")))
    image = runtime.Mat(x[0].numpy()).clone()

    def run() -> Tensor:
        with net.create_extractor() as extractor:
            extractor.input("in0", image)
            return torch.from_numpy(extractor.extract("out0")[1].numpy().copy())[None]

    return run


def aot_inductor(network: nn.Module, x: Tensor) -> Run:
    """A package of AOTInductor, with weights folded into the code."""
    options = {"freezing": True, "aot_inductor.use_runtime_constant_folding": True}
    path = torch._inductor.aoti_compile_and_package(
        program(network, x.shape[0]), inductor_configs=options
    )
    compiled = torch._inductor.aoti_load_package(path)
    return lambda: compiled(x)
