"""`entry: always` in stages, exits and blocks: emitted, and by the oracle."""

from __future__ import annotations

import pytest

from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked

ALWAYS = "{rule: exponential, base: 3, entry: always}"
OLDEST = "{rule: exponential, entry: always, order: oldest}"
SPEC = """
archdsl: 2
name: net
input: [3, 8, 8]
stem: [{conv: 4}]
stages:
  count: 2
  layers: 7
  unit: [norm, relu, {conv: 4}]
  connect: RULE
  aggregate: concat
between: {kind: transition, width: 4}
head: [{pool: {to: 1}}, flatten, {linear: 3}]
"""
BLOCK = (
    "[{block: {layers: 5, unit: [relu, {conv: 4}], connect: RULE, aggregate: concat, exit: last}}]"
)
CASES = {
    "nearest first": SPEC.replace("RULE", ALWAYS),
    "oldest first": SPEC.replace("RULE", OLDEST),
    "an exit of its own": SPEC.replace("RULE", f"full\n  exit: {{connect: {ALWAYS}}}"),
    "sum": SPEC.replace("RULE", ALWAYS).replace("concat", "sum"),
    "a block": SPEC.replace("[norm, relu, {conv: 4}]", BLOCK).replace("RULE", OLDEST),
    "one sequence": SPEC.replace(
        "RULE", OLDEST.replace("}", ", scope: network}") + "\n  carry: [{pool: {kernel: 2}}]"
    ).replace("between: {kind: transition, width: 4}\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(CASES[name])
    made = of_checked(checked)
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, checked.graph, checked.report).problems == []


def test_needs_version_2() -> None:
    with pytest.raises(ArchdslError) as caught:
        check_text(CASES["nearest first"].replace("archdsl: 2", "archdsl: 1"))
    assert "A117" in {diagnostic.code for diagnostic in caught.value.diagnostics}
