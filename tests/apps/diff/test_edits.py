"""`archdsl diff` aligns lists of layers: an inserted layer is one edit, in blocks too."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl.api import check_text
from archdsl.apps.diff.alignment import LONGEST
from archdsl.apps.diff.edits import Edit, chain_edits
from archdsl.apps.diff.model import difference
from archdsl.apps.diff.text import text

GATE = "{gate: [{pool: {to: 1}}, {conv: {width: 4, kernel: 1}}, sigmoid]}"
UNITS = (f"[{{conv: 4}}, norm, {GATE}]", "[{conv: {width: 4, kernel: 5}}]", "[norm, {conv: 4}]")


def network(*units: str, stem: str = "[{conv: 4}, norm]", connect: str = "full") -> Any:
    listed = "".join(f"    - {unit}\n" for unit in units)
    return check_text(
        f"archdsl: 2\nname: net\ninput: [3, 8, 8]\nstem: {stem}\nstages:\n  count: 1\n"
        f"  layers:\n{listed}  connect: {connect}\n  aggregate: sum\n"
    )


def edits(one: Any, other: Any) -> dict[str, list[tuple[int, int, list[str], list[str]]]]:
    parts = difference(("a", "b"), one, other).as_dict()["parts"]
    return {
        part["name"]: [(e["first"], e["last"], e["removed"], e["added"]) for e in part["edits"]]
        for part in parts
        if "edits" in part
    }


def test_an_inserted_unit_is_one_edit() -> None:
    new = "[silu, {conv: 4}]"
    words = "silu, conv 3x3 to 4"
    more = network(UNITS[0], new, *UNITS[1:])
    assert edits(network(*UNITS), more) == {"stages.0": [(2, 2, [], [words])]}
    assert edits(more, network(*UNITS)) == {"stages.0": [(2, 2, [words], [])]}


def test_an_inserted_layer_of_a_stem_is_one_edit() -> None:
    more = network(*UNITS, stem="[{conv: 4}, gelu, norm]")
    assert edits(network(*UNITS), more) == {"stem": [(2, 2, [], ["gelu"])]}


@pytest.mark.parametrize(("unit", "removed", "added"), [
    (UNITS[0].replace("to: 1}}", "to: 1}}, relu"), [], ["gate: relu"]),
    (UNITS[0].replace("sigmoid", "hardsigmoid"), ["gate: sigmoid"], ["gate: hardsigmoid"]),
    (UNITS[0].replace("gate:", "residual:").replace("{pool: {to: 1}}, ", ""),
     ["gate: multiplied, exit F0 F1", "gate: average pool to 1x1", "gate: conv 1x1 to 4",
      "gate: sigmoid"],
     ["residual: added, exit F0 F1", "residual: conv 1x1 to 4", "residual: sigmoid"]),
])  # fmt: skip
def test_edits_inside_blocks_name_the_block(
    unit: str, removed: list[str], added: list[str]
) -> None:
    one, other = network(*[UNITS[0]] * 3), network(*[unit] * 3)
    assert edits(one, other) == {"stages.0": [(1, 3, removed, added)]}


def test_the_text_lists_them() -> None:
    other = network(UNITS[0].replace("to: 1}}", "to: 1}}, relu"), *UNITS[1:])
    said = text(difference(("a", "b"), network(*UNITS), other))
    assert "  layers that differ:\n    F1         + gate: relu\n" in said


def test_more_of_the_same_is_added_at_the_end() -> None:
    found = edits(network(*[UNITS[1]] * 2), network(*[UNITS[1]] * 5))
    assert found == {"stages.0": [(3, 5, [], ["conv 5x5 to 4"])]}


def test_long_lists_are_not_aligned() -> None:
    layers = check_text(
        "archdsl: 2\nname: net\ninput: [3, 8, 8]\nstem: [relu]\n"
        "stages: {count: 1, layers: 1, unit: [relu], connect: plain, aggregate: sum}\n"
    ).graph.layer_lists[0]
    assert chain_edits(layers, layers * 2) == (Edit(2, 2, (), ("relu",)),)
    assert chain_edits(layers, layers * (LONGEST + 1)) == ()
