"""`archdsl serve`: a page on which a spec is edited, and everything else follows."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from archdsl.apps.compare.entries import vary
from archdsl.apps.explorer.page import Start
from archdsl.apps.explorer.static import static as static_page
from archdsl.cli import files, inputs, options
from archdsl.errors import Exit, Source, fail
from archdsl.extras import require
from archdsl.frontend.dump import flow
from archdsl.frontend.files import read_file
from archdsl.lowering.limits import Limits

LOCAL = ("127.0.0.1", "localhost", "[::1]")


@options.limited()
def serve(
    spec: options.SpecPath,
    sets: options.Sets = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 for any free port.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Others than this machine can reach 0.0.0.0.")
    ] = "127.0.0.1",
    static: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page that needs no server instead."),
    ] = None,
    varied: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="NAME=A,B", help="With --static: values to choose from."),
    ] = None,
    force: options.Force = False,
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Serve a page on which a spec is edited; the rest follows."""
    require("pygraphviz")
    source, settings = begun(spec, extend)
    if static is not None:
        files.form(static, ["html"], "--static")
        files.allowed(static, spec, force)
        page = static_page(
            source, {**settings, **options.settings(sets)}, vary(varied or []), limits=limits,
            extend=extend,
        )  # fmt: skip
        files.deliver(static, page, spec=spec, force=force)
    elif varied or sets:
        raise fail("A414", "--vary and --set are for --static", help="the page has fields for them")
    else:
        run(Start(source.text, settings), limits, extend, host, port)
    return Exit.FINE


def begun(spec: Path, extend: options.Extend) -> tuple[Source, dict[str, str]]:
    """Return the text and the settings that the page begins with.

    A file with errors is served too: the page is where they are fixed.

    Args:
        spec: a spec file, a generated file, the name of a network, or `-`.
        extend: custom rules, units, aggregations and layers.
    """
    if spec.is_file() and spec.suffix != ".py":
        return read_file(spec), {}
    loaded = inputs.load(spec, extend=extend)
    settings = {name: flow(value) for name, value in loaded.settings.items()}
    return loaded.document.source, settings


def run(start: Start, limits: Limits, extend: options.Extend, host: str, port: int) -> None:
    """Serve until Ctrl-C.

    Args:
        start: the spec that the page begins with, and its settings.
        limits: how large a network may be.
        extend: custom rules, units, aggregations and layers.
        host: the address to listen on.
        port: 0 for any free port.

    Raises:
        ArchdslError: A414 if the address cannot be listened on, A422 without starlette or uvicorn.
    """
    require("starlette", "uvicorn")
    import uvicorn

    from archdsl.apps.explorer.server import application

    listening = listen(host, port)
    port = listening.getsockname()[1]
    print(
        f"serving  http://{'127.0.0.1' if local(host) else host}:{port}/  until Ctrl-C", flush=True
    )
    hosts = list(LOCAL) if local(host) else ["*"]
    config = uvicorn.Config(application(start, limits, extend, hosts), log_level="error")
    uvicorn.Server(config).run([listening])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: the address.
        port: 0 for any free port.

    Raises:
        ArchdslError: A414 if the address is taken, or is not one of this machine.
    """
    try:
        return socket.create_server((host, port), reuse_port=False)
    except OSError as error:
        raise fail(
            "A414", f"cannot listen on {host[:60]}:{port}: {error.strerror}", help="try --port 0"
        ) from None


def local(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
