"""The text of functions as emitted files carry it: docstrings end before their sections."""

from __future__ import annotations

import ast

import pytest

from archdsl.backends.pytorch.pasted import FUSE, runtime_class, runtime_source
from archdsl.language.rules.window import window
from archdsl.language.source import SECTIONS, plain_source, without_sections

DESCRIBED = '''
class Half:
    """A class.

    More words.

    Args:
        nothing: but this.
    """

    def half(self, x):
        """Return x / 2.

        Args:
            x: a number.

        Returns:
            Its half."""
        return x / 2  # Args:
'''

SHORT = '''
class Half:
    """A class.

    More words.
    """

    def half(self, x):
        """Return x / 2."""
        return x / 2  # Args:
'''


def test_sections_are_left_out() -> None:
    assert without_sections(DESCRIBED) == SHORT
    assert without_sections(SHORT) == SHORT


@pytest.mark.parametrize("quotes", ["'''", '"""'])
def test_other_layouts_stay_valid(quotes: str) -> None:
    docstring = f"r{quotes}\n    Sum.\n    Args:\n        x: {{}}\n    {quotes}"
    text = f"def f(x):\n    {docstring}\n    return x\n"
    short = without_sections(text)
    assert ast.get_docstring(ast.parse(short).body[0]) == "Sum."  # type: ignore[arg-type]
    assert short.endswith(f"Sum.\n    {quotes}\n    return x\n")


def test_a_string_that_is_no_docstring_is_kept() -> None:
    text = 'def f():\n    return """\n    Args:\n    """\n'
    assert without_sections(text) == text


def test_a_rule_is_short_in_a_file_and_described_in_the_package() -> None:
    assert "Args:" in (window.__doc__ or "")
    source = plain_source(window)
    assert source is not None
    assert '"""The outputs that a layer reads: the `last` newest, nearest first."""\n' in source


def test_no_pasted_class_has_sections() -> None:
    names = [item.name for item in runtime_source(["FusedRecorder", "fused_freeze"])]
    assert len(names) > 10
    assert len(FUSE) > 10
    texts = [item.text for item in runtime_source(names)] + [runtime_class("drop_path")]
    lines = {line.strip() for text in texts for line in text.split("\n")}
    assert not lines & SECTIONS
