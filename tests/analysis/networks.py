"""Small networks for the analyses, and a plain way of running any of them in torch."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from archdsl.frontend.load import load, parse
from archdsl.ir.graph import Graph
from archdsl.language.rules import Explicit
from archdsl.lowering import lower

SPECS = Path(__file__).parent.parent.parent / "specs"


def published(name: str, **settings: Any) -> Graph:
    """A network of the specs that come with archdsl."""
    return lower(load(SPECS / f"{name}.yaml", settings)).graph


def network(**keys: str) -> Graph:
    """One network from the text of its top-level keys; by default one stage of three layers."""
    usual = {
        "archdsl": "1",
        "name": "net",
        "input": "[3, 16, 16]",
        "stem": "[{conv: {width: 8, kernel: 3}}]",
        "stages": stage(),
        "head": "[norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 5}}]",
    }
    lines = [f"{key}: {text}" for key, text in (usual | keys).items() if text]
    return lower(parse("\n".join(lines))).graph


def stage(**keys: str) -> str:
    """The text of stages that are alike; by default one dense one of three layers."""
    usual = {
        "count": "1",
        "layers": "3",
        "unit": "{kind: basic, order: pre, width: 8}",
        "connect": "full",
        "aggregate": "concat",
    }
    return "{" + ", ".join(f"{key}: {text}" for key, text in (usual | keys).items()) + "}"


def table(*reads: Collection[int]) -> Explicit:
    """The rule that writes all reads out, one entry per layer."""
    return Explicit.model_validate({"rule": "explicit", "reads": [list(row) for row in reads]})


EVERY_KIND: dict[str, Graph] = {
    "dense": network(
        stages=stage(count="2", unit="{kind: dense-bottleneck, order: pre, width: 4}"),
        between="{kind: transition, width: incoming // 2}",
    ),
    "sparse": network(
        stages=stage(count="2", layers="9", connect="{rule: exponential, base: 2}"),
        between="{kind: transition, width: incoming // 2, pool: max}",
    ),
    "summed": network(
        stages=stage(
            count="2",
            unit="{kind: bottleneck, order: pre, inner: 4, stride_at: conv1}",
            aggregate="sum",
            entry="projection",
            stride="[1, 2]",
        )
    ),
    "running": network(
        stem="[{conv: {width: 8, kernel: 3}}, norm, relu, {pool: {kind: max, kernel: 2}}]",
        stages=stage(
            count="2",
            unit="{kind: double, order: post, inner: 8, final_relu: false}",
            aggregate="running",
            entry="projection",
            stride="[1, 2]",
        ),
        head="[{pool: {to: 1}}, flatten, {linear: {width: 5}}]",
    ),
    "padded": network(
        stages=stage(
            count="2",
            unit="{kind: double, order: post, inner: incoming * stride, final_relu: false}",
            aggregate="running",
            entry="pad",
            stride="[1, 2]",
        ),
    ),
    "fractal": network(
        stages="{count: 2, unit: {kind: basic, order: post, width: 8},"
        " connect: {rule: fractal, columns: 3}, aggregate: mean}",
        between="[{pool: {kind: max, kernel: 2}}]",
    ),
    "running gelu": network(
        stages=stage(aggregate="{kind: running, activation: gelu}"), head="[flatten]"
    ),
    "running silu": network(stages=stage(aggregate="{kind: running, activation: silu}"), head=""),
    "mean": network(
        stages=stage(aggregate="mean", connect="{rule: window, last: 2}", exit="all"),
        head="[gelu, {pool: {to: 3}}, silu, flatten, {linear: {width: 6}}, relu, {dropout: 0.5},"
        " {linear: {width: 4, bias: false}}]",
    ),
    "no stem": network(stem="", stages=stage(connect="plain", exit="last")),
    "dropout": network(
        stages=stage(unit="{kind: double, order: post, inner: 4, dropout: 0.2}"),
        head="[{dropout: 0.1}, {pool: {kind: max, to: 2}}, flatten]",
    ),
    "nothing to learn": network(
        stem="[{pool: {kind: max, kernel: 2}}, {dropout: 0.5}]",
        stages=stage(unit="[relu, {pool: {kind: max, kernel: 3, stride: 1, padding: 1}}]"),
        head="[{dropout: 0.5}, flatten]",
    ),
    "weights at the end": network(
        stem="[gelu, {dropout: 0.5}, {pool: {kernel: 2}}]",
        stages=stage(unit="[silu, relu]"),
        head="[relu, {pool: {to: 1}}, flatten, {linear: {width: 2}}]",
    ),
    "unread outputs": network(
        stages=stage(
            layers="4", connect="{rule: explicit, reads: [[0], [0], [0, 1], [3, 1]]}", exit="last"
        )
    ),
    "views of growing maps": network(
        stages=stage(unit="[{dropout: 0.5}]", layers="5"), head="[{dropout: 0.5}, flatten]"
    ),
    "a view of what is kept": network(head="[relu, flatten, {linear: {width: 2}}]"),
    "views with other readers": network(
        stem="[flatten, {linear: {width: 6}}]",
        stages=stage(unit="[{dropout: 0.5}]", layers="4"),
        head="[{dropout: 0.5}, {linear: {width: 2}}]",
    ),
}
"""Every layer, aggregation, exit and entry, and what is easily forgotten."""
