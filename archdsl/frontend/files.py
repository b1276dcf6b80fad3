"""Read untrusted files: bounded in size, without blocking, as plain text."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from archdsl.errors import ArchdslError, Source, fail
from archdsl.frontend.reader import BYTES

START = "start from `archdsl init`"


def read_file(path: Path) -> Source:
    """Return the text of a spec file. Raise ArchdslError (A001, A012, A401 to A403)."""
    name = str(path)
    return Source(name, decode(read_bytes(path, BYTES + 4), name))


def read_bytes(path: Path, most: int) -> bytes:
    """Return up to `most` bytes from the start of a regular file.

    A pipe or device is refused instead of waited for.

    Args:
        path: the file.
        most: the largest number of bytes to read.

    Raises:
        ArchdslError: A401 to A403 if the file is missing, not a regular file, or unreadable.
    """
    name = str(path)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise fail("A402", f"{name} is not a regular file")
            return _read_some(handle, most)
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None


def _read_some(handle: int, most: int) -> bytes:
    """Return up to `most` bytes; a single `os.read` may return fewer than there are."""
    content = b""
    while len(content) < most and (part := os.read(handle, most - len(content))):
        content += part
    return content


def decode(content: bytes, name: str) -> str:
    """Return UTF-8 bytes as text, with or without a byte order mark.

    Args:
        content: the bytes of a file, or its first `BYTES` + 4 if it is longer.
        name: name of the file, for diagnostics.

    Raises:
        ArchdslError: A001 if there are too many bytes, A012 if they are not UTF-8.
    """
    if len(content) > BYTES + 3:
        raise fail("A001", f"{name} is larger than {BYTES // 1024} KiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail(
            "A012", f"{name} is not UTF-8 at byte {error.start}", help="save it as UTF-8"
        ) from None


def plain_text(text: str) -> str:
    """Return the text without byte order mark; lines end with a line feed alone."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _unreadable(name: str, error: Exception) -> ArchdslError:
    if isinstance(error, FileNotFoundError):
        return fail("A401", f"there is no file {name}", help=START)
    if isinstance(error, IsADirectoryError):
        return fail("A402", f"{name} is a folder")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return fail("A403", f"{name} cannot be read: {reason}")
