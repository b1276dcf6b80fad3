"""The weights of a network from a file, for `archdsl.create_model`."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from archdsl.apps.checkpoint.reading import load
from archdsl.apps.checkpoint.weights import network_weights
from archdsl.errors import ArchdslError
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Weighted


def weights_for(path: Path, graph: Graph, written: Graph) -> dict[str, Tensor]:
    """Return the weights of a checkpoint, by the names of the network.

    A checkpoint of the network with its usual classifier is taken without the weights of that.

    Args:
        path: a file with the network's own names, whatever a training script stored around it.
        graph: the network.
        written: the network with the classifier of its spec; the same if that was not changed.

    Raises:
        ArchdslError: A401 to A403 and A440 if the file cannot be read, A441 and A443 if it does not
            have the weights of one of these networks.
    """
    loaded = load(path)
    try:
        return network_weights(graph, loaded)
    except ArchdslError:
        if graph is written:
            raise
    state = network_weights(written, loaded)
    classifier = _classifier(written)
    return {name: value for name, value in state.items() if not name.startswith(classifier)}


def _classifier(graph: Graph) -> str:
    """Return the beginning of the names of the last layer's weights: `head.linear.`."""
    chains = [chain for node, chain in graph.chains() if node.name == graph.head]
    names = [layer.name for layer in chains[0].layers if isinstance(layer, Weighted)]
    return f"{chains[0].scope}.{names[-1]}."
