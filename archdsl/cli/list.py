"""`archdsl list`: the networks that come with archdsl."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from archdsl.aligned import aligned
from archdsl.cli import options
from archdsl.errors import Exit, fail
from archdsl.frontend.shipped import Named, networks

HEAD = ("name", "parameters", "spec", "paper")


def list(
    word: Annotated[
        str, typer.Argument(metavar="[WORD]", help="List only names that contain this word.")
    ] = "",
    as_json: options.Json = False,
) -> int:
    """List the published networks that have a name."""
    chosen = [named for named in networks().values() if word in named.name or word in named.spec]
    if not chosen:
        raise fail(
            "A414",
            f"no network has `{word[:80]}` in its name",
            help="leave the word out to list all of them",
        )
    print(json.dumps([asdict(named) for named in chosen], indent=2) if as_json else table(chosen))
    return Exit.FINE


def table(chosen: Iterable[Named]) -> str:
    """Return one line for each network: name, parameters, spec and paper."""
    rows = [(named.name, f"{named.parameters:,}", named.spec, named.paper) for named in chosen]
    return "\n".join(aligned([HEAD, *rows], "<><<"))
