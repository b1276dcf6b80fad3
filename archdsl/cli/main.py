"""The entry point: one handler for everything that can go wrong, and the exit codes."""

from __future__ import annotations

import ast
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from io import StringIO, TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer

from archdsl import interrupts
from archdsl.cli import terminal
from archdsl.cli.render import report, visible
from archdsl.errors import ArchdslError, Exit
from archdsl.version import __version__

COMMANDS = {
    "compile": "compile",
    "check": "show",
    "show": "show",
    "draw": "draw",
    "compare": "compare",
    "diff": "diff",
    "heatmap": "heatmap",
    "report": "report",
    "list": "list",
    "schema": "schema",
    "init": "init",
    "verify": "verify",
    "train": "train",
    "export": "export",
    "weights": "weights",
    "transplant": "transplant",
    "ablate": "ablate",
    "reproduce": "reproduce",
    "reconcile": "reconcile",
    "solve": "solve",
    "scaling": "scaling",
    "explain": "explain",
    "mcp": "mcp",
    "serve": "serve",
}
"""Command to the module of `archdsl.cli` with the function of that name."""


ASKS_FOR_LIST: tuple[list[str], ...] = ([], ["-h"], ["--help"])
"""Arguments that list the commands and run none, so that none has to be imported."""


def application(arguments: Sequence[str]) -> typer.Typer:
    """Return an application with the command that the arguments name, or with all commands.

    Only these commands are imported.
    """
    app = typer.Typer(
        name="archdsl",
        help="Compile YAML specs of neural-network topologies to PyTorch files.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    if [*arguments] in ASKS_FOR_LIST:
        for name in COMMANDS:
            app.command(name, help=summary(name))(lambda: None)
        return app
    for name in [arguments[0]] if arguments and arguments[0] in COMMANDS else COMMANDS:
        module = import_module(f"archdsl.cli.{COMMANDS[name]}")
        app.command(name)(terminal.with_flags(getattr(module, name)))
    return app


def summary(name: str) -> str:
    """Return the first line of a command's docstring, without importing the command."""
    path = Path(__file__).with_name(f"{COMMANDS[name]}.py")
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    raise AssertionError(name)


def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Print the version if `--version` is given without a command."""


def main() -> NoReturn:
    """Run a command and leave with its exit code."""
    gc.disable()  # importing makes many objects and next to no garbage; `run` turns it on again
    code: int = Exit.INTERRUPTED
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        code = flushed(run())
    except KeyboardInterrupt:  # a second Ctrl-C, while the first is being reported
        pass
    except OSError:  # stderr cannot be written, so the error cannot be reported
        code = Exit.USAGE
        discard(sys.stderr)
    interrupts.ignore()
    if "torch" not in sys.modules:  # its native parts complain of objects that are not freed
        gc.freeze()  # at exit, the interpreter would search all objects for garbage
    sys.exit(code)


def flushed(code: int) -> int:
    """Flush stdout and return the exit code, or that of an error if flushing fails."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        discard(sys.stdout)
        return code or system(error)
    return code


def discard(stream: TextIO | None) -> None:
    """Discard buffered output, which the interpreter would otherwise try to write at exit."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run() -> int:
    """Run the command in `sys.argv` and return its exit code; failures become exit codes too."""
    try:
        terminal.CHOSEN.quiet = terminal.CHOSEN.plain = False
        if sys.argv[1:] == ["--version"]:
            print(f"archdsl {__version__}")
            return Exit.FINE
        arguments = terminal.command_first(sys.argv[1:])
        app = application(arguments)
        collect_garbage()
        return int(app(arguments, standalone_mode=False) or Exit.FINE)
    except ArchdslError as error:
        writes = sys.argv[1:2] in (["compile"], ["export"], ["init"], ["weights"], ["transplant"])
        report(error.diagnostics, form(), "Nothing written. " if writes else "")
        return error.exit
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # raised by typer for a closed pipe
            return Exit.FINE
        raise
    except MemoryError:
        print("error: there is not enough memory", file=sys.stderr)
        return Exit.LIMIT
    except OSError as error:
        return system(error)
    except Exception as error:
        if hasattr(error, "exit_code"):
            return usage(error)
        return in_extension(error) or bug(error)


def collect_garbage() -> None:
    """Turn the garbage collector on if it is off; it skips the objects that exist already."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def form() -> str:
    """Return the format of diagnostics, even if the arguments could not be parsed."""
    arguments = sys.argv
    chosen = [value for option, value in pairwise(arguments) if option == "--format"]
    return "json" if "json" in chosen or "--format=json" in arguments else "text"


def system(error: OSError) -> int:
    """Report an error of the operating system, such as a full disk; ignore a closed pipe."""
    if isinstance(error, BrokenPipeError):
        return Exit.FINE
    where = f"{visible(os.fsdecode(error.filename))}: " if error.filename else ""
    print(f"error: {where}{error.strerror or error}", file=sys.stderr)
    return Exit.USAGE


def usage(error: Exception) -> int:
    """Report an error of the argument parser."""
    if type(error).__name__ in {"Abort", "Exit"}:
        return int(getattr(error, "exit_code", Exit.INTERRUPTED))
    message = StringIO()
    error.show(file=message)  # type: ignore[attr-defined]
    for line in message.getvalue().splitlines():
        print(visible(line, 1_000), file=sys.stderr)
    return Exit.USAGE


def in_extension(error: Exception) -> int:
    """Report an error in a file of `--extend`, and return its exit code; 0 for any other error."""
    extend = sys.modules.get("archdsl.cli.extend")
    finding = extend.failure(error) if extend else None
    if finding is None:
        return Exit.FINE
    report([finding], form())
    return int(finding.exit)


def bug(error: Exception) -> int:
    """Report a bug in archdsl in a few lines, with its position in the source."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 (a name, no file)
    print(f"archdsl {__version__} has a bug: {type(error).__name__} at {place}", file=sys.stderr)
    print(f"  {ascii(str(error))[:300]}", file=sys.stderr)
    print("  please report it with the spec; nothing was written", file=sys.stderr)
    if os.environ.get("ARCHDSL_TRACEBACK"):
        traceback.print_exc()
    return Exit.BUG
