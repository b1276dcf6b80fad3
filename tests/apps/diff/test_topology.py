"""Equal topologies are recognised under other names, words and orders; the work is bounded."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.draw.networks import ONE
from archdsl.api import check_text
from archdsl.apps.diff import topology as comparing
from archdsl.apps.diff.model import difference
from archdsl.apps.diff.text import text
from archdsl.apps.diff.topology import topology
from archdsl.ir.graph import Graph

UNIT = "{kind: basic, order: pre, width: 12}"


def spec(connect: str, layers: object = 6, aggregate: str = "concat") -> str:
    filled = ONE.replace("LAYERS", str(layers)).replace("CONNECT", connect)
    return filled.replace("AGGREGATE", aggregate)


def graph(connect: str, layers: object = 6, aggregate: str = "concat") -> Graph:
    return check_text(spec(connect, layers, aggregate)).graph


def explicit(rows: list[list[int]]) -> str:
    return f"{{rule: explicit, reads: {rows}}}"


POWERS = [[n - d for d in (1, 2, 4) if d <= n] for n in range(1, 8)]


def test_explicit_against_exponential() -> None:
    one, other = graph("{rule: exponential, base: 2}"), graph(explicit(POWERS))
    assert topology(one, other) == topology(other, one) == "same"


def test_units_listed_against_one_unit() -> None:
    listed = spec("full").replace("layers: 6", f"layers: [{', '.join([UNIT] * 6)}]")
    listed = listed.replace(f"  unit: {UNIT}\n", "", 1)
    assert topology(graph("full"), check_text(listed).graph) == "same"


def test_renamed_nodes() -> None:
    found = graph("full")
    names = {name: f"n{number}" for number, name in enumerate(found.nodes)}
    nodes = {
        names[node.name]: replace(
            node, name=names[node.name], inputs=tuple(names[i] for i in node.inputs)
        )
        for node in found
    }
    other = replace(found, nodes=nodes, output=names[found.output])
    assert topology(found, other) == "same"


def test_another_order_of_a_concatenation() -> None:
    assert topology(graph("full", 3), graph("{rule: window, last: 9}", 3)) == (
        "same, joined in another order"
    )


@pytest.mark.parametrize(
    "other",
    [
        graph("plain"),
        graph("full", 7),
        graph("full", 6, "sum"),
        graph(explicit([*[[*range(n)] for n in range(1, 7)], [*range(6)]])),
    ],
)
def test_different_networks(other: Graph) -> None:
    assert topology(graph("full"), other) == "different"


def branches(rows: list[list[int]], aggregate: str = "sum") -> Graph:
    return graph(explicit(rows), len(rows) - 1, aggregate)


def test_parallel_branches_that_look_alike() -> None:
    """Layers 1 to 4 look alike; networkx finds which are which."""
    first = branches([[0], [0], [0], [0], [1, 2], [3, 4], [5, 6]])
    second = branches([[0], [0], [0], [0], [1, 4], [2, 3], [5, 6]])
    assert topology(first, second) == "same"


def test_equal_colours_are_not_a_proof() -> None:
    """A ring of six against two rings of three: only a search tells them apart."""
    ring = [[0]] * 6 + [[1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [1, 6], [7, 8, 9, 10, 11, 12]]
    rings = [[0]] * 6 + [[1, 2], [2, 3], [1, 3], [4, 5], [5, 6], [4, 6], [7, 8, 9, 10, 11, 12]]
    assert topology(branches(ring), branches(rings)) == "different"
    assert topology(branches(ring), branches(ring)) == "same"


def test_a_search_that_takes_too_long_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "TRIES", 3)
    rows = [[0], [0], [0], [0], [1, 2], [3, 4], [5, 6]]
    assert topology(branches(rows), branches(rows)) is None
    monkeypatch.setattr(comparing, "NODES", 3)
    assert topology(branches(rows), branches(rows)) is None
    monkeypatch.setattr(comparing, "LINKS", 3)
    assert topology(graph("full"), graph("full")) is None


@given(st.permutations(range(1, 5)))
def test_relabelled_branches(order: list[int]) -> None:
    """Four chains of two layers each, numbered in any order."""
    first = [[0], [0], [0], [0], [1], [2], [3], [4], [5, 6, 7, 8]]
    second = [[0], [0], [0], [0], *([number] for number in order), [5, 6, 7, 8]]
    assert topology(branches(first), branches(second)) == "same"


def test_text_and_json_say_it() -> None:
    nets = [check_text(spec(rule)) for rule in ("{rule: exponential, base: 2}", explicit(POWERS))]
    found = difference(("a", "b"), *nets)
    assert "the same topology" in text(found)
    assert json.loads(json.dumps(found.as_dict()))["topology"] == "same"
    other = difference(("a", "b"), nets[0], check_text(spec("plain")))
    assert "topolog" not in text(other)
    assert other.as_dict()["topology"] == "different"
