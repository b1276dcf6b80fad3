"""A comparison as one HTML page: a table, topologies, growth, and Figure 2; nothing is fetched."""

from archdsl.apps.report.page import html

__all__ = ["html"]
