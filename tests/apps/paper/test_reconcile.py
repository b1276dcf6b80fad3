"""`archdsl reconcile` finds what the tables of Zhu et al. 2018 leave out, without hints."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from archdsl.apps.search.changes import Change, Start, difference, edited
from archdsl.apps.search.choices import changes
from archdsl.apps.search.counting import counted, measure
from archdsl.apps.search.outcomes import Outcome
from archdsl.apps.search.reconcile import Reconciled, reconcile
from archdsl.cli.main import run
from archdsl.cli.progress import Progress
from archdsl.errors import ArchdslError
from archdsl.frontend.dump import dump
from archdsl.frontend.load import Spec, load, parse
from archdsl.lowering.limits import Limits

SPECS = Path(__file__).parents[3] / "specs"
SMALL = """archdsl: 1
name: small
params: {growth: 8}
input: [3, 16, 16]
stem: [{conv: {width: 2 * growth}}, norm]
stages:
  - {layers: 2}
  - {layers: 3, exit: all}
each:
  unit: {kind: basic, order: pre, width: growth}
  connect: {rule: exponential, base: 2}
  aggregate: concat
between: [norm, {conv: {width: incoming, kernel: 1}}, {pool: {kernel: 2}}]
head: [{pool: {kernel: 8}}, flatten, {linear: {width: 10}}]
expect: {links: {value: 1, source: nowhere}}
"""


def spec(name: str, **settings: Any) -> Spec:
    return load(SPECS / f"{name}.yaml", settings)


def best(found: Reconciled) -> Outcome:
    return found.hits[0]


def start(network: str | Spec = SMALL, **settings: Any) -> Start:
    unset = parse(network) if isinstance(network, str) else network
    return Start.of(unset.with_settings(settings))


def kinds(outcome: Outcome) -> list[str]:
    return sorted(change.kind for change in outcome.changes)


# ---- what the paper left unsaid ------------------------------------------------------------------


@pytest.mark.parametrize("figure", ["0.76M", "0.8M"])
def test_the_sparsenet_of_growth_12_has_growth_24(figure: str) -> None:
    found = reconcile(spec("sparsenet-cifar", depth=40, growth=12), figure)
    assert best(found).settings == {"growth": 24}
    assert best(found).parameters == 757_252
    assert found.parameters == 193_924
    assert found.complete
    assert found.size == 1


def test_the_classifier_of_the_imagenet_sparsenets_sees_nine_places() -> None:
    printed = (SPECS / "sparsenet-imagenet.yaml").read_text("utf-8")
    unsaid = printed.replace("{pool: {to: 3}}", "{pool: {to: 1}}")
    assert unsaid != printed
    found = reconcile(parse(unsaid), "4.51M")
    assert best(found).parameters == 4_513_576
    assert best(found).edit == (
        "- head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: classes}}]",
        "+ head: [norm, relu, {pool: {to: 3}}, flatten, {linear: {width: classes}}]",
    )
    assert not best(found).settings


def test_densenet_264_is_another_network() -> None:
    found = reconcile(spec("densenet-imagenet", layers=[6, 12, 64, 48]), "27.21M")
    assert best(found).settings == {"layers": [6, 12, 64, 32]}
    assert best(found).parameters == 27_205_480


def test_growth_per_stage_kept_the_stem_of_growth_12() -> None:
    found = reconcile(spec("densenet-bc-cifar", growth=[32, 64, 128]), "30.5M")
    assert best(found).settings == {"stem": 24}


# ---- the search ----------------------------------------------------------------------------------


def test_what_prints_already_needs_nothing() -> None:
    found = reconcile(spec("densenet-cifar"), "7.2M")
    assert best(found).changes == ()
    assert (found.counted, found.size) == (1, 0)


def test_a_count_that_is_only_cut_is_looked_at_further() -> None:
    settings = {"depth": 40, "growth": 12}
    count = measure(spec("sparsenet-bc-cifar", **settings), "parameters", Limits())
    assert count == 129_700
    found = reconcile(spec("sparsenet-bc-cifar", **settings), "0.12M")
    assert (best(found).changes, best(found).how) == ((), "cut")
    assert found.size == 1
    assert all(outcome.parameters != count for outcome in found.hits[1:])


def test_two_changes_are_found_together() -> None:
    settings = {"depth": 10, "growth": 12}
    both = {"growth": 36, "classes": 10}
    figure = measure(spec("sparsenet-cifar", **(settings | both)), "parameters", Limits())
    found = reconcile(spec("sparsenet-cifar", **settings), str(figure))
    assert found.size == 2
    assert best(found).settings == both
    assert all(outcome.how for outcome in found.hits)


def test_changes_of_the_document_go_together_with_settings() -> None:
    text = SMALL.replace("pool: {kernel: 8}", "pool: {to: 2}").replace("exit: all", "exit: rule")
    figure = measure(parse(text, {"growth": 24}), "parameters", Limits())
    text = text.replace("to: 2", "to: 1")
    found = reconcile(parse(text, {"growth": 12}), str(figure))
    assert ["growth", "head"] in [kinds(outcome) for outcome in found.hits]


def test_nothing_that_prints_leaves_the_nearest() -> None:
    found = reconcile(spec("sparsenet-cifar", depth=10, growth=12), "123M", most=60)
    assert not found.hits
    assert found.printing == 0
    counts = [outcome.parameters for outcome in found.nearest]
    assert counts == sorted(counts, reverse=True)
    assert "growth" in found.nearest[0].settings
    assert not found.complete
    assert found.counted == 60


def test_all_sets_of_three_are_counted_if_they_are_few() -> None:
    text = SMALL.replace("stem: [{conv: {width: 2 * growth}}, norm]", "").replace("growth: 8}", "}")
    text = text.replace("width: growth", "width: 8")
    found = reconcile(parse(text), "1G")
    assert found.size == 3
    assert found.complete


def test_the_same_search_finds_the_same() -> None:
    once, again = (reconcile(parse(SMALL), "0.01M", most=150) for _ in range(2))
    assert once.hits == again.hits
    assert once.nearest == again.nearest


def test_an_interruption_keeps_what_was_found() -> None:
    def told(done: int, total: int) -> None:
        assert done <= total
        if done == 30:
            raise KeyboardInterrupt

    found = reconcile(spec("sparsenet-cifar", depth=40, growth=12), "0.76M", progress=told)
    assert found.interrupted
    assert not found.complete
    assert best(found).settings == {"growth": 24}


@pytest.mark.parametrize("figure", ["", "much", "0", "1.5"])
def test_a_figure_is_one(figure: str) -> None:
    with pytest.raises(ArchdslError) as caught:
        reconcile(parse(SMALL), figure)
    assert caught.value.diagnostics[0].code == "A106"


def test_a_spec_that_is_wrong_says_so() -> None:
    with pytest.raises(ArchdslError) as caught:
        reconcile(spec("sparsenet-cifar", depth=4), "1M")
    assert caught.value.diagnostics[0].code == "A101"


# ---- choices and changes -------------------------------------------------------------------------


def offered(start: Start) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes(start):
        found.setdefault(change.kind, []).append(change)
    return found


@pytest.mark.parametrize("name", sorted(path.stem for path in SPECS.glob("*.yaml")))
def test_every_change_says_what_it_does_and_leaves_the_spec_alone(name: str) -> None:
    source = spec(name)
    first = start(source)
    before = dump(first.root)
    for change in changes(first):
        assert change.settings or change.edits or not change.norms
        assert bool(difference(first.root, edited(first.root, [change]))) == bool(change.edits)
        assert not change.settings or change.settings.keys() <= first.values.keys()
    assert dump(first.root) == before


def test_parameters_are_set_and_other_values_edited() -> None:
    by_parameter = offered(start(spec("sparsenet-bc-cifar")))
    assert {"stem": "first(growth)"} in [change.settings for change in by_parameter["stem"]]
    assert {"classes": 10} in [change.settings for change in by_parameter["classes"]]
    written = offered(start())
    assert (("stem", 0, "conv", "width"), "first(growth)") in written["stem"][0].edits
    assert [change.edits for change in written["classes"]] == [
        ((("head", 2, "linear", "width"), 100),),
        ((("head", 2, "linear", "width"), 1000),),
    ]


def test_a_parameter_that_is_used_elsewhere_is_not_set_for_one_place() -> None:
    text = SMALL.replace("width: 2 * growth", "width: growth")
    assert all(change.edits and not change.settings for change in offered(start(text))["stem"])


def test_what_is_so_already_is_not_offered() -> None:
    said = [change.words for change in changes(start(spec("sparsenet-bc-cifar"), classes=10))]
    assert "10 classes" not in said
    assert "stem of 2k channels" not in said
    assert "head pooled to 1x1" not in said
    assert "exit: rule" not in said
    assert {"100 classes", "stem of k channels", "head pooled to 3x3", "exit: last"} <= {*said}


def test_lists_of_stages_and_of_layers_are_changed_too() -> None:
    first = start()
    found = offered(first)
    leaves = next(change for change in found["exit"] if change.words == "exit: last")
    assert [stage["exit"] for stage in edited(first.root, [leaves])["stages"]] == ["last", "last"]
    (bias,) = found["bias"]
    root = edited(first.root, [bias])
    assert root["each"]["unit"]["bias"] is True
    assert root["between"][1]["conv"]["bias"] is True
    (compression,) = found["compression"]
    assert edited(first.root, [compression])["between"][1]["conv"]["width"] == "incoming // 2"
    removed = next(change for change in found["head"] if change.words == "head without pooling")
    assert edited(first.root, [removed, *found["classes"][:1]])["head"] == [
        "flatten", {"linear": {"width": 100}},
    ]  # fmt: skip


def test_a_compression_that_is_a_parameter_is_set() -> None:
    text = SMALL.replace("growth: 8", "growth: 8, theta: 0.5")
    text = text.replace("width: incoming,", "width: floor(theta * incoming),")
    (change,) = offered(start(text))["compression"]
    assert change.settings == {"theta": 1}


def test_norms_are_left_out_of_the_count() -> None:
    found = counted(parse(SMALL), Limits())
    figure = str(found.parameters - found.norms)
    (hit,) = reconcile(parse(SMALL), figure).hits
    assert kinds(hit) == ["norms"]
    assert found.norms == 2 * (16 + 16 + 24 + 16 + 16 + 24 + 16)


def test_a_difference_names_the_key_of_a_nested_line() -> None:
    root = spec("sparsenet-cifar").document.root
    (change,) = [c for c in changes(start(spec("sparsenet-cifar"))) if c.words == "exit: all"]
    assert difference(root, edited(root, [change])) == [
        "  stages:", "-   exit: rule", "+   exit: all",
    ]  # fmt: skip


# ---- the page and the command -------------------------------------------------------------------


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["archdsl", "reconcile", *arguments])
        code = run()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


SPARSE = (str(SPECS / "sparsenet-cifar.yaml"), "--set", "depth=40", "--set", "growth=12")


def page() -> list[Any]:
    """The commands that docs/comparing.md shows, each with its output."""
    text = (SPECS.parent / "docs" / "comparing.md").read_text(encoding="utf-8")
    found = re.findall(
        r"^```console\n\$ (archdsl [^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    )
    return [pytest.param(*example, id=example[0]) for example in found]


@pytest.mark.parametrize(("line", "output"), page())
def test_the_page_shows_what_is_printed(
    line: str,
    output: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (
        (SPECS / "sparsenet-imagenet.yaml")
        .read_text("utf-8")
        .replace("{pool: {to: 3}}", "{pool: {to: 1}}")
    )
    (tmp_path / "unsaid.yaml").write_text(text)
    (tmp_path / "specs").symlink_to(SPECS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", shlex.split(line))
    run()
    assert capsys.readouterr().out == output


def test_command_prints_what_to_set(call: Any) -> None:
    code, out, err = call(*SPARSE, "--parameters", "0.76M")
    assert (code, err) == (0, "")
    assert "  757,252, rounded: growth 24\n      --set growth=24\n" in out
    assert "printing as 0.76M: 1" in out


def test_command_prints_json(call: Any) -> None:
    code, out, _ = call(*SPARSE, "--parameters", "0.76M", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["hits"][0]["settings"] == {"growth": 24}
    assert found["parameters"] == 193_924


def test_command_says_that_nothing_prints_so(call: Any, tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    code, out, err = call(str(path), "--parameters", "77M", "--max-networks", "40")
    assert (code, err) == (1, "")
    assert "no set of changes prints as this figure" in out
    assert "raise --max-networks" in out


def test_command_keeps_what_was_found_when_interrupted(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(self: Progress, text: str) -> None:
        if text.startswith("30 "):
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "show", show)
    code, out, err = call(*SPARSE, "--parameters", "0.76M")
    assert (code, err) == (130, "interrupted\n")
    assert "--set growth=24" in out
