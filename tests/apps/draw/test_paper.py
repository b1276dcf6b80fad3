"""What figure 1 of Zhu et al. 2018 claims, read from the DOT: above all the links into layer 6."""

from __future__ import annotations

import pytest

from apps.draw.networks import one, read, shipped
from archdsl.apps.draw.views.columns import places
from archdsl.errors import ArchdslError

INTO_6 = {
    "plain": {5},
    "full": {0, 1, 2, 3, 4, 5},
    "{rule: exponential, base: 2}": {5, 4, 2},
    "{rule: exponential, base: 3}": {5, 3},
    "{rule: window, last: 2}": {5, 4},
}


@pytest.mark.parametrize("aggregate", ["sum", "concat"])
@pytest.mark.parametrize("layers", [8, 12, 16])
@pytest.mark.parametrize("rule", INTO_6)
def test_links_into_layer_6(rule: str, layers: int, aggregate: str) -> None:
    """ResNet and DenseNet (b), SparseNet (c), and others."""
    found = read(one(rule, layers, aggregate, focus=6), "paper")
    wanted = {f"0.{source}" for source in INTO_6[rule]}
    if len(wanted) == 1:
        assert found.into("0.6") == wanted
        assert found.red == {("0.5", "0.6")}
    else:
        assert found.into("0.6.join") == wanted
        assert found.into("0.6") == {"0.6.join"}
        assert found.red == {*((source, "0.6.join") for source in wanted), ("0.6.join", "0.6")}


@pytest.mark.parametrize(
    ("rule", "links"), [("plain", 12), ("full", 78), ("{rule: exponential, base: 2}", 37)]
)
def test_links_of_12_layers(rule: str, links: int) -> None:
    """12; 12 * 13 / 2; and the sum of floor(log2 l) + 1: 1 + 2 * 2 + 4 * 3 + 5 * 4."""
    found = read(one(rule), "paper")
    inside = {(a, b) for a, b in found.links if not a.endswith("join") and "13" not in b}
    assert len(inside) == links


def test_every_layer_and_every_join_is_drawn_once() -> None:
    found = read(one("{rule: exponential, base: 2}"), "paper")
    layers = {f"0.{layer}" for layer in range(13)}
    joins = {f"0.{layer}.join" for layer in range(2, 14)}  # 13 is the exit
    assert layers | joins <= found.nodes
    assert {name for name in found.nodes if name[0] == "0"} == layers | joins
    assert found.count == len(found.links)


def test_fractal_as_in_figure_1d() -> None:
    """Four columns: 8 + 4 + 2 + 1 units, joined in rows 2, 4, 6 and 8."""
    four = {"columns": 4, "width": [16], "dropout": [0]}
    found = read(shipped("fractalnet-cifar", four, "0.6"), "paper")
    joins = {"0.r2": {2, 3}, "0.r4": {5, 6, 7}, "0.r6": {9, 10}, "0.r8": {12, 13, 14, 15}}
    for name, units in joins.items():
        assert found.into(name) == {f"0.{unit}" for unit in units}
    reads = {
        1: "0.0", 2: "0.1", 3: "0.0", 4: "0.r2", 5: "0.4", 6: "0.r2", 7: "0.0", 8: "0.r4",
        9: "0.8", 10: "0.r4", 11: "0.r6", 12: "0.11", 13: "0.r6", 14: "0.r4", 15: "0.0",
    }  # fmt: skip
    for unit, source in reads.items():
        assert found.into(f"0.{unit}") == {source}
    assert found.red == {("0.2", "0.r2"), ("0.3", "0.r2"), ("0.r2", "0.6")}


def test_columns_stand_apart() -> None:
    """In a block of C columns, column v has 2^(C-1-v) units, each in the middle of its rows."""
    known = places(5)
    for column in range(5):
        rows = [place.row for place in known if place.column == column]
        assert rows == [2**column * (i + 1) for i in range(2 ** (4 - column))]
    assert len({place.point for place in known}) == 31


@pytest.mark.parametrize("aggregate", ["sum", "concat"])
def test_compact_continues_each_aggregate(aggregate: str) -> None:
    """Figure 1(a): mark l joins mark l - 1 and unit l; a unit reads the mark before it."""
    found = read(one("full", 8, aggregate, focus=6), "paper", "compact")
    for layer in range(2, 9):
        assert found.into(f"0.{layer}") == {f"0.{layer - 1}.join"}
        assert found.into(f"0.{layer}.join") == {f"0.{layer - 1}.join", f"0.{layer}"}
    assert found.into("0.1") == {"0.0"}
    assert found.into("0.1.join") == {"0.0", "0.1"}


def test_what_does_not_continue_has_no_compact_view() -> None:
    with pytest.raises(ArchdslError, match=r"A414.*stage 0 of one has no compact view"):
        read(one("{rule: exponential, base: 2}"), "paper", "compact")


def test_one_layer_reads_what_enters() -> None:
    found = read(one("full", 1), "paper")
    assert found.into("0.1") == {"0.0"}
