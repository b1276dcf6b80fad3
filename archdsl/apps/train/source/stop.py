"""A clean stop on Ctrl-C and SIGTERM."""

from __future__ import annotations

import signal
import threading
from typing import Any

from archdsl.apps.train.source.world import World


class Stop:
    """Remembers a signal until the step is done. A second one ends the process at once.

    Args:
        world: the processes, which have to stop after the same step.
    """

    def __init__(self, world: World) -> None:
        self.world, self.signal = world, 0
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.note)

    def note(self, number: int, frame: Any) -> None:
        """Remember a signal.

        Args:
            number: of the signal.
            frame: not used.
        """
        if self.signal:
            raise KeyboardInterrupt
        self.signal = number

    def asked(self, step: int) -> int:
        """Return the signal that asks the processes to stop, or 0.

        Args:
            step: of the run. Asking each other makes accelerators wait: each tenth step is enough.
        """
        if self.world.device.type == "cuda" and step % 10 and self.world.size > 1:
            return 0
        return int(max(self.world.gathered(self.signal)))
