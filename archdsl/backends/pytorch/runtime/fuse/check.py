"""Whether a network is what its plan was made for; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class FusedError(RuntimeError):
    """A network cannot be fused, or a fused network cannot do what is asked of it."""


FUSED_FREE: tuple[str, ...] = (
    "training", "momentum", "in_channels", "out_channels", "in_features", "out_features",
    "num_features",
)  # fmt: skip
"""Attributes of modules that the steps do not depend on, or that weights decide."""

FUSED_CALLS: tuple[str, ...] = (
    "__call__", "_wrapped_call_impl", "_call_impl", "forward", "_conv_forward",
)  # fmt: skip
"""Methods that compute a module's output."""

FUSED_HOOKS: tuple[str, ...] = (
    "_global_forward_pre_hooks", "_global_forward_hooks", "_global_backward_pre_hooks",
    "_global_backward_hooks",
)  # fmt: skip
"""Where torch keeps the hooks that every module calls."""


def fused_check(network: nn.Module, kind: type[nn.Module]) -> dict[str, nn.Module]:
    """Return the modules of a fresh network without memory, by name.

    Raise FusedError unless a network is what its class makes, with any weights, in eval mode: the
    same modules of the same classes as the fresh one, with the same attributes and the same kinds
    of weights.

    Args:
        network: the network to fuse.
        kind: the class that the plan was made for; its constructor takes no required arguments.

    Returns:
        Modules on the meta device, by their dotted names; the name of the network itself is "".

    Raises:
        FusedError: if the network differs from a fresh one, is in training mode or has hooks, with
            the name of the module and the reason.
    """
    if type(network) is not kind:
        raise FusedError(f"fuse() is for {kind.__name__} itself, not for {type(network).__name__}")
    with torch.device("meta"), FusedEmpty():
        fresh = dict(kind().named_modules(remove_duplicate=False))
    modules = dict(network.named_modules(remove_duplicate=False))
    if strange := [*(modules.keys() ^ fresh.keys())]:
        raise FusedError(f"{min(strange)} was added to the network, removed or replaced")
    for name, module in modules.items():
        if problem := fused_problem(module, fresh[name]):
            raise FusedError(f"{name or 'the network'} {problem}")
    if any(getattr(nn.modules.module, name) for name in FUSED_HOOKS):
        raise FusedError("a hook for all modules is registered")
    return fresh


class FusedEmpty(torch.overrides.TorchFunctionMode):
    """Leaves new weights as they are: those of a network without memory need no values."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Skip functions that write in place, such as initialisers."""
        keywords = kwargs or {}
        name = getattr(func, "__name__", "")
        if name.endswith("_") and not name.endswith("__"):
            return args[0] if args else keywords["tensor"]
        return func(*args, **keywords)


def fused_problem(module: nn.Module, fresh: nn.Module) -> str:
    """Return how a module differs from a fresh one in what its output depends on, or "".

    Args:
        module: a module of the network.
        fresh: the module of the same name in a fresh network.
    """
    own, cls = vars(module), type(module)
    if cls is not type(fresh):
        return f"is a {cls.__name__}, not a {type(fresh).__name__} as compiled"
    if module.training:
        return "is in training mode: call network.eval()"
    if module._forward_hooks or module._forward_pre_hooks:
        return "has a forward hook"
    for name in FUSED_CALLS:
        method = getattr(cls, name, None)
        if name in own or (method and not fused_original(cls, name)):
            return f"has another {name}() than its class was written with"
    for name, value in vars(fresh).items():
        if name in FUSED_FREE or name.startswith("_"):
            continue
        if name not in own or type(own[name]) is not type(value) or own[name] != value:
            return f"has {name} = {own.get(name)!r}, not {value!r} as compiled"
    return fused_unlike(module._parameters, fresh._parameters) or fused_unlike(
        module._buffers, fresh._buffers
    )


def fused_original(cls: type, name: str) -> bool:
    """Whether a method is a function of the module that defines its class."""
    owner = next(base for base in cls.__mro__ if name in vars(base))
    scope = getattr(vars(owner)[name], "__globals__", {})
    return bool(scope.get("__name__") == owner.__module__)


def fused_unlike(own: dict[str, Any], fresh: dict[str, Any]) -> str:
    """Return how the tensors of a module differ in kind from a fresh module's, or "".

    Args:
        own: parameters or buffers of a module by name.
        fresh: those of the fresh module.
    """
    for name in own.keys() | fresh.keys():
        value, wanted = own.get(name), fresh.get(name)
        if value is None and wanted is None:
            continue
        if value is None or wanted is None or type(value) not in (Tensor, nn.Parameter):
            return f"has another {name} than its class makes"
        if value.layout != torch.strided or value.is_meta or value.dim() != wanted.dim():
            return f"has a {name} without numbers, or of another layout"
        if value.is_floating_point() != wanted.is_floating_point():
            return f"has a {name} of {value.dtype}"
    return ""


def fused_weight(network: nn.Module) -> Tensor:
    """Return a weight for its dtype and device. Raise FusedError if weights differ in them."""
    tensors = [x for x in (*network.parameters(), *network.buffers()) if x.is_floating_point()]
    if len({(x.dtype, x.device) for x in tensors}) > 1:
        raise FusedError("the weights differ in dtype or device")
    return tensors[0] if tensors else torch.empty(0)
