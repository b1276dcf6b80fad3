"""The JSON schema in the YAML language server, with which VS Code and other editors read specs.

`npm install yaml-language-server vscode-languageserver-textdocument`, and `NODE_PATH` set to their
folder, let these tests run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from archdsl.frontend.json_schema import json_schema
from cli.commands import SMALL, SPECS

SCRIPT = Path(__file__).with_name("language_server.js")
WRONG = SMALL.replace("connect:", "conect:")


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the server says of a small spec, of one with a mistake, and of all that ship."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    probe = "require('yaml-language-server'); require('vscode-languageserver-textdocument')"
    if subprocess.run([node, "-e", probe], capture_output=True, check=False).returncode:
        pytest.skip("yaml-language-server is not installed")
    folder = tmp_path_factory.mktemp("server")
    (folder / "schema.json").write_text(json.dumps(json_schema()), "utf-8")
    (folder / "small.yaml").write_text(SMALL, "utf-8")
    (folder / "wrong.yaml").write_text(WRONG, "utf-8")
    specs = [folder / "small.yaml", folder / "wrong.yaml", *sorted(SPECS.glob("*.yaml"))]
    return json.loads(
        subprocess.check_output([node, SCRIPT, folder / "schema.json", *specs], text=True)
    )


def test_specs_that_ship_have_no_findings(answer: Any) -> None:
    small, _, *shipped = answer["findings"]
    assert small == []
    assert len(shipped) == len(list(SPECS.glob("*.yaml")))
    assert not any(shipped)


def test_a_misspelt_key_is_a_finding_on_its_line(answer: Any) -> None:
    assert answer["findings"][1] == ["8: Property conect is not allowed."]


def test_keys_show_their_descriptions(answer: Any) -> None:
    assert set(answer["hovers"]) >= {"stages", "unit", "connect", "aggregate"}
    assert "which earlier outputs a layer reads" in answer["hovers"]["connect"]
    assert all(answer["hovers"].values())


def test_words_are_completed(answer: Any) -> None:
    assert {"sum", "concat", "mean", "attention", "weighted"} <= set(answer["completions"])
