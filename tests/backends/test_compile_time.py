"""The cost of compiling a network with learned sums; calls are counted, not time."""

from __future__ import annotations

import cProfile
import pstats

import pytest

from archdsl.api import check_text

SPEC = """
archdsl: 2
name: net
input: [3, 8, 8]
stem: [{conv: 8}]
stages:
  count: 1
  layers: 1001
  unit: {kind: basic, order: pre, width: 8}
  connect: exponential
  aggregate: KIND
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: 5}]
"""


def calls(kind: str) -> int:
    """The number of calls with which a spec is read, checked and emitted."""
    text = SPEC.replace("KIND", kind)
    profile = cProfile.Profile()
    profile.runcall(lambda: check_text(text).emit())
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["attention", "weighted"])
def test_at_depth_1001_a_learned_sum_takes_at_most_twice_the_calls_of_concat(kind: str) -> None:
    for each in ("concat", kind):  # what is kept for later specs
        calls(each)
    assert calls(kind) < 2 * calls("concat")
