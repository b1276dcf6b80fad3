"""A comparison as one HTML page: a table, topologies, growth, and Figure 2; nothing is fetched."""

from archdsl.extras import require

require("jinja2", "matplotlib")

from archdsl.apps.report.page import html  # noqa: E402 (imports them)

__all__ = ["html"]
