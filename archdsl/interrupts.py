"""End the command on Ctrl-C at once, unless something has to be cleaned up first.

KeyboardInterrupt is raised between any two lines, also within the imports of torch and matplotlib
and within the shutdown of the interpreter, where it is lost, becomes another error, or ends in a
traceback. So the process exits with 130 immediately. Where files, children or the terminal
have to be cleaned up, or results are shown so far, `raised` brings the exception back.

Only the command itself changes the handler: a program that imports archdsl keeps its own, and a
process that ignores SIGINT, as background jobs do, continues to ignore it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT = 130

CLEANUP: list[Callable[[], object]] = []
"""What is called, last entry first, before the process ends at once: quick and without errors."""


def end_at_once() -> None:
    """End the process on Ctrl-C from now on, if it is the command."""
    if _is_command() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


@contextmanager
def raised() -> Iterator[None]:
    """Raise KeyboardInterrupt on Ctrl-C within this block, as Python does, in its main thread."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not _end:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _end)


def ignore() -> None:
    """Ignore Ctrl-C; call it when the exit code is decided and only the shutdown remains."""
    if signal.getsignal(signal.SIGINT) in {_end, signal.default_int_handler}:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end(*_: object) -> None:
    for clean in reversed(CLEANUP):
        clean()
    os._exit(EXIT)


def _is_command() -> bool:
    """Return whether this process is `archdsl` or `python -m archdsl`."""
    program, words = (sys.argv or [""])[0], sys.orig_argv
    if program == "-m":  # while Python looks for the module
        return "-m" in words and words[words.index("-m") + 1 :][:1] == ["archdsl"]
    return os.path.basename(program) in {"archdsl", "archdsl.exe"}  # noqa: PTH119 (light imports)
