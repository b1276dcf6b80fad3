"""`archdsl verify`: compare an emitted file with its spec and with the oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archdsl import api
from archdsl.backends.pytorch.provenance import Emitted, read_emitted
from archdsl.cli import inputs, options, terminal
from archdsl.cli.edited import emitted_again
from archdsl.cli.progress import working
from archdsl.cli.render import difference, visible
from archdsl.errors import Exit, fail
from archdsl.extras import require
from archdsl.lowering.limits import Limits


@options.limited()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that archdsl generated.")],
    spec: Annotated[
        Path | None,
        typer.Option("--spec", help="Compare with this spec instead of the one in the file."),
    ] = None,
    sets: options.Sets = None,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Compare a generated file with its spec and the oracle."""
    require("torch")
    emitted = read_emitted(file)
    with working(f"{file}: compiling its spec"):
        checked = (
            api.check(inputs.load(spec, options.settings(sets), extend=extend), limits)
            if spec
            else api.check_text(emitted.spec, emitted.settings, limits, extend=extend)
        )
        checked = checked.with_output_stride(emitted.output_stride)
    same_text(emitted, checked)
    with working(f"{file}: comparing with the oracle"):
        from archdsl.oracle.verification import Verification, verify_text

        result: Verification = verify_text(emitted.text, checked.graph, checked.report)
    terminal.say(f"file         {visible(str(emitted.path))} is what its spec makes, byte for byte")
    for name, verdict in result.lines():
        terminal.say(f"{name:<13}{verdict}")
    if result.problems:
        raise fail("A421", f"{file}: " + "; ".join(result.problems))
    terminal.say("ok")
    return Exit.FINE


def same_text(emitted: Emitted, checked: api.Checked) -> None:
    """Raise A420 if a file differs from what its spec compiles to; it is not run then.

    The difference is printed first.

    Args:
        emitted: the file, and the options that its header names.
        checked: the spec in the file, or the one to compare with.

    Raises:
        ArchdslError: A420 if one byte differs.
    """
    expected = emitted_again(emitted, checked)
    if expected == emitted.text:
        return
    print(difference(emitted.text, expected, str(emitted.path), "what its spec makes"), end="")
    raise fail(
        "A420",
        f"{emitted.path} is not what its spec makes; it was not run",
        note=emitted.made_by(),
        help="compile the spec again",
    )
