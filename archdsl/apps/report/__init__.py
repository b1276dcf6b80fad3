"""Write a comparison as one HTML page, which loads no other files."""

from archdsl.extras import require

require("jinja2", "matplotlib")

from archdsl.apps.report.page import html  # noqa: E402 (imports them)

__all__ = ["html"]
