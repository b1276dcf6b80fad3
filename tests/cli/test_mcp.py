"""`archdsl mcp`, asked by the client of the protocol's own SDK over stdin and stdout."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from archdsl.codes import TITLES
from cli.commands import ROOT, SMALL, archdsl

pytest.importorskip("mcp", reason="the SDK of the Model Context Protocol is not installed")

import anyio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

READING = {"networks", "read", "check", "show", "compile", "explain", "draw"}


def serve(folder: Path, calls: list[tuple[str, dict[str, Any]]], *options: str) -> list[Any]:
    """Start the server, and return the list of its tools and the result of each call."""

    async def ask() -> list[Any]:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "archdsl", "mcp", "--root", str(folder), *options],
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        )
        async with Client(stdio_client(server)) as client:
            results: list[Any] = [(await client.list_tools()).tools]
            return results + [await client.call_tool(name, given) for name, given in calls]

    return anyio.run(ask)


def texts(results: list[Any]) -> list[tuple[str, bool]]:
    """The text of each call's result, and whether it is an error."""
    return [(result.content[0].text, result.is_error) for result in results[1:]]


def test_tools_read_only_and_are_described(tmp_path: Path) -> None:
    (tools,) = serve(tmp_path, [])
    assert {tool.name for tool in tools} == READING
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert tool.description


def test_a_spec_is_checked_shown_compiled_and_explained(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SMALL, "utf-8")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("check", {"network": "net.yaml"}),
        ("show", {"network": SMALL}),
        ("compile", {"network": "sparsenet-bc-cifar", "settings": {"depth": 40}}),
        ("read", {"network": "densenet-imagenet"}),
        ("networks", {}),
        ("explain", {"code": "a105"}),
    ]
    results = texts(serve(tmp_path, calls))
    assert not any(failed for _, failed in results)
    check, show, compiled, read, networks, explained = (text for text, _ in results)
    assert check.strip() == archdsl("check", tmp_path / "net.yaml").out.strip()
    assert show.strip() == archdsl("show", tmp_path / "net.yaml").out.strip()
    spec = ROOT / "specs" / "sparsenet-bc-cifar.yaml"
    assert archdsl("compile", spec, "--set", "depth=40", "-o", tmp_path / "a.py").code == 0
    assert compiled == (tmp_path / "a.py").read_text("utf-8")
    assert read == (ROOT / "specs" / "densenet-imagenet.yaml").read_text("utf-8")
    assert networks.strip() == archdsl("list").out.strip()
    assert explained.startswith(f"# A105: {TITLES['A105']}")


def test_a_picture_is_an_image(tmp_path: Path) -> None:
    pytest.importorskip("pygraphviz", reason="Graphviz is not installed")
    _, result = serve(tmp_path, [("draw", {"network": SMALL, "view": "arc"})])
    assert result.content[0].type == "image"
    assert result.content[0].mime_type == "image/png"
    assert base64.b64decode(result.content[0].data).startswith(b"\x89PNG\r\n")


def test_errors_are_what_the_command_line_says(tmp_path: Path) -> None:
    wrong = SMALL.replace("connect: full", "connect: ful")
    (tmp_path / "wrong.yaml").write_text(wrong, "utf-8")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("check", {"network": wrong}),
        ("check", {"network": "missing.yaml"}),
        ("explain", {"code": "A999"}),
        ("show", {"network": SMALL.replace("layers: 4", "layers: 400000000")}),
    ]
    results = texts(serve(tmp_path, calls))
    assert all(failed for _, failed in results)
    typo, missing, unknown, large = (text for text, _ in results)
    assert "error[A105]" in typo
    assert "did you mean `full`?" in typo
    assert "error[A401]" in missing
    assert "error[A414]" in unknown
    assert "error[A3" in large


def test_paths_stay_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "net.yaml").write_text(SMALL, "utf-8")
    (folder / "link.yaml").symlink_to(tmp_path / "net.yaml")
    paths = ["../net.yaml", str(tmp_path / "net.yaml"), "link.yaml"]
    calls: list[tuple[str, dict[str, Any]]] = [("read", {"network": path}) for path in paths]
    save = {"path": "../out.py", "network": SMALL}
    results = texts(serve(folder, [*calls, ("save", save)], "--write"))
    assert all(failed and "is outside of" in text for text, failed in results)
    assert not (tmp_path / "out.py").exists()


def test_files_are_written_only_where_that_is_allowed(tmp_path: Path) -> None:
    save: dict[str, Any] = {"path": "net.py", "network": SMALL}
    (text, failed), *_ = texts(serve(tmp_path, [("save", save)]))
    assert failed
    assert "save" in text
    assert not (tmp_path / "net.py").exists()
    (tmp_path / "mine.py").write_text("x = 1\n", "utf-8")
    calls = [("save", save), ("save", save), ("save", {**save, "path": "mine.py"})]
    first, second, mine = texts(serve(tmp_path, calls, "--write"))
    assert (first, second) == (("written", False), ("unchanged", False))
    assert (tmp_path / "net.py").read_text("utf-8").startswith("# Generated by archdsl")
    assert "error[A411]" in mine[0]
    assert (tmp_path / "mine.py").read_text("utf-8") == "x = 1\n"
