"""torch.fx and torchvision's feature extraction take every shipped network."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import fx

from backends.networks import TOLERANCE, apart, gradients
from backends.test_backbone import images, instance, small
from backends.test_shipped import SPECS

NETWORKS = pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
BACKBONE = pytest.mark.parametrize("backbone", [False, True])


@NETWORKS
@BACKBONE
@pytest.mark.parametrize("keeps_gradients", [False, True])
def test_what_is_traced_computes_the_same(
    path: Path, backbone: bool, keeps_gradients: bool
) -> None:
    checked = small(path)
    network, x = instance(checked, backbone=backbone).eval(), images(checked)
    with torch.set_grad_enabled(keeps_gradients):
        traced = fx.symbolic_trace(network)
        assert apart(traced(x), network(x)) <= TOLERANCE
    weights = dict(network.named_parameters())
    found, expected = gradients(traced(x), weights), gradients(network(x), weights)
    for name, gradient in found.items():
        assert apart(gradient, expected[name], 1e-3) <= TOLERANCE


@NETWORKS
@BACKBONE
def test_torchvision_extracts_features(path: Path, backbone: bool, torchvision: ModuleType) -> None:
    """In evaluation and in training: the extractor has a graph for each."""
    from torchvision.models.feature_extraction import (
        create_feature_extractor,
        get_graph_node_names,
    )

    checked = small(path)
    network, x = instance(checked, backbone=backbone), images(checked)
    _, names = get_graph_node_names(network, suppress_diff_warning=True)
    stage = [name for name in names if name.startswith("stages.0")][-1]
    nodes = {stage: "stage", names[-1]: "output"}
    extractor: Any = create_feature_extractor(network, nodes, suppress_diff_warning=True)
    for mode in (False, True):
        network.train(mode)
        extractor.train(mode)
        torch.manual_seed(1)
        expected = network(x)
        torch.manual_seed(1)
        features = extractor(x)
        assert apart(features["output"], expected) <= TOLERANCE
        assert len(features["stage"]) == len(x)
