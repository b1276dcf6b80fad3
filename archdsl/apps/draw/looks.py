"""Colours and line styles, chosen for colour-blind readers and for grey print."""

from __future__ import annotations

from dataclasses import dataclass

INK = "#222222"
FAINT = "#6b6b6b"
RED = "#d62728"
BLUE = "#1f77b4"
FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"
BOLD = "Helvetica-Bold"
"""A PostScript name, as Graphviz cannot make a list of families bold."""


@dataclass(frozen=True, slots=True)
class Look:
    """Stroke, fill, line width in points, and the colour of text; `dashes` is a Graphviz style."""

    stroke: str = "#555555"
    fill: str = "none"
    width: float = 0.8
    text: str = INK
    dashes: str = ""


PLAIN_BOX = Look(fill="#f4f4f4")
FOCUS_BOX = Look(RED, "#fde0dd", 1.4)
SOURCE_BOX = Look(RED, "#ffffff", 1.0)
READER_BOX = Look(BLUE, "#e3eef7", 1.0)
JOIN = Look(fill="#ffffff", width=0.7)
TICK = Look("#9a9a9a", "#9a9a9a", 0)
CHAIN = Look("#8a8a8a", width=0.8)
BACK = Look("#b5b5b5", width=0.6)
FAR_BACK = Look("#d4d4d4", width=0.4)
INTO = Look(RED, width=1.6)
OUT_OF = Look(BLUE, width=1.1)
# Okabe and Ito's blue and vermillion; the dashes tell them apart in grey print too.
ADDED = Look("#0072B2", width=1.1)
REMOVED = Look("#D55E00", width=1.1, dashes="dashed")
