"""Create a network by name, with weights, for other classes, and for fast inference."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archdsl.api import Checked, check, load, lower
from archdsl.apps.models.adapt import with_channels, with_classes
from archdsl.errors import fail
from archdsl.extras import require
from archdsl.frontend.load import Spec

if TYPE_CHECKING:
    from torch import nn


def create_model(
    name: str | os.PathLike[str] | Spec, weights: str | os.PathLike[str] | None = None, *,
    fuse: bool | str = False, num_classes: int | None = None, in_channels: int | None = None,
    output_stride: int | None = None, features_only: bool = False,
    out_indices: Sequence[int] | None = None, **settings: Any,
) -> nn.Module:  # fmt: skip
    """Return a network that comes with archdsl, or that of a spec of yours.

    It has the methods that timm's networks have, such as `forward_features`, `reset_classifier` and
    `features_only`: see docs/backbones.md. With `fuse` it is a snapshot for inference without them.

    >>> import archdsl
    >>> network = archdsl.create_model("densenet-121", num_classes=10)  # doctest: +SKIP
    >>> network = archdsl.create_model("resnet-50", "resnet.pth", fuse=True)  # doctest: +SKIP

    Args:
        name: a name that `archdsl list` prints, the path of a spec, or a spec from `archdsl.load`.
        weights: a checkpoint of the network, or of torchvision's or timm's as `archdsl weights`
            reads them; new weights if None. If it has the number of classes of the spec and
            `num_classes` is another, the classifier is new.
        fuse: True for a snapshot for fast inference on the device of the weights, which is the
            CPU; `cpu` or `cuda` to choose the steps.
        num_classes: number of classes; 0 for the pooled features. That of the spec if None.
        in_channels: channels of the input; those of the spec if None.
        output_stride: the largest stride of a map, 8 or 16 for segmentation: later layers are
            dilated instead of striding, with the same weights. That of the spec if None.
        features_only: return a module that returns a list of feature maps.
        out_indices: positions of these maps in `feature_info`; all maps if None.
        settings: parameters of the spec.

    Raises:
        ArchdslError: A401 for an unknown name, A422 without torch, A414 for arguments that do not
            fit each other or the network, errors of the spec as `archdsl.build` raises them, and
            those of the checkpoint: A401 to A403, A440, A443, A445, A446.
    """
    require("torch")
    if fuse and features_only:
        raise fail("A414", "a snapshot for inference has no feature maps", help="leave `fuse` out")
    written = name.with_settings(settings) if isinstance(name, Spec) else load(name, settings)
    if in_channels is not None:
        written = with_channels(written, in_channels)
    spec = written if num_classes is None else with_classes(written, num_classes)
    removed = num_classes == 0 and not fuse  # from the module, which can get another one later
    checked = check(written if removed else spec).require().with_output_stride(output_stride)
    network = _built(checked, fuse)
    if weights is not None:
        _load(network, Path(weights), checked, written)
    if removed:
        network.reset_classifier(0)
    ready: nn.Module = network
    if fuse:
        ready = network.eval().fuse()
    elif features_only:
        ready = network.features_only(out_indices)
    return ready


def _built(checked: Checked, fuse: bool | str) -> Any:
    """Return a newly initialised network."""
    from archdsl.loading import load_module, network_class

    return network_class(load_module(checked.emit(fuse=fuse, backbone=True)))()


def _load(network: nn.Module, path: Path, checked: Checked, written: Spec) -> None:
    """Load a checkpoint into a network; all its weights but those of another classifier."""
    from archdsl.apps.models.weights import weights_for

    graph = checked.graph
    state = weights_for(path, graph, graph if checked.spec is written else lower(written))
    network.load_state_dict({**network.state_dict(), **state})
