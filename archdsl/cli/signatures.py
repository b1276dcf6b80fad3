"""Options that are added to a command: typer reads them from the signature of what it calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Any

Command = Callable[..., int]


def option(name: str, annotation: Any, default: object = None) -> Parameter:
    """Return an option of a command as a parameter of its signature.

    Args:
        name: name of the parameter.
        annotation: its type with a `typer.Option`, in `Annotated`.
        default: its value if the option is not used.
    """
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def with_options(
    run: Command, command: Command, options: Sequence[Parameter], replaced: str = ""
) -> Command:
    """Give `run` the signature of a command, with more options.

    Args:
        run: what typer calls.
        command: the command that it calls.
        options: the options to add, as `option` returns them.
        replaced: the parameter of the command whose place they take; empty for none.
    """
    own = signature(command, eval_str=True)
    kept = [entry for name, entry in own.parameters.items() if name != replaced]
    parameters = [*kept, *options]
    run.__annotations__ = {entry.name: entry.annotation for entry in parameters}
    vars(run)["__signature__"] = own.replace(parameters=parameters)
    return run
