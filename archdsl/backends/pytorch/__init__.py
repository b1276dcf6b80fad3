"""How a network is written down: a `Program` to the text of one standalone file."""

from archdsl.backends.pytorch.file import emit

__all__ = ["emit"]
