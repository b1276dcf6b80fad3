"""Where the files of a data set are, and what is said if they are not there or damaged."""

from __future__ import annotations

from pathlib import Path

from archdsl.apps.train.source.error import RunError

MOST_BYTES: int = 2**32  # of one file, so that a wrong size in it cannot fill the memory


class Folder:
    """The folder of a data set.

    Args:
        path: the folder, or one that has it as a subfolder.
        title: name of the data set.
        inner: names of subfolders that the files may be in.
        where: where to get the data set.
    """

    def __init__(self, path: Path, title: str, inner: tuple[str, ...], where: str) -> None:
        self.path, self.title, self.where = path, title, where
        self.folders = [path, *(path / name for name in inner)]

    def file(self, *names: str) -> Path:
        """Return the first of these files that exists. Raises RunError if there is none."""
        try:
            for path in (folder / name for folder in self.folders for name in names):
                if path.is_file():
                    self.folders = [path.parent]  # other files have to be of the same copy
                    return self.bounded(path)
        except OSError as error:
            raise RunError(f"{self.path} cannot be read ({error})") from None
        if self.path.is_file():
            raise RunError(f"{self.path} is a file: unpack it, and name the folder")
        missing = f"no {self.title} in {self.path}: {' or '.join(names)} is missing"
        raise RunError(f"{missing}. Get it from {self.where}")

    def bounded(self, file: Path) -> Path:
        """Return a file that is not too large. Raises RunError for one that is."""
        if file.stat().st_size > MOST_BYTES:
            raise self.damaged(file, f"it has more than {MOST_BYTES} bytes")
        return file

    def damaged(self, file: Path, reason: object) -> RunError:
        """Return the failure for a file that cannot be used.

        Args:
            file: the file.
            reason: what is wrong with it.
        """
        return RunError(f"{file} is damaged: {reason}. Get {self.title} again from {self.where}")
