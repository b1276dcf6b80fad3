"""What keeps a stage from being run as one operator, at the time of a call."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import torch
from torch import nn


def stage_described(module: Any) -> tuple[Any, ...]:
    """Return the class of a module and what else the plan depends on, of a convolution."""
    if not isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return (type(module),)
    names = ("stride", "padding", "dilation", "groups", "padding_mode")
    return (type(module), module.bias is None, *(getattr(module, name) for name in names))


def stage_change(module: nn.Module, expected: tuple[Any, ...]) -> str:
    """Return in which way a module does not do what the plan says, or nothing.

    Args:
        module: the module.
        expected: what `stage_described` says of the module that the plan was made for.
    """
    name = type(module).__name__
    hooks = module._forward_hooks or module._forward_pre_hooks
    if hooks or module._backward_hooks or module._backward_pre_hooks:
        return f"a {name} has hooks"
    if stage_described(module) != expected or "forward" in module.__dict__:
        return f"a {name} was changed or put in place of another module"
    return ""


def stage_around() -> str:
    """Return what is active around all modules and needs them to be called, or nothing."""
    if torch.compiler.is_compiling():
        return ""
    if torch.jit.is_tracing():
        return "torch.jit traces the network"
    with suppress(AttributeError):  # none of it is public
        if torch.nn.modules.module._has_any_global_hook():
            return "there are hooks on all modules"
        functions = torch._C._functorch.peek_interpreter_stack() is not None
        if functions or torch.autograd.forward_ad._current_level >= 0:
            return "torch.func or forward-mode differentiation is active"
    return ""


def stage_recomputing() -> bool:
    """Return whether a checkpoint runs the forward pass again during the backward pass."""
    if torch.compiler.is_compiling():
        return False
    with suppress(AttributeError):  # not public
        return torch._C._current_graph_task_id() != -1
    return False
