"""The commands: parse arguments, call one verb, print. Results on stdout, messages on stderr."""

from archdsl.cli.main import main

__all__ = ["main"]
