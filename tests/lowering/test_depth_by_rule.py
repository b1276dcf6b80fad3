"""A block takes the number of its parts from its rule, as a stage does its number of layers."""

from __future__ import annotations

from typing import Literal

import pytest

import archdsl
from archdsl.api import check_text
from archdsl.errors import ArchdslError
from backends.networks import assert_equals_oracle, of_checked

RULES = {
    "{rule: random, model: ws, k: 2, nodes: 5, seed: 1}": 5,
    "{rule: random, model: er, p: 0.5, nodes: nodes, seed: [1, 2]}": 4,
    "{rule: random, model: ba, m: 2, nodes: 4, seed: 1}": 4,
    "{rule: fractal, columns: 3}": 7,
}


def spec(rule: str, layers: str = "", unit: str = "unit: [{conv: 4}], ") -> str:
    """Two stages whose unit is a block with this rule."""
    block = f"{{{layers}{unit}connect: {rule}, aggregate: mean}}"
    return f"""archdsl: 2
name: net
params: {{nodes: 4}}
input: [3, 8, 8]
stem: [{{conv: 4}}]
stages:
  count: 2
  layers: 2
  unit:
    - block: {block}
  connect: full
  aggregate: sum
"""


def refused(text: str) -> tuple[str, int | None]:
    """The code with which a spec is refused, and its line."""
    with pytest.raises(ArchdslError) as caught:
        check_text(text)
    finding = caught.value.diagnostics[0]
    return finding.code, finding.span.line if finding.span else None


@pytest.mark.parametrize("rule", RULES)
def test_a_block_has_as_many_parts_as_its_rule_says(rule: str) -> None:
    made = of_checked(check_text(spec(rule)))
    assert made.graph == check_text(spec(rule, f"layers: {RULES[rule]}, ")).graph
    assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("rule", RULES)
def test_another_number_is_refused(rule: str) -> None:
    assert refused(spec(rule, "layers: 9, "))[0] == "A202"


def test_a_rule_that_gives_no_number_needs_layers() -> None:
    assert refused(spec("full")) == ("A103", 10)


def test_a_rule_that_gives_the_number_needs_a_unit() -> None:
    assert refused(spec("{rule: fractal, columns: 3}", unit="")) == ("A103", 10)


@pytest.mark.parametrize(
    "rule", ["{rule: fractal, columns: 10}", "{rule: random, model: er, nodes: 300, seed: 1}"]
)
def test_a_rule_with_too_many_parts_is_refused(rule: str) -> None:
    assert refused(spec(rule)) == ("A301", 10)


class Sometimes(archdsl.Rule):
    """A rule that gives the number of layers only if it has one."""

    rule: Literal["sometimes"]
    count: int | None = None

    def reads(self, layer: int) -> list[int]:
        """The newest output."""
        return [layer - 1]

    def depth_given(self) -> int | None:
        """The number, if there is one."""
        return self.count


@pytest.mark.parametrize("of_stage", [True, False])
def test_a_rule_that_gives_a_number_at_times_is_asked(of_stage: bool) -> None:
    def text(rule: str) -> str:
        if not of_stage:
            return spec(rule)
        return spec("full", "layers: 2, ").replace("  layers: 2\n", "").replace(
            "  connect: full\n", f"  connect: {rule}\n"
        )  # fmt: skip

    assert check_text(text("{rule: sometimes, count: 3}"), extend=[Sometimes]).report.layers
    with pytest.raises(ArchdslError) as caught:
        check_text(text("sometimes"), extend=[Sometimes])
    assert caught.value.diagnostics[0].code == "A103"
