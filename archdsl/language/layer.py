"""A layer that a user defines: its word, its module of torch.nn, and what archdsl asks about it.

Shapes are (features, *rest) without the batch: (64, 32, 32) is 64 channels of 32 x 32 pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from archdsl.language.layers import LayerWords

Shape = tuple[int, ...]

RESERVED = frozenset({
    "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile", "cpu",
    "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer",
    "get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "load_state_dict",
    "modules", "mtia", "named_buffers", "named_children", "named_modules", "named_parameters",
    "parameters", "projection", "read", "register_backward_hook", "register_buffer",
    "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook", "register_module", "register_parameter",
    "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_",
    "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train",
    "training", "type", "xpu", "zero_grad",
})  # fmt: skip
"""Words that no layer may have: a module has attributes with these names."""


class Layer(LayerWords):
    """A primitive layer, computed by a class of `torch.nn`.

    A subclass sets `layer: Literal["word"]`, the numbers that a spec gives, `module`, `arguments`
    and `compute`. Every method with an input shape may rely on `problem(shape)` being None.
    """

    bare: ClassVar[bool] = True

    module: ClassVar[str] = ""
    """The class of `torch.nn` that computes the layer, such as `GroupNorm`."""

    keeps_input: ClassVar[bool] = True
    """Whether autograd keeps the layer's input for the backward pass."""

    keeps_result: ClassVar[bool] = False
    """Whether autograd keeps the layer's result for the backward pass."""

    normalises: ClassVar[bool] = False
    """Whether its weights count as those of a norm: in a projection, and in counts of norms."""

    def problem(self, shape: Shape) -> str | None:
        """Return why the layer cannot take an input of this shape; None if it can."""
        return None

    def output(self, shape: Shape) -> Shape:
        """Return the shape of the result for an input of this shape."""
        return shape

    def arguments(self, shape: Shape) -> Mapping[str, int | float | bool]:
        """Return the keyword arguments of `module`'s constructor."""
        return {}

    def weights(self, shape: Shape) -> Mapping[str, Shape]:
        """Return the shapes of the parameters by name, in the order of the module's state dict."""
        return {}

    def statistics(self, shape: Shape) -> Mapping[str, Shape]:
        """Return the shapes of the buffers by name, in the order of the module's state dict."""
        return {}

    def macs(self, shape: Shape) -> int:
        """Return the multiply-adds for one input of this shape."""
        return 0

    def window(self, shape: Shape) -> tuple[int, int]:
        """Return the side and the stride of the window that one pixel of the result reads."""
        return 1, 1

    def kept_bytes(self, shape: Shape) -> int:
        """Return the bytes that autograd keeps beside input and result, for one float32 input."""
        return 0

    def compute(self, x: Any, own: Mapping[str, Any], training: bool) -> Any:
        """Return the layer's result, computed plainly: what the module is verified against.

        Args:
            x: the input, a tensor of shape (N, *shape).
            own: the layer's parameters and buffers by name; buffers are updated in place.
            training: whether the network is trained.
        """
        raise NotImplementedError(f"`{self.layer}` has no `compute`")
