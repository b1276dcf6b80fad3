"""Slice weights as a plan says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from archdsl.api import graph_of
from archdsl.apps.checkpoint.weights import network_weights
from archdsl.apps.transplant.plan import Plan, plan
from archdsl.frontend.load import Spec
from archdsl.ir.graph import Graph


@dataclass(frozen=True)
class Transplanted:
    """The weights of the target, those of the source, and how the first were made."""

    state: dict[str, Tensor]
    source: Mapping[str, Tensor]
    plan: Plan

    def silenced(self) -> dict[str, Tensor]:
        """Return the source's weights with zeros for the links that the target lacks.

        With them, the source gives the outputs of the target. The zeros are in convolutions and
        linear layers, behind the norms, whose shifts would otherwise still pass through.
        """
        state = {name: value.clone() for name, value in self.source.items()}
        for mixed in self.plan.mixed:
            state[mixed.key].index_fill_(
                mixed.axis, torch.tensor(mixed.dropped, dtype=torch.int64), 0
            )
        return state


def transplant(tensors: object, source: Spec | Graph, target: Spec | Graph) -> Transplanted:
    """Return the weights of a network with some of the links of a trained one.

    >>> dense, sparse = archdsl.load("dense.yaml"), archdsl.load("sparse.yaml")  # doctest: +SKIP
    >>> transplanted = transplant(torch.load("dense.pt"), dense, sparse)  # doctest: +SKIP
    >>> archdsl.build(sparse).load_state_dict(transplanted.state)  # doctest: +SKIP

    Args:
        tensors: the content of a checkpoint of the source.
        source: the spec or the graph of the trained network.
        target: the spec or the graph of the same network with fewer links, or with the outputs in
            another order.

    Raises:
        ArchdslError: A440, A441 or A443 for the checkpoint, A447 for a link that the source does
            not have, A448 for layers that differ.
    """
    graph, sliced = graph_of(source), graph_of(target)
    steps = plan(graph, sliced)
    weights = network_weights(graph, tensors)
    state = {
        cut.key: weights[cut.key].clone()
        if cut.channels is None
        else weights[cut.key].index_select(cut.axis, torch.tensor(cut.channels))
        for cut in steps.cuts
    }
    return Transplanted(state, weights, steps)
