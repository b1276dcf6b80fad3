"""Recordings that wait for their next input; pasted into emitted files."""

from __future__ import annotations

from typing import Any


class FusedPool:
    """The recordings used last that no thread is running.

    A run takes its recording out and puts it back, so two threads never share memory. Each access
    is one operation on a list, which Python makes atomic: there is no lock to wait for, and none
    that a forked process could inherit.
    """

    MOST = 8  # recordings to keep, over all shapes of input

    def __init__(self) -> None:
        self.idle: list[tuple[Any, Any]] = []

    def take(self, key: Any) -> Any:
        """Remove a recording for this key and return it; None if there is none."""
        for entry in reversed(self.idle.copy()):
            if entry[0] == key:
                try:
                    self.idle.remove(entry)
                except ValueError:  # another thread took it
                    continue
                return entry[1]
        return None

    def give(self, key: Any, recording: Any) -> None:
        """Keep a recording for the next input, and drop those that were not used for longest.

        Args:
            key: what `take` finds it by: the input's shape, and the switches of the device.
            recording: a `FusedRecording` or `FusedGraph` that no thread is running.
        """
        self.idle.append((key, recording))
        del self.idle[: -self.MOST]
