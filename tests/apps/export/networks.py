"""Small networks that are exported in tests, and their weights."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from archdsl import api
from archdsl.api import Checked
from archdsl.oracle.comparison import load_module, network_class, randomise

DENSE = """archdsl: 1
name: dense
input: [3, 28, 28]
stem: [{conv: {width: 8, kernel: 3}}, norm, relu]
stages:
  count: 2
  layers: 3
  unit: {kind: dense-bottleneck, order: pre, width: 4}
  connect: full
  aggregate: concat
between: [norm, relu, {conv: {width: 8, kernel: 1}}, {pool: {kind: average, kernel: 2}}]
head: [norm, relu, {pool: {to: 4}}, flatten, {linear: {width: 5}}]
"""
"""A pooling to move, norms to merge, and a pooling of 14 pixels to 4 by windows of 4 and 5."""

BLOCKS = """archdsl: 2
name: blocks
input: [3, 14, 14]
stem: [{conv: {width: 8, kernel: 3}}]
stages:
  count: 1
  layers: 2
  unit:
    - residual: [{conv: {width: 8, kernel: 3}}, norm, relu, {conv: {width: 8}}, {scale: 0.5}]
    - gate: [{pool: {to: 1}}, {conv: {width: 8}}, sigmoid]
    - dropout: 0.5
  connect: plain
  aggregate: sum
head:
  [{conv: {width: 6, kernel: 1}}, {pool: {to: 7}}, {pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""
"""Merges inside a block, and a pooling that gets a window and moves."""


def network(text: str) -> tuple[Checked, nn.Module]:
    """Return a checked spec, and a network of it with random norms."""
    checked = api.check_text(text)
    module = network_class(load_module(checked.emit()))().eval()
    randomise(module)
    return checked, module


def saved(module: nn.Module, path: Path) -> Path:
    """Save a module's weights as training scripts do, and return the path."""
    torch.save({"model": module.state_dict(), "epoch": 3}, path)
    return path
