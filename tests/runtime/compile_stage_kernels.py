"""Compiles the kernels of a stage's operator for accelerators, and prints a line for each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from archdsl.backends.pytorch.runtime.memory_efficient.kernels import stage_kernels
from runtime.compile_kernels import compiled

NUMBERS = ("mean", "variance", "scale", "shift", "sums", "of_norm", "first", "second", "parts")
COUNTS = ("rows", "tiles", "width", "channels", "pieces", "outputs", "steps")
BOTH = {"NORM": True, "RELU": True}
CONSTANTS: dict[str, list[dict[str, Any]]] = {
    "activate": [BOTH, {"NORM": False, "RELU": True}],
    "collect": [
        {**BOTH, "ADD": True, "STEPS": 16},
        {**BOTH, "ADD": False, "STEPS": 1},
        {"NORM": False, "RELU": True, "ADD": True, "STEPS": 4},
    ],
    "sum": [{}],
    "settle": [{"NORM": True}, {"NORM": False}],
}
PRODUCTS: dict[str, list[dict[str, Any]]] = {
    "convolve": [{**BOTH, "BIAS": True}],
    "collect_product": [{**BOTH, "ADD": True, "STEPS": 4}, {**BOTH, "ADD": False, "STEPS": 1}],
    "weight_gradient": [BOTH],
}


def rows() -> Iterator[dict[str, Any]]:
    """What is compiled: each kernel, for each target and dtype, for growth 32, and 12 once.

    Those that multiply are compiled for bfloat16, TF32 and float32.
    """
    for target in (80, 90):
        for dtype in ("bf16", "fp16", "fp32"):
            for even, block in ((16, 32), (4, 16)) if dtype == "bf16" else ((16, 32),):
                shape = {"EVEN": even, "BM": 2048 // block, "BK": block}
                yield from kernels(CONSTANTS, dtype, target, shape, 4)
        for dtype, precision in (("bf16", "tf32"), ("fp32", "tf32"), ("fp32", "ieee")):
            yield from products(dtype, target, precision)


def products(dtype: str, target: int, precision: str) -> Iterator[dict[str, Any]]:
    """The kernels that multiply, with the largest tiles of a dtype."""
    most = 64 if dtype == "fp32" else 128
    shape = {"EVEN": 16, "BK": 64, "PRECISION": precision, "WIDE": False}
    for name, (high, wide) in {
        "convolve": (most, most),
        "collect_product": (most, most // 2),
        "weight_gradient": (most // 2, most),
    }.items():
        tile = {**shape, "BM": high, "BN": wide}
        yield from kernels({name: PRODUCTS[name]}, dtype, target, tile, 8)


def kernels(
    constants: dict[str, list[dict[str, Any]]], dtype: str, target: int, shape: dict[str, Any],
    warps: int,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Some kernels, of one shape of tiles."""
    tensors = ("x", "out", "gradient", "totals", "weight", "bias")
    maps = dict.fromkeys(tensors, f"*{dtype}")
    types = {**maps, **dict.fromkeys(NUMBERS, "*fp32"), **dict.fromkeys(COUNTS, "i32")}
    known = {**types, "table": "*i64", "eps": "fp32"}
    for name, choices in constants.items():
        for choice in choices:
            made = compiled(
                stage_kernels()[name], known, {**choice, **shape}, target, warps, {"outputs"}
            )
            precision = shape.get("PRECISION", "")
            row = {"kernel": name, "dtype": dtype, "target": target, "precision": precision}
            yield {**row, **made}


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row))
