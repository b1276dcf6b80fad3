"""`archdsl explain CODE`: explain a diagnostic, with a wrong and a right example."""

from __future__ import annotations

from importlib import resources
from typing import Annotated

import typer

from archdsl.codes import TITLES
from archdsl.errors import Exit, fail


def explain(
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="[CODE]...", help="Codes such as A210.")
    ] = None,
) -> int:
    """Explain diagnostic codes, or list all of them."""
    if not codes:
        print("\n".join(f"{code}  {title}" for code, title in TITLES.items()))
        return Exit.FINE
    for code in codes:
        print(explanation(code))
    return Exit.FINE


def explanation(code: str) -> str:
    """Return the text on a diagnostic code, in Markdown. Raise A414 if there is no such code."""
    if code.upper() not in TITLES:
        hint = "codes: `archdsl explain` lists them"
        raise fail("A414", f"`{code[:20]}` is not a code", help=hint)
    return resources.files("archdsl.explain").joinpath(f"{code.upper()}.md").read_text("utf-8")
