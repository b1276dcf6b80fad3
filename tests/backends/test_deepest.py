"""A network that can be cut down to its deepest column can be, whatever else is in it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from backends.networks import emitted, inputs

TOP = "archdsl: 1\nname: net\ninput: [4, 8, 8]\n"
FRACTAL = (
    "unit: {kind: basic, order: post, width: 6}, connect: {rule: fractal, columns: 3},"
    " aggregate: mean"
)
DROPPING = "{kind: mean, drop_path: 0.2}"
WINDOW = (
    "layers: 4, unit: {kind: basic, order: post, width: 6}, connect: {rule: window, last: 2},"
    " aggregate: {kind: mean, drop_path: 0.3}"
)

NETWORKS = {
    "fractal": f"stages: {{count: 2, {FRACTAL}}}\n",
    "added": f"stages: {{count: 2, {FRACTAL.replace('mean', 'sum')}}}\n",
    "concatenated": f"stages: {{count: 1, {FRACTAL.replace('mean', 'concat')}}}\n",
    "one column": f"stages: {{count: 1, {FRACTAL.replace('columns: 3', 'columns: 1')}}}\n",
    "with drop-path": f"stages: {{count: 1, {FRACTAL.replace('mean', DROPPING)}}}\n",
    "projected": f"stages: {{count: 1, {FRACTAL}, entry: projection}}\n",
    "padded": f"stages: {{count: 1, {FRACTAL}, entry: pad}}\n",
    "before another kind with drop-path": f"stages: [{{{FRACTAL}}}, {{{WINDOW}}}]\n",
    "the last output leaves": f"stages: {{count: 1, {FRACTAL}, exit: last}}\n",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_deepest_column_runs_where_it_is_offered(name: str) -> None:
    made = emitted(TOP + NETWORKS[name])
    deepest = getattr(made.network.eval(), "deepest", None)
    assert deepest is not None or name not in {"fractal", "with drop-path"}
    if deepest is not None:
        x = inputs(made.graph)
        with torch.no_grad():
            assert deepest(x).shape == made.network(x).shape


HEAD = "head: [{pool: {to: 1}}, flatten, {linear: {width: 3}}]\n"
POOL = "between: [{pool: {kind: max, kernel: 2}}]\n"


@pytest.mark.parametrize("stem", ["", "stem: [{conv: {width: 4, kernel: 1}}]\n"])
@pytest.mark.parametrize(("between", "head"), [(POOL, HEAD), ("", HEAD), (POOL, "")])
@pytest.mark.parametrize("count", [2, 3])
def test_the_deepest_column_is_a_plain_network(
    count: int, between: str, head: str, stem: str
) -> None:
    stages = f"stages: {{count: {count}, {FRACTAL}}}\n"
    made = emitted(TOP + stem + stages + between + head)
    network: Any = made.network.eval()
    x = inputs(made.graph)
    with torch.no_grad():
        y = network.stem(x) if stem else x
        for index, stage in enumerate(network.stages):
            y = stage.deepest(y)
            if between and index + 1 < count:
                y = network.between[index](y)
        y = network.head(y) if head else y
        assert torch.equal(network.deepest(x), y)
