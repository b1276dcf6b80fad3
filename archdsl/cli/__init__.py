"""The commands: parse arguments, call one verb, print. Results on stdout, messages on stderr."""

import gc

# A command is short and leaves little garbage; looking for it often costs a tenth of its time.
gc.set_threshold(50_000)

from archdsl.cli.main import main  # noqa: E402 (what is imported counts too)

__all__ = ["main"]
