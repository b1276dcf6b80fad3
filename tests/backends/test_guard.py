"""The last check before a file is written refuses whatever archdsl does not print."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from archdsl.api import check_text, load, lower
from archdsl.backends.pytorch.guard import GuardError, check
from archdsl.backends.pytorch.naming import camel
from archdsl.cli.manifest import Entry, read_manifest
from archdsl.codegen.program import Program, program
from backends.networks import REPRESENTATIVES
from strategies import Case, specs

ENTRIES = read_manifest(Path(__file__).parent.parent.parent / "compiled" / "manifest.yaml")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file.stem)
def test_accepts_what_is_shipped(entry: Entry) -> None:
    spec = load(entry.spec, entry.settings)
    decided = program(lower(spec), entry.class_name or camel(spec.name))
    check(entry.file.read_text(encoding="ascii"), decided)


@given(specs())
def test_accepts_whatever_is_emitted(case: Case) -> None:
    checked = check_text(case.text, case.settings)
    check(checked.emit(), program(checked.graph, camel(checked.spec.name)))


@pytest.fixture(scope="module")
def sound() -> tuple[str, Program]:
    """A file that passes, and what it was printed from."""
    checked = check_text(REPRESENTATIVES["concat exponential"])
    text = checked.emit()
    decided = program(checked.graph, camel(checked.spec.name))
    check(text, decided)
    return text, decided


TOP = [
    "import os",
    "import torch.os",
    "import torch as functional",
    "from os import path",
    "from torch import load",
    "from torch import *",
    "print('hello')",
    "torch.empty(1)",
    "SPEC = open('/etc/passwd')",
    "SPEC = [x for x in ()]",
    "SPEC: int = torch.empty(1)",
    "if True: pass",
    "for x in (): pass",
    "while False: pass",
    "try:\n    pass\nfinally:\n    pass",
    "with torch: pass",
    "def f(x=open('/etc/passwd')): return x",
    "def f():\n    yield 1",
    "async def f(): return 1",
    "class A:\n    open('/etc/passwd')",
    "class A(nn.Module):\n    x = __import__('os')",
    "@eval\ndef f(): return 1",
    "x = y = exec",
    "assert True",
    "raise ValueError",
    "global x",
    "del SPEC",
    "caf\u00e9 = 1",
    "# caf\u00e9",
]


@pytest.mark.parametrize("inserted", TOP)
def test_refuses_at_the_top(sound: tuple[str, Program], inserted: str) -> None:
    text, decided = sound
    broken = text.replace("\n\nclass ", f"\n\n{inserted}\n\n\nclass ", 1)
    assert inserted in broken
    with pytest.raises(GuardError):
        check(broken, decided)
    with pytest.raises(GuardError):
        check(f"{text}{inserted}\n", decided)


INSIDE = [
    "import os",
    "from torch import load",
    "eval('1')",
    "x = exec('1')",
    "x = open('/etc/passwd')",
    "x = __import__('os')",
    "x = x.__class__",
    "x = self.__dict__",
    "x = [].__class__.__mro__",
    "__x = 1",
    "def __del__(self): return 1",
    "x = getattr(x, 'a')",
    "setattr(x, 'a', 1)",
    "x = globals()",
    "x = vars()",
    "x = type(x)",
    "x = compile('1', '', 'eval')",
    "x = torch.load('weights')",
    "x = torch.ops.aten.relu(x)",
    "x = torch.hub",
    "x = nn.Sequential(x)",
    "x = nn.modules",
    "x = lambda: 1",
    "x = (y := 1)",
    "x = f'{x}'",
    "x = yield x",
    "x = await x",
    "x = {y: y for y in x}",
    "assert x",
    "raise x",
    "with x: return x",
    "try:\n            return x\n        finally:\n            return x",
    "global x",
    "nonlocal x",
    "del x",
    "match x:\n            case _:\n                return x",
]


@pytest.mark.parametrize("inserted", INSIDE)
def test_refuses_inside_a_method(sound: tuple[str, Program], inserted: str) -> None:
    text, decided = sound
    before = "def forward(self, x: Tensor) -> Tensor:\n"
    broken = text.replace(before, f"{before}        {inserted}\n", 1)
    assert inserted in broken
    with pytest.raises(GuardError):
        check(broken, decided)


def test_refuses_a_helper_that_was_changed(sound: tuple[str, Program]) -> None:
    """Pasted functions are trusted as they stand, and no others."""
    text, decided = sound
    before = "    sources = []\n    offset = 1\n"
    assert before in text
    with pytest.raises(GuardError):
        check(text.replace(before, f"{before}    open('/etc/passwd')\n"), decided)


def test_refuses_a_carriage_return(sound: tuple[str, Program]) -> None:
    """It ends a line for Python, so lines that are compared would be others than those parsed."""
    text, decided = sound
    with pytest.raises(GuardError, match="carriage return"):
        check(f"# \r{text}", decided)


def test_refuses_torch_through_its_functions(sound: tuple[str, Program]) -> None:
    text, decided = sound
    before = "def forward(self, x: Tensor) -> Tensor:\n"
    for inserted in ("functional.torch.load('weights')", "Tensor.torch.load('weights')"):
        with pytest.raises(GuardError):
            check(text.replace(before, f"{before}        {inserted}\n", 1), decided)
