"""Compiles the kernels for accelerators that need not be there, and prints a line for each."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from archdsl.backends.pytorch.runtime.fuse.kernels import fused_kernels

KINDS = {"bf16": "bf16", "fp16": "fp16", "tf32": "fp32"}
NUMBERS = dict.fromkeys(("scale", "shift", "out_scale", "out_shift"), "*fp32")
COUNTS = dict.fromkeys(("rows", "channels", "width", "pieces"), "i32")


def rows() -> Iterator[dict[str, Any]]:
    """What is compiled: each kernel, of each kind of numbers, for each target."""
    gather, gemm = fused_kernels()
    for target in (80, 90):
        for precision, kind in KINDS.items():
            gathered: dict[str, Any] = {"RELU": True, "EVEN": 16, "FULL": True, "BM": 128, "BK": 32}
            multiplied = {**gathered, "PRECISION": precision, "WIDE": False, "BN": 128}
            for name, kernel, constants in (
                ("gemm", gemm, multiplied), ("gather", gather, gathered)
            ):  # fmt: skip
                if kind != "fp32" and name == "gemm":
                    constants["PRECISION"] = "ieee"
                maps = dict.fromkeys(("x", "out", "weight"), f"*{kind}")
                types = {**maps, "table": "*i64", **NUMBERS, **COUNTS}
                made = compiled(kernel, types, constants, target, 8, {"width", "channels"})
                yield {"kernel": name, "precision": precision, "target": target, **made}


def compiled(
    kernel: Any, types: dict[str, str], constants: dict[str, Any], target: int, warps: int,
    even: Collection[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """The size of the machine code, how it multiplies, whether it reads numbers one by one, and
    the bytes of memory that a program's threads share.

    Args:
        kernel: the kernel.
        types: types of arguments by name, in Triton's words.
        constants: what it is compiled for.
        target: the compute capability, times ten.
        warps: warps per program.
        even: the counts that are multiples of 16; Triton sees that by itself, and that memory
            begins at 16 bytes.
    """
    types = {**types, **dict.fromkeys(constants, "constexpr")}
    signature = {name: types[name] for name in kernel.arg_names}
    aligned = {name for name in types if types[name].startswith("*")} | set(even)
    indices = [i for i, name in enumerate(signature) if name in aligned]
    source = ASTSource(kernel, signature, constants, hints(indices))
    options = {"num_warps": warps, "enable_fp_fusion": True}
    made = triton.compile(source, target=GPUTarget("cuda", target, 32), options=options)
    words = re.findall(r"wgmma\.mma_async|mma\.sync", made.asm["ptx"])
    single = re.findall(r"ld\.global\.b16|cp\.async\.\S+ \[.*\], 0x2,", made.asm["ptx"])
    return {
        "single_reads": len(single),
        "bytes": len(made.asm["cubin"]),
        "multiplies": words[0].removesuffix(".mma_async") if words else "",
        "shared": made.metadata.shared,
    }


def hints(indices: list[int]) -> Any:
    """What says that these arguments are multiples of 16."""
    try:
        from triton.backends.compiler import AttrsDescriptor
    except ImportError:
        return {(i,): [["tt.divisibility", 16]] for i in indices}
    return AttrsDescriptor.from_hints(dict.fromkeys(indices, 16))  # Triton 3.2, that of torch 2.6


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row))
