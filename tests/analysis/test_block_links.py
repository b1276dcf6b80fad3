"""Links inside blocks, counted from their reads and proved by their rules."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import pytest

from archdsl.analysis.block_links import block_links
from archdsl.api import check, check_text, load
from archdsl.cli.tables import totals
from archdsl.errors import ArchdslError
from archdsl.language.rule import Rule
from backends.test_block_exits import CASES as EXITS
from backends.test_blocks import CASES, CONV, spec

SPECS = Path(__file__).resolve().parents[2] / "specs"


def test_a_block_of_a_rule_has_the_links_of_its_closed_form() -> None:
    (block,) = block_links(check_text(CASES["exponential"]).graph)
    assert (block.block, block.count, block.parts) == ("block", 4, 6)
    assert (block.rule, block.arguments, block.aggregation) == ("exponential", (2,), "concat")
    assert block.links == 6 + 5 + 3  # distances 1, 2 and 4
    assert (block.skip_links, block.exit_links, block.links_bound) == (8, 3, 6 * 3)


def test_blocks_in_blocks_are_counted_as_often_as_they_are_built() -> None:
    checked = check_text(CASES["a gate in branches in a residual"])
    counts = {block.block: block.count for block in checked.report.blocks}
    assert counts == {"residual": 8, "parallel": 4, "gate": 4}
    assert checked.report.block_links == 8 + 2 * 4 + 4
    assert checked.report.block_skip_links == 0


def test_the_exit_may_join_otherwise() -> None:
    (block,) = check_text(EXITS["sums, concatenated at the exit"]).report.blocks
    assert (block.aggregation, block.exit_aggregation, block.exit_links) == ("sum", "concat", 5)


def test_show_has_a_line_for_each_kind_of_block() -> None:
    checked = check(load(SPECS / "vovnet-imagenet.yaml"))
    lines = [line.strip() for line in totals(checked).splitlines()]
    assert "inside units    30 in 6 blocks; skip links 0; at the exits 36" in lines
    kind = "block         6 of 5 parts, plain concat: 5 links (bound 5), at the exit 6"
    assert kind in lines


def test_networks_without_blocks_have_no_such_lines() -> None:
    checked = check(load(SPECS / "densenet-cifar.yaml"))
    assert (checked.report.blocks, checked.report.block_links) == ((), 0)
    assert "inside units" not in totals(checked)


class Boastful(Rule):
    """A rule that reads everything and claims to read one output."""

    rule: Literal["boastful"]
    sources: ClassVar = staticmethod(range)

    def fan_in(self, layer: int) -> int:
        return 1


def test_a_rule_that_contradicts_its_closed_form_is_refused() -> None:
    text = spec(f"block: {{layers: 3, unit: [{CONV}], connect: boastful, aggregate: sum}}")
    with pytest.raises(ArchdslError) as raised:
        check_text(text, extend=[Boastful])
    assert raised.value.diagnostics[0].code == "A204"
    assert raised.value.diagnostics[0].span is not None


class Ahead(Rule):
    """A rule that reads outputs that do not exist yet."""

    rule: Literal["ahead"]

    def reads(self, layer: int) -> list[int]:
        return [layer]


def test_a_rule_that_reads_what_does_not_exist_is_refused() -> None:
    text = spec(f"block: {{layers: 3, unit: [{CONV}], connect: ahead, aggregate: sum}}")
    with pytest.raises(ArchdslError) as raised:
        check_text(text, extend=[Ahead])
    assert raised.value.diagnostics[0].code == "A203"
    assert raised.value.diagnostics[0].span is not None
    assert raised.value.diagnostics[0].span.line == 11
