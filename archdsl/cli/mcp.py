"""`archdsl mcp`: a server of the Model Context Protocol, for coding assistants."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archdsl.cli import options
from archdsl.cli.assistant import Assistant
from archdsl.cli.render import texts
from archdsl.errors import ArchdslError, Exit
from archdsl.extras import require
from archdsl.version import __version__

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

INSTRUCTIONS = """archdsl describes the macro-architecture of neural networks in short YAML specs:
a unit, a rule for which earlier outputs a layer reads, and an aggregation. Use `networks` and
`read` for examples, `check` after every change of a spec, `show` for counts, `draw` for a picture,
`compile` for PyTorch code, and `explain` for the code of an error."""


@options.extending
def mcp(
    root: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", exists=True, file_okay=False, help="Folder that may be read."
        ),
    ] = Path(),
    write: Annotated[
        bool, typer.Option("--write", help="Also offer a tool that writes files in the folder.")
    ] = False,
    *,
    extend: options.Extend = (),
) -> int:
    """Serve tools for coding assistants (Model Context Protocol)."""
    require("mcp")
    server(Assistant(root, extend), write).run()
    return Exit.FINE


def server(assistant: Assistant, write: bool = False) -> MCPServer:
    """Return the server.

    Args:
        assistant: the tools and their folder.
        write: whether the tool that writes files is offered.
    """
    from mcp.server.mcpserver import MCPServer
    from mcp_types import ToolAnnotations

    built = MCPServer("archdsl", version=__version__, instructions=INSTRUCTIONS, log_level="ERROR")
    reading: list[Callable[..., Any]] = [
        assistant.networks, assistant.read, assistant.check, assistant.show, assistant.compile,
        assistant.explain, drawing(assistant),
    ]  # fmt: skip
    hints = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    for tool in reading:
        built.add_tool(reported(tool), annotations=hints, structured_output=False)
    if write:
        hints = ToolAnnotations(destructive_hint=False, idempotent_hint=True, open_world_hint=False)
        built.add_tool(reported(assistant.save), annotations=hints, structured_output=False)
    return built


def drawing(assistant: Assistant) -> Callable[..., Any]:
    """Return the tool `draw`, whose result is an image of the protocol."""
    from mcp.server.mcpserver import Image

    @functools.wraps(assistant.draw)
    def draw(*arguments: Any, **options: Any) -> Image:
        return Image(data=assistant.draw(*arguments, **options), format="png")

    return draw


def reported(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Return a tool whose errors are the text that the command line prints."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(tool)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return tool(*arguments, **options)
        except ArchdslError as error:
            raise ToolError(texts(error.diagnostics)) from None

    return run
