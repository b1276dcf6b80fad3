"""What a format of exported files is. None of these modules imports torch until it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Files = Mapping[str, bytes]
"""The contents of the files of a format, by their suffixes without the dot."""

Runs = Callable[[Any], Any]
"""A function from a batch of inputs to the outputs, both tensors of float32."""

INPUT, OUTPUT = "input", "output"
"""Names of the input and the output in exported files."""


@dataclass(frozen=True)
class Format:
    """A format of exported files.

    Attributes:
        suffix: of the file that the user names, without the dot.
        title: what reports call it, such as `ONNX, opset 18`.
        packages: what writing and checking need; the first one runs the file in the check.
        write: turns a program of `torch.export` with the shape of its input, without the batch,
            into files.
        open: returns a function that runs files, which lie next to the given one; raises an
            exception if they are not valid.
        companions: suffixes of other files that `write` returns.
    """

    suffix: str
    title: str
    packages: tuple[str, ...]
    write: Callable[[Any, tuple[int, ...]], Files]
    open: Callable[[Path], Runs]
    companions: tuple[str, ...] = ()
