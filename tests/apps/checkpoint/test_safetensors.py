"""Files of safetensors: read, written, and diagnosed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from archdsl.apps.checkpoint import SUFFIXES
from archdsl.apps.checkpoint.reading import load
from archdsl.apps.checkpoint.writing import serialise
from archdsl.errors import ArchdslError

pytest.importorskip("safetensors", reason="safetensors is not installed")

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
DATA = b"\0\0\x80\x3f\0\0\0\x40"  # 1.0 and 2.0


def file(header: object, data: bytes = DATA) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def test_a_file_by_hand(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(file({"a": ONE, "__metadata__": {"format": "pt"}}))
    tensors = load(tmp_path / "a.safetensors")
    assert {name: value.tolist() for name, value in tensors.items()} == {"a": [1.0, 2.0]}


@pytest.mark.parametrize(
    "dtype", [torch.bool, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.float64]
)
def test_every_dtype_returns(dtype: torch.dtype, tmp_path: Path) -> None:
    value = (torch.arange(6).reshape(2, 3) % 2).to(dtype)
    state = {"a": value, "empty": value[:0], "scalar": value[0, 1].clone(), "turned": value.T}
    (tmp_path / "a.safetensors").write_bytes(serialise(state, "safetensors"))
    loaded = load(tmp_path / "a.safetensors")
    assert loaded.keys() == state.keys()
    for name, back in loaded.items():
        assert (back.dtype, back.shape) == (state[name].dtype, state[name].shape)
        assert back.tolist() == state[name].tolist()


def test_the_same_weights_give_the_same_bytes() -> None:
    state = {name: torch.ones(3) for name in "dacb"}
    assert serialise(state, "safetensors") == serialise(state, "safetensors")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff" * 8, file(b"{"), file([]), file({"a": {**ONE, "dtype": "F31"}}),
        file({"a": {**ONE, "shape": [3]}}), file({"a": {**ONE, "shape": [-1, -2]}}),
        file({"a": {**ONE, "shape": [2.0]}}), file({"a": 3}), file({"a": ONE}, DATA + b"more"),
        file({"a": ONE}, DATA[:-1]), file({"a": ONE, "b": ONE}),
        file({"a": {**ONE, "data_offsets": [4, 12]}}, b"1234" + DATA),
    ],
)  # fmt: skip
def test_bad_files_are_diagnosed(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(data)
    with pytest.raises(ArchdslError) as raised:
        load(path)
    assert raised.value.diagnostics[0].code == "A440"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_written_files_are_read_and_hold_no_more_than_their_tensors(
    suffix: str, tmp_path: Path
) -> None:
    large = torch.rand(1000, 100)
    state = {"a": large[0], "b": torch.tensor(3)}
    path = tmp_path / f"net.{suffix}"
    path.write_bytes(serialise(state, suffix))
    assert path.stat().st_size < 8_000
    back: dict[str, Any] = load(path)
    assert all(torch.equal(back[name], value) for name, value in state.items())
