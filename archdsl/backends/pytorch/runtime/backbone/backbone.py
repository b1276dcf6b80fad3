"""The methods of a network that is a backbone; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Backbone(nn.Module):
    """What timm offers for every network: features in two halves, a new classifier, feature maps.

    A subclass has `forward_features` and `forward_head`. `FEATURES` has channels, reduction and
    module of each feature map, and `CLASSIFIER` the name of the last layer, if that is linear.
    """

    FEATURES: tuple[tuple[int, int, str], ...] = ()
    CLASSIFIER = ""
    head_hidden_size = 0
    grad_checkpointing = False

    @property
    def feature_info(self) -> list[dict[str, Any]]:
        """Channels, reduction (pixels of the input for each pixel) and module of each map."""
        keys = ("num_chs", "reduction", "module")
        return [dict(zip(keys, feature, strict=True)) for feature in self.FEATURES]

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 without a classifier."""
        return int(getattr(self.get_classifier(), "out_features", 0))

    def get_classifier(self) -> nn.Module:
        """Return the last linear layer, or an identity if there is none."""
        return self.get_submodule(self.CLASSIFIER) if self.CLASSIFIER else nn.Identity()

    def reset_classifier(self, num_classes: int) -> None:
        """Replace the classifier by a new one; 0 removes it, so that features are returned.

        Args:
            num_classes: number of classes, or 0.

        Raises:
            ValueError: if the network does not end with a linear layer.
        """
        if not self.CLASSIFIER:
            raise ValueError("this network does not end with a linear layer that can be replaced")
        part, _, name = self.CLASSIFIER.rpartition(".")
        classifier: nn.Module = nn.Identity()
        if num_classes:
            like = next(self.parameters())
            linear = nn.Linear(self.head_hidden_size, num_classes)
            nn.init.zeros_(linear.bias)
            classifier = linear.to(like.device, like.dtype)
        setattr(self.get_submodule(part), name, classifier.train(self.training))

    def set_grad_checkpointing(self, enable: bool = True) -> None:
        """Keep only the outputs of stages for the backward pass, which runs stages again.

        Args:
            enable: turn it on or off.
        """
        self.grad_checkpointing = enable

    def run(self, stage: nn.Module, *inputs: Any) -> Any:
        """Run a stage, by checkpointing if that is on.

        Args:
            stage: the stage.
            inputs: its inputs: a map, and for a network with drop-path the paths that are kept.
        """
        checkpointing = self.grad_checkpointing and torch.is_grad_enabled()
        if not checkpointing:
            return stage(*inputs)
        return torch.utils.checkpoint.checkpoint(stage, *inputs, use_reentrant=False)

    def tap(self, x: Tensor, maps: list[Tensor] | None) -> Tensor:
        """Return a feature map, and add it to `maps` if that is a list.

        Args:
            x: the map, of shape (N, C, H, W).
            maps: the maps that are collected, or None.
        """
        if maps is not None:
            maps.append(x)
        return x

    def forward_features(self, x: Tensor, maps: list[Tensor] | None = None) -> Tensor:
        """Return the last feature map; every network has this method of its own.

        Args:
            x: images of shape (N, C, H, W).
            maps: a list that the maps of `feature_info` are added to, or None.
        """
        raise NotImplementedError

    def forward_intermediates(
        self, x: Tensor, indices: int | list[int] | tuple[int, ...] | None = None,
        norm: bool = False, stop_early: bool = False, output_fmt: str = "NCHW",
        intermediates_only: bool = False,
    ) -> Any:  # fmt: skip
        """Return the last feature map and a list of maps, as timm does; or the list alone.

        Args:
            x: images of shape (N, C, H, W).
            indices: positions in `feature_info`; a number for the last ones, None for all.
            norm: not used: the last map is normalised where the network does that.
            stop_early: not used: all maps are computed.
            output_fmt: `NCHW`.
            intermediates_only: return the list alone.
        """
        maps: list[Tensor] = []
        x = self.forward_features(x, maps)
        chosen = [maps[index] for index in self.indices(indices)]
        return chosen if intermediates_only else (x, chosen)

    def indices(self, chosen: int | list[int] | tuple[int, ...] | None) -> list[int]:
        """Return positions of maps: all, the last ones, or those that are listed."""
        count = len(self.FEATURES)
        if chosen is None:
            return list(range(count))
        if isinstance(chosen, int):
            return list(range(count - chosen, count))
        return [index % count if -count <= index < count else index for index in chosen]

    def features_only(self, out_indices: list[int] | tuple[int, ...] | None = None) -> FeatureMaps:
        """Return a module that returns feature maps; it shares the weights of this network.

        Args:
            out_indices: positions in `feature_info`; all maps if None.
        """
        return FeatureMaps(self, self.indices(out_indices))


class FeatureMaps(nn.Module):
    """A network that returns a list of its feature maps instead of classes."""

    def __init__(self, network: Backbone, out_indices: list[int]) -> None:
        super().__init__()
        self.network = network
        self.out_indices = out_indices
        self.feature_info = [network.feature_info[index] for index in out_indices]

    def channels(self) -> list[int]:
        """Return the channels of each map."""
        return [feature["num_chs"] for feature in self.feature_info]

    def reduction(self) -> list[int]:
        """Return the reduction of each map: pixels of the input for each pixel of the map."""
        return [feature["reduction"] for feature in self.feature_info]

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the maps."""
        maps: list[Tensor] = []
        self.network.forward_features(x, maps)
        return [maps[index] for index in self.out_indices]
