"""The options that set a picture for print: `draw` receives them as one `Figure`."""

from __future__ import annotations

from functools import wraps
from typing import Annotated, Any

import typer

from archdsl.apps.draw.figure import Figure, inches
from archdsl.apps.draw.themes import THEMES
from archdsl.cli.signatures import Command, option, with_options

PLAIN = Figure()
OPTIONS: dict[str, Any] = {
    "stage": Annotated[int | None, typer.Option(min=0, help="Draw this stage alone.")],
    "title": Annotated[str | None, typer.Option(help="The line above; empty for none.")],
    "caption": Annotated[str | None, typer.Option(help="The text below; empty for none.")],
    "width": Annotated[
        str | None, typer.Option(metavar="WIDTH", help="Such as 3.25in, 82mm, column or page.")
    ],
    "font": Annotated[str | None, typer.Option(metavar="FAMILY", help="The font of all texts.")],
    "theme": Annotated[str | None, typer.Option(metavar="|".join(THEMES), help="The colours.")],
    "background": Annotated[
        str | None, typer.Option(metavar="COLOUR", help="none, white, or such as #16181b.")
    ],
}
"""Option to its annotation. None of them has a default of its own."""


def figured(command: Command) -> Command:
    """Give a command these options. It receives them as its keyword argument `figure`."""

    @wraps(command)
    def run(**arguments: Any) -> int:
        chosen = {name: arguments.pop(name) for name in OPTIONS}
        width = chosen.pop("width")
        texts = {name: value for name, value in chosen.items() if value is not None}
        figure = Figure(width=None if width is None else inches(width), **texts)
        return command(**arguments, figure=figure)

    added = [option(name, annotation) for name, annotation in OPTIONS.items()]
    return with_options(run, command, added, "figure")
