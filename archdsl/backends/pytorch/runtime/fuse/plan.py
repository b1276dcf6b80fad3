"""The steps of a plan, as records; pasted into emitted files.

The compiler makes them: see `archdsl/ir/steps.py`. Norms and layers with weights are named as in
the state dict. Named tuples need no entry in `sys.modules`, which a file that is run by a loader of
your own may not have; dataclasses do.
"""

from __future__ import annotations

from typing import NamedTuple


class ConvStep(NamedTuple):
    """A convolution: the norm with ReLU and the average pooling before it, what follows it."""

    conv: str
    pre_norm: str = ""
    pool: tuple[int, ...] = ()  # kernel and stride
    post_norm: str = ""
    relu: bool = False


class NormStep(NamedTuple):
    """A norm that is not folded into a convolution, and whether a ReLU follows."""

    norm: str
    relu: bool = False


class LayerStep(NamedTuple):
    """A layer without weights: its function and the numbers that this takes."""

    function: str
    numbers: tuple[int, ...] = ()


class LinearStep(NamedTuple):
    """A fully connected layer."""

    linear: str


class Fork(NamedTuple):
    """Marks where the projection of a unit branches off."""
