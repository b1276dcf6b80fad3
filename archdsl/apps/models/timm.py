"""Networks of archdsl in timm's registry: `timm.create_model("densenet-121")`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from archdsl.apps.models.create import create_model
from archdsl.errors import fail
from archdsl.extras import require
from archdsl.frontend.shipped import networks, specs

OWN = ("pretrained_cfg", "pretrained_cfg_overlay", "cache_dir")
"""Arguments of timm that are about its own weights."""


def register_timm() -> None:
    """Make `timm.create_model` and `timm.list_models` know the networks of archdsl by name.

    >>> import archdsl, timm  # doctest: +SKIP
    >>> archdsl.register_timm()  # doctest: +SKIP
    >>> timm.create_model("densenet-bc-100-12", num_classes=10, in_chans=1)  # doctest: +SKIP

    Names of archdsl have a hyphen, and those of timm do not, so none of timm's is replaced.

    Raises:
        ArchdslError: A422 if torch or timm is not installed.
    """
    require("torch", "timm")
    from timm.models import _registry

    for name in (*networks(), *specs()):
        _registry._model_entrypoints[name] = partial(_entry, name)
        _registry._model_to_module[name] = "archdsl"
        _registry._module_to_models["archdsl"].add(name)


def _entry(
    name: str, pretrained: bool = False, in_chans: int | None = None, features_only: bool = False,
    out_indices: Sequence[int] | None = None, **options: Any,
) -> Any:  # fmt: skip
    """Return a network, as an entry point of timm does.

    Args:
        name: the network.
        pretrained: must be false, as archdsl has no weights of its own.
        in_chans: channels of the input.
        features_only: return timm's module that returns feature maps.
        out_indices: positions of these maps; all if None.
        options: further arguments of `create_model`, and parameters of the spec.

    Raises:
        ArchdslError: A414 for `pretrained`, and as `create_model` does.
    """
    if pretrained:
        raise fail(
            "A414", f"archdsl has no weights of {name}", help="pass a checkpoint: weights=PATH"
        )
    own = {key: value for key, value in options.items() if key not in OWN}
    network: Any = create_model(name, in_channels=in_chans, **own)
    if not features_only:
        return network
    from timm.models._features import FeatureGetterNet

    chosen = range(len(network.FEATURES)) if out_indices is None else out_indices
    return FeatureGetterNet(network, out_indices=tuple(chosen))
