"""The commands: parse arguments, call one verb, print. Results on stdout, messages on stderr."""

import gc

# A command is short and leaves no garbage worth looking for; looking costs it a tenth of its time.
gc.disable()

from archdsl.cli.main import main  # noqa: E402 (what is imported counts too)

__all__ = ["main"]
