"""The page in a real browser: it follows what is typed, with a server and without."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browsers import opened, started
from cli.commands import ROOT, SPECS, archdsl

pytest.importorskip("uvicorn", reason="uvicorn is not installed")
pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("pygraphviz", reason="Graphviz is not installed")

SPEC = SPECS / "sparsenet-bc-cifar.yaml"
PARAMETERS = "tr:has(th:text-is('parameters')) td"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    run = [sys.executable, "-m", "archdsl", "serve", str(SPEC), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        (place,) = re.findall(r"http://\S+/", server.stdout.readline())
        yield place
        server.terminate()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    with opened(browser.new_context(viewport={"width": 1300, "height": 900}), address) as shown:
        shown.set_default_timeout(20_000)
        yield shown


def test_picture_counts_and_code_follow_a_setting(page: Any) -> None:
    page.wait_for_selector(f"{PARAMETERS}:text-is('1,461,124')")
    page.fill("#settings input[name=depth]", "40")
    page.wait_for_selector(f"{PARAMETERS}:text-is('503,812')")
    assert "503,812 parameters" in page.inner_text("#code")
    assert page.get_attribute("#picture", "src").startswith("data:image/svg+xml")
    assert page.evaluate("document.getElementById('picture').naturalWidth") > 100


def test_an_error_names_its_line_and_selects_its_place(page: Any) -> None:
    page.wait_for_selector(PARAMETERS)
    page.fill("#text", page.input_value("#text").replace("rule: exponential", "rule: exponental"))
    page.wait_for_selector("#diagnostics .error")
    assert "did you mean `exponential`?" in page.inner_text("#diagnostics")
    assert "stale" in page.get_attribute("#counts", "class")
    page.click("#diagnostics button")
    selected = "(() => { const t = document.getElementById('text');"
    selected += " return t.value.slice(t.selectionStart, t.selectionEnd); })()"
    assert page.evaluate(selected) == "exponental"


def test_settings_follow_the_parameters_of_the_spec(page: Any) -> None:
    page.wait_for_selector("#settings input[name=depth]")
    page.fill("#settings input[name=growth]", "12")
    page.fill("#text", page.input_value("#text").replace("  dropout: 0", "  dropout: 0\n  more: 1"))
    page.wait_for_selector("#settings input[name=more]")
    assert page.input_value("#settings input[name=growth]") == "12"
    assert page.get_attribute("#settings input[name=more]", "placeholder") == "1"


def test_text_of_a_spec_is_shown_and_never_run(page: Any) -> None:
    page.wait_for_selector(PARAMETERS)
    hostile = page.input_value("#text").replace(
        "description: SparseNet", "description: <img src=x onerror=alert(1)> SparseNet"
    )
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.fill("#text", hostile.replace("connect:", "conect:"))
    page.wait_for_selector("#diagnostics .error")
    page.fill("#text", hostile)
    page.wait_for_selector("#code:has-text('onerror')")


def test_sliders_choose_among_the_looks_of_a_page_without_a_server(
    browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    varied = ("--vary", "base=2,4", "--vary", "depth=40,100")
    assert archdsl("serve", SPEC, "--static", path, *varied).code == 0
    with opened(browser.new_context(color_scheme="dark"), path.as_uri()) as page:
        assert page.inner_text(PARAMETERS) == "503,812"
        page.fill("input[name=depth]", "1")
        assert page.inner_text(PARAMETERS) == "1,461,124"
        page.fill("input[name=base]", "1")
        assert page.inner_text("#settings label:has(input[name=base]) output") == "4"
        assert page.inner_text(PARAMETERS) != "1,461,124"
        assert page.get_attribute("#text", "readonly") is not None
