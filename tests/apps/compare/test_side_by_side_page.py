"""docs/side-by-side.md shows what its commands print."""

from __future__ import annotations

import re
import shlex

import pytest

from cli.commands import ROOT, archdsl

PAGE = (ROOT / "docs" / "side-by-side.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```console\n\$ archdsl ([^\n]*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("line", "output"), SHOWN, ids=[line for line, _ in SHOWN])
def test_the_page_shows_what_is_printed(
    line: str, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    ran = archdsl(*shlex.split(line))
    assert (ran.code, ran.out, ran.err) == (0, output, "")


def test_all_three_commands_are_there() -> None:
    assert {line.split()[0] for line, _ in SHOWN} == {"compare", "diff"}
    assert "archdsl heatmap checkpoint.pt" in PAGE
