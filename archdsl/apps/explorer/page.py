"""The page itself: one HTML file that loads nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from archdsl.version import __version__

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Start:
    """What the page begins with: the text of a spec, and settings as YAML, by name."""

    text: str
    settings: Mapping[str, str]


def html(data: Mapping[str, Any]) -> str:
    """Return the page.

    Its policy lets it run its own script alone. Pictures are shown as images, in which nothing can
    run either, so a spec from a stranger is safe to look at.

    Args:
        data: `text`, the spec; with `settings` for a page with a server, `varied` and `looks` for
            one without.
    """
    style, script = ((HERE / name).read_text("utf-8") for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; img-src data:; connect-src 'self'; style-src {_hash(style)}; "
        f"script-src {_hash(script)}"
    )
    return Template((HERE / "page.html").read_text("utf-8")).substitute(
        version=__version__,
        policy=escape(policy),
        style=style,
        script=script,
        data=json.dumps(data).replace("<", "\\u003c"),
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
