"""Files of safetensors, as its specification has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from archdsl.apps.checkpoint import SUFFIXES
from archdsl.apps.checkpoint.reading import load
from archdsl.apps.checkpoint.safetensors import DTYPES, parse, write
from archdsl.apps.checkpoint.writing import serialise
from archdsl.errors import ArchdslError

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
DATA = b"\0\0\x80\x3f\0\0\0\x40"  # 1.0 and 2.0


def file(header: object, data: bytes = DATA) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def test_a_file_by_hand() -> None:
    tensors = parse(file({"a": ONE, "__metadata__": {"format": "pt"}}))
    assert {name: value.tolist() for name, value in tensors.items()} == {"a": [1.0, 2.0]}


@pytest.mark.parametrize("dtype", DTYPES.values())
def test_every_dtype_returns(dtype: torch.dtype) -> None:
    value = (torch.arange(6).reshape(2, 3) % 2).to(dtype)
    state = {"a": value, "empty": value[:0], "scalar": value[0, 1].clone(), "turned": value.T}
    state["after"] = torch.ones(3, dtype=torch.float64)
    assert list(parse(write(state))) == list(state)
    for name, back in parse(write(state)).items():
        assert (back.dtype, back.shape) == (state[name].dtype, state[name].shape)
        assert back.tolist() == state[name].tolist()


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


def test_the_format_of_its_authors(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    state = {"a": torch.rand(3, 5), "b": torch.tensor(7), "c": torch.ones(3, dtype=torch.bool)}
    state["d"] = torch.rand(2, 2).to(torch.bfloat16)
    theirs, ours = library.load(write(state)), parse(library.save(state))
    for name, value in state.items():
        assert torch.equal(theirs[name], value)
        assert torch.equal(ours[name], value)
