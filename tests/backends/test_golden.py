"""One whole file for each way of keeping what a stage makes; read them when they change."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from archdsl.api import check_text
from backends.networks import assert_equals_oracle, of_checked

HEAD = "head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: classes}}]\n"

FILES = {
    "chain": f"""
archdsl: 1
name: chain
description: Nothing is kept
params: {{classes: 10, width: [8, 16]}}
input: [3, 16, 16]
stem: [{{conv: {{width: 8, kernel: 3}}}}]
stages:
  count: 2
  layers: [2, 3]
  unit: {{kind: basic, order: pre, width: width}}
  connect: plain
  aggregate: sum
between: {{kind: transition, width: incoming, pool: average}}
{HEAD}""",
    "running_sum": f"""
archdsl: 1
name: running-sum
params: {{classes: 10, width: [8, 16]}}
input: [3, 16, 16]
stem: [{{conv: {{width: 8, kernel: 3}}}}]
stages:
  count: 2
  layers: 3
  unit: {{kind: double, order: pre, inner: width}}
  connect: full
  aggregate: sum
  entry: projection
  stride: [1, 2]
{HEAD}""",
    "running_post_activation": """
archdsl: 1
name: running-post-activation
params: {classes: 10, width: [4, 8]}
input: [3, 32, 32]
stem: [{conv: {width: 8, kernel: 7, stride: 2}}, norm, relu, {pool: {kind: max, kernel: 2}}]
stages:
  count: 2
  layers: [2, 3]
  unit: {kind: bottleneck, order: post, inner: width, final_relu: false}
  connect: full
  aggregate: running
  entry: projection
  stride: [1, 2]
head: [{pool: {to: 1}}, flatten, {linear: {width: classes}}]
""",
    "buffer": f"""
archdsl: 1
name: buffer
params: {{classes: 10, growth: 4}}
input: [3, 16, 16]
stem: [{{conv: {{width: 8, kernel: 3}}}}]
stages:
  count: 2
  layers: [3, 5]
  unit: {{kind: dense-bottleneck, order: pre, width: growth, dropout: 0.1}}
  connect: full
  aggregate: concat
between: {{kind: transition, width: incoming // 2, pool: average}}
{HEAD}""",
    "list": f"""
archdsl: 1
name: list
params: {{classes: 10}}
input: [3, 16, 16]
stem: [{{conv: {{width: 8, kernel: 3}}}}]
stages:
  - layers: 4
    unit: {{kind: basic, order: pre, width: 8}}
    connect: {{rule: window, last: 2}}
    aggregate: mean
  - layers: 3
    unit: {{kind: bottleneck, order: pre, inner: 4, width: 16}}
    connect: {{rule: exponential, base: 2}}
    aggregate: sum
    entry: projection
    stride: 2
{HEAD}""",
    "table": """
archdsl: 1
name: table
params: {classes: 10}
input: [3, 16, 16]
stages:
  - layers:
      - [{conv: {width: 8, kernel: 3, bias: true}}, gelu]
      - {kind: double, order: post, inner: 8, width: 4}
      - [norm, silu, {conv: {width: 4, kernel: 1}}, {dropout: 0.2}]
    connect: {rule: explicit, reads: [[0], [1, 0], [0, 2], [3, 1]]}
    aggregate: concat
head: [{conv: {width: classes, kernel: 1}}, {pool: {to: 1}}, flatten]
""",
}


@pytest.mark.parametrize("name", FILES)
def test_file_reads_as_before(name: str, golden: Callable[[str, str], None]) -> None:
    made = of_checked(check_text(FILES[name], {"classes": 5} if name == "buffer" else None))
    assert_equals_oracle(made.network, made.graph)
    golden(f"{name}.py.txt", made.text)


@pytest.mark.parametrize("name", FILES)
def test_no_stride_follows_from_channels(name: str) -> None:
    """That 8 // 6 and 16 // 6 are 1 and 2 is chance, and would say nothing to a reader."""
    assert not re.search(r"stride=(\d+ \* |channels|width|inner)", check_text(FILES[name]).emit())
