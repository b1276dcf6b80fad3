"""The page in a real browser: it renders, sorts, highlights, and is legible everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archdsl.api import check, load
from archdsl.apps.compare.model import Comparison, compare
from archdsl.apps.report import html
from browsers import opened, started
from cli.commands import SPECS

NAMES = ("densenet-cifar", "sparsenet-cifar", "resnet-preact-cifar", "sparsenet-bc-cifar")
CONTRAST = """
(selector) => {
  const numbers = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (text) => {
    const [r, g, b] = numbers(text).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const element = document.querySelector(selector);
  const style = getComputedStyle(element);
  const ink = style[element.namespaceURI.endsWith("svg") ? "fill" : "color"];
  const [a, b] = [light(ink), light(getComputedStyle(document.body).backgroundColor)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
"""
TEXTS = ("h1", "p", "figcaption", "td", ".notes li", ".reads", ".feeds", ".topology .node text")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare((name, check(load(SPECS / f"{name}.yaml"))) for name in NAMES)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def address(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html(comparison), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page at a desk; whatever it fetches or complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    with opened(context, address) as shown:
        yield shown


def test_it_renders(page: Any) -> None:
    assert page.locator("tbody tr").count() == len(NAMES)
    assert page.locator(".topology svg").count() == len(NAMES)
    for place in range(len(NAMES)):
        box = page.locator(".topology svg").nth(place).bounding_box()
        assert box["width"] > 300
        assert box["height"] > 40
    assert page.locator(".plot svg").count() == 2


def test_tables_sort_by_number(page: Any, comparison: Comparison) -> None:
    head = page.locator("thead th", has_text="parameters").first
    counts = {row.label: row.report.parameters for row in comparison.rows}
    rising = sorted(counts, key=lambda label: counts[label])
    assert rising != list(counts)  # or nothing would be shown
    for wanted, state in ((rising, "ascending"), (rising[::-1], "descending")):
        head.locator("button").click()
        assert page.locator("tbody th").all_inner_texts() == wanted
        assert head.get_attribute("aria-sort") == state


def test_tables_sort_by_text_and_by_keyboard(page: Any) -> None:
    button = page.locator("thead button").first
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("tbody th").all_inner_texts() == sorted(NAMES)


def test_what_is_not_known_comes_last(page: Any) -> None:
    button = page.locator("thead th", has_text="C100+ error").locator("button")
    for _ in range(2):
        button.click()
        known = [text != "" for text in page.locator("tbody td:last-child").all_inner_texts()]
        assert known == sorted(known, reverse=True)


@pytest.mark.parametrize("place", range(len(NAMES)))
@pytest.mark.parametrize("layer", [1, 6, 8])
def test_hovering_a_layer_highlights_its_links(
    page: Any, comparison: Comparison, place: int, layer: int
) -> None:
    graph = comparison.rows[place].graph
    stage = graph.stages[len(graph.stages) // 2]
    figure = page.locator(".topology").nth(place)
    node = figure.locator(".node", has_text=f"F{layer}").first
    node.hover()

    def titles(selector: str) -> set[str]:
        found = figure.locator(f"{selector} > title").all_text_contents()
        return {title.replace(f"n{place}.", "") for title in found}

    shown = stage.depth if stage.depth <= 24 else 16
    reads = set(stage.sources(layer))
    feeds = {reader for reader in range(1, shown + 1) if layer in stage.sources(reader)}
    assert titles(".edge.into") == {f"{source}->{layer}" for source in reads}
    assert titles(".edge.out") == {f"{layer}->{reader}" for reader in feeds}
    assert titles(".node.read") == {str(source) for source in reads}
    assert figure.locator("output").inner_text().startswith(f"F{layer} reads F{max(reads)}")
    page.mouse.move(2, 2)
    assert figure.locator(".into, .out, .read, .fed, .chosen").count() == 0
    assert figure.locator("output").inner_text() == ""


def test_layers_are_reached_by_keyboard(page: Any) -> None:
    figure = page.locator(".topology").first
    figure.locator(".node").nth(3).focus()
    assert figure.locator("output").inner_text().startswith("F3 reads F2")


@pytest.mark.parametrize("width", [320, 360, 768])
def test_a_phone_needs_no_sideways_scrolling(browser: Any, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 740}, has_touch=True)
    with opened(context, address) as shown:
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        shown.locator(".topology .node").nth(2).tap()
        assert shown.locator(".topology output").first.inner_text().startswith("F2 reads F1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible_in_light_and_dark(browser: Any, address: str, scheme: str) -> None:
    """Contrast 4.5, as WCAG 2 asks of text."""
    with opened(browser.new_context(color_scheme=scheme), address) as shown:
        for selector in TEXTS:
            assert shown.evaluate(CONTRAST, selector) >= 4.5, selector


def test_print_is_black_on_white_whatever_the_scheme(browser: Any, address: str) -> None:
    with opened(browser.new_context(color_scheme="dark"), address) as shown:
        shown.emulate_media(media="print")
        for selector in TEXTS:
            assert shown.evaluate(CONTRAST, selector) >= 4.5, selector
        body = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        assert body == "rgb(255, 255, 255)"
        shown.set_viewport_size({"width": 1046, "height": 720})  # A4, landscape
        assert shown.evaluate("document.querySelector('table').scrollWidth") <= 1046
