"""Fill in the template of a page. It escapes all text that is not marked as markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from archdsl.version import __version__

HERE = Path(__file__).parent


def rendered(name: str, **values: Any) -> str:
    """Return a page that loads no other files.

    Args:
        name: the file of the template in this folder.
        values: what the template shows, beside the version, the style and the script.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FileSystemLoader(HERE), keep_trailing_newline=True,
    )  # fmt: skip
    style, script = (Markup((HERE / f"page.{kind}").read_text("utf-8")) for kind in ("css", "js"))
    template = environment.get_template(name)
    return template.render(version=__version__, style=style, script=script, **values)
