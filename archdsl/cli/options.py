"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archdsl import api
from archdsl.apps.checkpoint import SUFFIXES
from archdsl.cli import inputs
from archdsl.cli.extend import extensions
from archdsl.cli.progress import working
from archdsl.cli.signatures import Command, option, with_options
from archdsl.errors import fail
from archdsl.frontend.extending import Extension
from archdsl.lowering.limits import Limits

SPEC_HELP = "A spec or a generated file, a name of `archdsl list`, or - for standard input."
SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help=SPEC_HELP, show_default=False)]
SpecPaths = Annotated[
    list[Path],
    typer.Argument(metavar="SPEC...", help="Spec files, or names of networks.", show_default=False),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Set a parameter of the spec to a YAML value."
    ),
]
Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help="Format of diagnostics on stderr.")
]
Checkpoint = Annotated[
    Path,
    typer.Argument(metavar="CHECKPOINT", help="A file with a state dict.", show_default=False),
]
StateDict = Annotated[
    Path,
    typer.Option(
        "-o", "--output", metavar="FILE", show_default=False,
        help=f"Output file: {', '.join(f'.{suffix}' for suffix in SUFFIXES)}.",
    ),
]  # fmt: skip
"""Where a state dict is written."""
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.npy",
        help="Images as the network reads them, for shares that depend on the input.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Overwrite a file that archdsl did not generate, or that was edited."
    ),
]
Extend = tuple[Extension, ...]
"""What a command receives for `--extend`: custom rules, units, aggregations and layers."""

DEFAULT = Limits()
LIMITS = {
    "layers": ("--max-layers", "Maximum number of layers."),
    "links": ("--max-links", "Maximum number of links."),
    "parameters": ("--max-parameters", "Maximum number of parameters."),
    "activation_bytes": (
        "--max-activation-bytes", "Maximum bytes of activations (batch 1, float32).",
    ),
    "primitives": ("--max-primitives", "Maximum number of layers inside units, stem and head."),
}  # fmt: skip
"""Field of `Limits` to its option and help text."""

BUILT = ("layers", "links", "primitives")
"""Limits of a command that builds graphs, but does not count parameters or activations."""


def limited(*names: str) -> Callable[[Command], Command]:
    """Give a command one option for each of these limits, or for all of them if none is named.

    The command receives them as one keyword argument `limits`, of type `Limits`. A command with a
    keyword argument `extend` gets the option `--extend` too, as with `extending`.
    """

    def decorate(command: Command) -> Command:
        if "extend" in signature(command).parameters:
            command = extending(command)

        @wraps(command)
        def run(**arguments: Any) -> int:
            chosen = {name: arguments.pop(f"max_{name}") for name in names or LIMITS}
            return command(**arguments, limits=Limits(**chosen))

        return with_options(run, command, [_limit(name) for name in names or LIMITS], "limits")

    return decorate


def extending(command: Command) -> Command:
    """Give a command the option `--extend`.

    The command receives the classes in the files as its keyword argument `extend`.
    """

    @wraps(command)
    def run(**arguments: Any) -> int:
        return command(**{**arguments, "extend": extensions(arguments["extend"] or ())})

    return with_options(run, command, [EXTEND], "extend")


EXTEND = option(
    "extend",
    Annotated[
        list[Path] | None,
        typer.Option(
            "--extend", metavar="FILE.py[:NAME]",
            help="Run a Python file of yours, or load an entry point of a package, and add its "
            "rules, units, aggregations and layers to the language.",
        ),
    ],
)  # fmt: skip


def _limit(name: str) -> Parameter:
    """Return the option of a limit."""
    flag, text = LIMITS[name]
    limit = Annotated[int, typer.Option(flag, min=1, help=text)]
    return option(f"max_{name}", limit, getattr(DEFAULT, name))


def one_of(chosen: dict[str, bool]) -> str:
    """Return the one output format that is chosen, or `text` if none is.

    >>> one_of({"json": True, "csv": False})
    'json'

    Raises:
        ArchdslError: A414 if several are chosen.
    """
    kinds = [kind for kind, wanted in chosen.items() if wanted]
    if len(kinds) > 1:
        names = " and ".join(f"--{kind}" for kind in kinds[:2])
        raise fail("A414", f"{names} exclude each other", help="choose one")
    return kinds[0] if kinds else "text"


def settings(arguments: list[str] | None) -> dict[str, str]:
    """Return the values of `--set NAME=VALUE` arguments by name.

    >>> settings(["depth=40", "growth=[8, 16]"])
    {'depth': '40', 'growth': '[8, 16]'}

    Raises:
        ArchdslError: A414 if an argument has no name or value, or a name is set twice.
    """
    values: dict[str, str] = {}
    for argument in arguments or []:
        name, equals, value = argument.partition("=")
        if not equals or not name.strip():
            raise fail("A414", f"`{argument}` is not a setting", help="write --set depth=40")
        if name.strip() in values:
            raise fail("A414", f"`{name.strip()}` is set twice")
        values[name.strip()] = value
    return values


def checked(path: Path, sets: list[str] | None, limits: Limits, extend: Extend = ()) -> api.Checked:
    """Load and check a spec.

    Args:
        path: the spec file.
        sets: the arguments of `--set`, or None.
        limits: how large the network may be.
        extend: custom rules, units, aggregations and layers.

    Raises:
        ArchdslError: as `api.load` and `api.check` do, and A414 for an invalid `--set`.
    """
    spec = inputs.load(path, settings(sets), extend=extend)
    with working(f"{spec.name}: counting"):
        return api.check(spec, limits)
