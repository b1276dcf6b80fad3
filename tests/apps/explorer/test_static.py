"""A page without a server holds every combination, and nothing that a spec says can run in it."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from archdsl.apps.explorer.look import look
from archdsl.apps.explorer.page import html
from archdsl.apps.explorer.static import static
from archdsl.errors import ArchdslError, Source
from cli.commands import SMALL, SPECS

pytest.importorskip("pygraphviz", reason="Graphviz is not installed")

TEXT = (SPECS / "sparsenet-bc-cifar.yaml").read_text("utf-8")


def data(page: str) -> Any:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', page)
    return json.loads(text)


def test_every_combination_is_in_the_page_in_order() -> None:
    varied = {"base": ["2", "3"], "depth": ["22", "40"]}
    page = data(static(Source("spec", TEXT), {"growth": "8"}, varied))
    assert page["varied"] == varied
    expected = [
        look(TEXT, {"growth": "8", "base": base, "depth": depth}).as_dict()
        for base in varied["base"]
        for depth in varied["depth"]
    ]
    assert page["looks"] == json.loads(json.dumps(expected))


def test_text_of_a_spec_cannot_end_the_script_that_holds_it() -> None:
    hostile = SMALL + "# </script><script>alert(1)</script><!--\n"
    page = static(Source("spec", hostile), {}, {})
    assert page.count("<script") == 2
    assert data(page)["text"] == hostile


def test_the_policy_allows_the_script_of_the_page_alone() -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html({"text": ""}))
    assert "default-src 'none'" in unescape(policy)
    assert not re.search("unsafe|https?:", unescape(policy))


def test_too_many_combinations_are_refused_before_work_is_done() -> None:
    many = {"base": [str(number) for number in range(2, 70)]}
    with pytest.raises(ArchdslError) as error:
        static(Source("spec", TEXT), {}, many)
    assert error.value.diagnostics[0].code == "A305"


def test_an_error_of_a_combination_is_an_error_of_the_page() -> None:
    with pytest.raises(ArchdslError):
        static(Source("spec", TEXT), {}, {"base": ["2", "1"]})
