"""The version of archdsl; emitted files carry it."""

__version__ = "0.1.0"
