"""`archdsl schema`: print the JSON Schema of the language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from archdsl.apps.train.recipe.schema import recipe_schema
from archdsl.cli import options, terminal
from archdsl.cli.files import write
from archdsl.cli.render import visible
from archdsl.errors import Exit
from archdsl.frontend.json_schema import json_schema


@options.extending
def schema(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Output file; stdout if not given.")
    ] = None,
    recipe: Annotated[
        bool, typer.Option("--recipe", help="Of recipes, in place of specs.")
    ] = False,
    *,
    extend: options.Extend = (),
) -> int:
    """Print the JSON Schema of the language, for editors."""
    text = json.dumps(recipe_schema() if recipe else json_schema(extend), indent=2) + "\n"
    if output is None:
        print(text, end="")
    elif write(output, text, force=True):
        terminal.say(f"wrote  {visible(str(output))}")
    return Exit.FINE
