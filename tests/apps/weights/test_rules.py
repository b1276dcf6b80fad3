"""Patterns with numbers: what they match and what they become."""

from __future__ import annotations

import pytest

from archdsl.apps.weights.rules import Rule, rewrite

UNITS = {0: 3, 1: 4}


@pytest.mark.parametrize(
    ("pattern", "template", "name", "rewritten"),
    [
        ("stem.conv.", "conv1.", "stem.conv.weight", "conv1.weight"),
        ("stem.conv.", "conv1.", "stem.conv1.weight", None),
        ("conv.", "conv1.", "stem.conv.weight", None),
        (".norm{n}.", ".bn{n}.", "layer1.norm2.bias", "layer1.bn2.bias"),
        (".norm{n}.", ".bn{n-1}.", "layer1.norm2.bias", "layer1.bn1.bias"),
        (".scale.weight", ".gamma", "a.scale.weight", "a.gamma"),
        (".scale.weight", ".gamma", "a.scale.weight.b", None),
        ("s.{s}.l.{l}.", "b{s+3}{l:a}.", "s.10.l.2.w", "b13c.w"),
        ("s.{s}.", "f.{before+1}.", "s.2.w", "f.8.w"),
        ("s.{s}.", "f.{s+s+1}.", "s.2.w", "f.5.w"),
    ],
)
def test_a_rule(pattern: str, template: str, name: str, rewritten: str | None) -> None:
    assert Rule(pattern, template).apply(name, UNITS) == rewritten


def test_rules_follow_each_other() -> None:
    rules = [Rule("stages.{s}.", "layer{s+1}."), Rule(".norm.", ".bn.")]
    assert rewrite("stages.0.norm.weight", rules, UNITS) == "layer1.bn.weight"
    assert rewrite("head.norm.weight", rules, UNITS) is None, "no rule for its beginning"
