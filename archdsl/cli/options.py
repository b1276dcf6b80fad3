"""The options that every command on a spec takes, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archdsl import api
from archdsl.errors import fail
from archdsl.lowering.limits import Limits

SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="A spec file.", show_default=False)]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Set a parameter of the spec, to a YAML value."
    ),
]
Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help="How findings are written to stderr.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite a file that archdsl did not generate.")
]
MaxLayers = Annotated[int, typer.Option("--max-layers", min=1, help="Most layers to build.")]
MaxLinks = Annotated[int, typer.Option("--max-links", min=1, help="Most links to build.")]
MaxPrimitives = Annotated[
    int,
    typer.Option(
        "--max-primitives", min=1, help="Most layers inside units, stem and head to build."
    ),
]
MaxParameters = Annotated[
    int, typer.Option("--max-parameters", min=1, help="Most parameters of a network.")
]
MaxBytes = Annotated[
    int,
    typer.Option(
        "--max-activation-bytes", min=1, help="Most bytes of activations (batch 1, float32)."
    ),
]
DEFAULT = Limits()


def settings(given: list[str] | None) -> dict[str, str]:
    """`--set` arguments by name. Raises ArchdslError (A414)."""
    found: dict[str, str] = {}
    for argument in given or []:
        name, equals, value = argument.partition("=")
        if not equals or not name.strip():
            raise fail("A414", f"`{argument}` is no setting", help="write --set depth=40")
        if name.strip() in found:
            raise fail("A414", f"`{name.strip()}` is set twice")
        found[name.strip()] = value
    return found


def checked(path: Path, given: list[str] | None, **limits: Any) -> api.Checked:
    """Load and check a spec as the options say."""
    return api.check(api.load(path, settings(given)), Limits(**limits))
