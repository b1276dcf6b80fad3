"""Write a comparison, or runs, as one HTML page, which loads no other files."""

from archdsl.extras import require

require("jinja2", "matplotlib")

from archdsl.apps.report.page import html  # noqa: E402 (imports them)
from archdsl.apps.report.runs.page import html as html_of_runs  # noqa: E402

__all__ = ["html", "html_of_runs"]
