"""Compiles the kernels of a stage's operator for accelerators, and prints a line for each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from archdsl.backends.pytorch.runtime.memory_efficient.kernels import stage_kernels
from runtime.compile_kernels import compiled

NUMBERS = ("mean", "variance", "scale", "shift", "sums", "of_norm", "first", "second")
COUNTS = ("rows", "tiles", "width", "channels")
CONSTANTS: dict[str, list[dict[str, Any]]] = {
    "activate": [{"NORM": True, "RELU": True}, {"NORM": False, "RELU": True}],
    "collect": [
        {"NORM": True, "RELU": True, "ADD": True, "STEPS": 16},
        {"NORM": True, "RELU": True, "ADD": False, "STEPS": 1},
        {"NORM": False, "RELU": True, "ADD": True, "STEPS": 4},
    ],
    "sum": [{}],
    "settle": [{"NORM": True}, {"NORM": False}],
}


def rows() -> Iterator[dict[str, Any]]:
    """What is compiled: each kernel, for each target and dtype, for growth 32, and 12 once."""
    for target in (80, 90):
        for dtype in ("bf16", "fp16", "fp32"):
            maps = dict.fromkeys(("x", "out", "gradient", "totals"), f"*{dtype}")
            types = {**maps, **dict.fromkeys(NUMBERS, "*fp32"), **dict.fromkeys(COUNTS, "i32")}
            for name, kernel in stage_kernels().items():
                for even, block in ((16, 32), (4, 16)) if dtype == "bf16" else ((16, 32),):
                    shape = {"EVEN": even, "BM": 2048 // block, "BK": block}
                    for constants in CONSTANTS[name]:
                        known = {**types, "table": "*i64", "eps": "fp32"}
                        result = compiled(kernel, known, {**constants, **shape}, target, 4)
                        yield {"kernel": name, "dtype": dtype, "target": target, **result}


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row))
