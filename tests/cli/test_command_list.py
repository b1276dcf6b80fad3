"""`archdsl --help` lists every command without importing it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module

import pytest

from archdsl.cli.main import COMMANDS, summary
from cli.commands import environment


@pytest.mark.parametrize("name", COMMANDS)
def test_summaries_are_the_first_lines_of_docstrings(name: str) -> None:
    command = getattr(import_module(f"archdsl.cli.{COMMANDS[name]}"), name)
    assert summary(name) == (inspect.getdoc(command) or "").partition("\n")[0] != ""


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_the_list_imports_no_command(words: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['archdsl', *sys.argv[1:]]\n"
        "from archdsl.cli.main import run\n"
        "run()\n"
        "print('pydantic' in sys.modules, 'archdsl.cli.show' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert all(name in ran.stdout + ran.stderr for name in COMMANDS)
    assert ran.stdout.endswith("False False\n")
