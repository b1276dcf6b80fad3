"""Run a network without each of its links in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain

import torch
from torch import Tensor, nn

from archdsl.api import Checked
from archdsl.apps.ablate.model import Ablation, Change
from archdsl.apps.checkpoint.images import check_images
from archdsl.apps.checkpoint.weights import trained
from archdsl.apps.heatmap.readers import Reader, block_readers, blocks, readers
from archdsl.errors import fail
from archdsl.ir.graph import Graph

BATCH = 32
"""Images of one forward pass."""


def ablate(
    checked: Checked,
    tensors: object,
    images: Tensor,
    progress: Callable[[str], None] = lambda text: None,
) -> Ablation:
    """Return the change of the output for each link, when its weights are zero.

    A link is removed behind the norm of its reader: the input channels of the reader's first
    convolution that come from the output are zeroed. The network runs once for each link.

    Args:
        checked: the network.
        tensors: the content of a checkpoint.
        images: inputs of shape (N, *input), float32.
        progress: called with a text before each link.

    Raises:
        ArchdslError: A440, A441 or A443 for the checkpoint, A442 if no links have weights of their
            own, A444 for images that the network does not take.
    """
    graph = checked.graph
    check_images(images, graph.steps[graph.input.name][-1])
    links = list(_readers(graph))
    if not links:
        raise fail(
            "A442",
            f"the layers of {graph.name} have no separate weights for each output they read",
            note="outputs that are added share the same weights",
        )
    network = trained(checked, tensors)
    whole = _outputs(network, images)
    norm = float(whole.norm())
    total = sum(len(reader.sources) for _, reader in links)
    changes: list[Change] = []
    for block, reader in links:
        weights = [(network.get_parameter(key), groups) for key, groups in reader.weights]
        for index, source in enumerate(reader.sources):
            progress(f"link {len(changes) + 1:,} of {total:,}")
            features = [*chain.from_iterable(reader.features[index])]
            with ExitStack() as removed:
                for weight, groups in weights:
                    removed.enter_context(_removed(weight, groups, features))
                difference = float((_outputs(network, images) - whole).norm())
            change = difference / norm if norm else difference
            changes.append(Change(reader.stage, block, reader.layer, source, change))
    stages = {change.stage for change in changes if not change.block}
    left = tuple(stage.index for stage in graph.stages if stage.index not in stages)
    return Ablation(graph.name, len(images), tuple(changes), left)


def _readers(graph: Graph) -> Iterator[tuple[str, Reader]]:
    """Yield the readers of stages, and those of blocks with the paths of the blocks.

    Readers of features in which outputs are added have no weights for each of them.
    """
    listed = [("", reader) for reader in readers(graph)]
    for stage, path, block in blocks(graph):
        listed += [(path, reader) for reader in block_readers(stage, path, block)]
    yield from ((path, reader) for path, reader in listed if _apart(reader))


def _apart(reader: Reader) -> bool:
    """Return whether no feature holds several outputs."""
    features = [*chain.from_iterable(chain.from_iterable(reader.features))]
    return len(features) == len(set(features))


def _outputs(network: nn.Module, images: Tensor) -> Tensor:
    """Return the outputs of all images in float64, for exact norms."""
    with torch.no_grad():
        return torch.cat([network(batch).double() for batch in torch.split(images, BATCH)])


@contextmanager
def _removed(weight: Tensor, groups: int, features: Iterable[int]) -> Iterator[None]:
    """Zero the weights that read some features, and restore them.

    Args:
        weight: the weight of a reader's first convolution or linear layer.
        groups: number of its groups.
        features: numbers of input features.
    """
    grouped = weight.view(groups, -1, *weight.shape[1:])  # (groups, outputs, inputs, ...)
    inputs = grouped.shape[2]
    before = weight.clone()
    for feature in features:
        grouped[feature // inputs, :, feature % inputs] = 0
    try:
        yield
    finally:
        weight.copy_(before)
