"""The weights of a network from a file, for `archdsl.create_model`."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from archdsl.apps.checkpoint.reading import load
from archdsl.apps.weights.conversion import convert
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Weighted


def weights_for(path: Path, graph: Graph, written: Graph) -> dict[str, Tensor]:
    """Return the weights of a checkpoint, by the names of the network.

    The checkpoint may have the names of another library that `archdsl weights` knows. One of the
    network with its usual classifier is taken without the weights of that.

    Args:
        path: a file, whatever a training script stored around the weights.
        graph: the network.
        written: the network with the classifier of its spec; the same if that was not changed.

    Raises:
        ArchdslError: A401 to A403 and A440 if the file cannot be read, A443, A445 and A446 if it
            does not have all weights of one of these networks.
    """
    tensors = load(path)
    converted = convert(graph, tensors)
    if converted.report.complete or graph is written:
        converted.report.require()
        return converted.state
    whole = convert(written, tensors)
    whole.report.require()
    classifier = _classifier(written)
    return {name: value for name, value in whole.state.items() if not name.startswith(classifier)}


def _classifier(graph: Graph) -> str:
    """Return the beginning of the names of the last layer's weights: `head.linear.`."""
    chains = [chain for node, chain in graph.chains() if node.name == graph.head]
    names = [layer.name for layer in chains[0].layers if isinstance(layer, Weighted)]
    return f"{chains[0].scope}.{names[-1]}."
