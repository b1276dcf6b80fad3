"""The examples of docs/extending.md work as they stand, and what they emit equals the oracle."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import archdsl
from archdsl.analysis.shapes import shapes
from archdsl.language.rule import Rule

PAGE = (Path(__file__).parent.parent / "docs" / "extending.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(?:yaml|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = re.compile(r'(?:# |""")(\w+\.(?:yaml|py))')
WORDS = ("dividing", "inverted", "maximum", "nearest", "weighted", "group")


def files() -> dict[str, str]:
    """The examples by the names that their first lines give them."""
    found = {}
    for text in FENCE.findall(PAGE):
        name = NAME.match(text)
        assert name, text
        found[name[1]] = text
    return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with all files of the page, whose modules can be imported."""
    pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    yield tmp_path
    for name in files():
        sys.modules.pop(name.removesuffix(".py"), None)


def run(name: str) -> ModuleType:
    """Import an example, which runs it."""
    importlib.invalidate_caches()
    return importlib.import_module(name)


def test_page_has_these_files() -> None:
    pairs = {f"{word}.{kind}" for word in WORDS for kind in ("yaml", "py")}
    assert files().keys() == pairs | {"against_oracle.py"}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.usefixtures("desk")
def test_emitted_file_equals_the_oracle(word: str) -> None:
    from archdsl.oracle.comparison import compare, load_module, network_class

    module = run(word)
    network = network_class(load_module(module.text))()
    assert type(module.network).__name__ == type(network).__name__
    assert compare(network, archdsl.lower(module.spec)).worst < 1e-9


@pytest.mark.usefixtures("desk")
def test_comparison_on_the_page_holds() -> None:
    assert run("against_oracle").found.tensors > 0


@pytest.mark.usefixtures("desk")
def test_rule_reads_what_hardnet_does_and_counts_it() -> None:
    module = run("dividing")
    rule: Rule = module.Dividing(rule="dividing")
    assert [list(rule.reads(layer)) for layer in range(1, 9)] == [
        [0], [1, 0], [2], [3, 2, 0], [4], [5, 4], [6], [7, 6, 4, 0],
    ]  # fmt: skip
    for layers in range(1, 200):
        assert rule.links(layers) == sum(len(rule.reads(n + 1)) for n in range(layers))
        assert rule.links(layers) <= rule.bound(layers)
    assert module.report.links == rule.links(8) + rule.links(16)
    assert module.report.links_bound == rule.bound(8) + rule.bound(16)


@pytest.mark.usefixtures("desk")
def test_associative_aggregation_runs_where_all_is_read(desk: Path) -> None:
    module = run("maximum")
    spec = (desk / "maximum.yaml").read_text(encoding="utf-8")
    (desk / "running.yaml").write_text(spec.replace("{rule: exponential, base: 2}", "full"))
    text = archdsl.emit(archdsl.load("running.yaml", extend=[module.Maximum]))
    assert "return maximum([outputs[source] for source in reads])" in module.text
    assert "x = maximum([x, layer(x)])" in text


@pytest.mark.usefixtures("desk")
def test_aggregation_has_a_width_and_numbers() -> None:
    module = run("nearest")
    assert "nearest_and_rest([outputs[source] for source in reads], 0.5)" in module.text
    assert shapes(archdsl.lower(module.spec))["stages.0.exit"] == (16, 16, 16)
    assert "incoming = [8, 16, 16, 16, 16, 16]" in module.text


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("return 2 * layers", "A204"),
        ("return layers", "A205"),
        ('Literal["full"]', "A120"),
        ("sources.append(layer - offset + 1)", "A203"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_rule_that_is_wrong_is_refused(desk: Path, wrong: str, code: str) -> None:
    right = {
        "A204": "return 2 * layers - layers.bit_count()",
        "A205": "return 2 * layers\n",
        "A120": 'Literal["dividing"]',
        "A203": "sources.append(layer - offset)",
    }[code]
    text = files()["dividing.py"]
    assert text.count(right) == 1
    changed = text.replace(right, wrong + "\n" * right.endswith("\n"))
    (desk / "dividing.py").write_text(changed, encoding="utf-8")
    with pytest.raises(archdsl.ArchdslError) as caught:
        run("dividing")
    assert {finding.code for finding in caught.value.diagnostics} == {code}
