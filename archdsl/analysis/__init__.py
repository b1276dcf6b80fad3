"""What is true of a network: pure functions of a graph, which none of them changes."""

from archdsl.analysis.report import Report, analyse

__all__ = ["Report", "analyse"]
