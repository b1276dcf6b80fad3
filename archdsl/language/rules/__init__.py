"""The connectivity rules that specs can name, one file each."""

from archdsl.language.rules.entry import Entry
from archdsl.language.rules.every import Every
from archdsl.language.rules.explicit import Explicit
from archdsl.language.rules.exponential import Exponential
from archdsl.language.rules.fractal import Fractal
from archdsl.language.rules.full import Full
from archdsl.language.rules.harmonic import Harmonic
from archdsl.language.rules.mirror import Mirror
from archdsl.language.rules.offsets import Offsets
from archdsl.language.rules.plain import Plain
from archdsl.language.rules.random import Random
from archdsl.language.rules.strided import Strided
from archdsl.language.rules.window import Window

RULES = (
    Plain, Full, Exponential, Window, Offsets, Fractal, Explicit, Harmonic, Strided, Every, Entry,
    Mirror, Random,
)  # fmt: skip

__all__ = [
    "RULES", "Entry", "Every", "Explicit", "Exponential", "Fractal", "Full", "Harmonic", "Mirror",
    "Offsets", "Plain", "Random", "Strided", "Window",
]  # fmt: skip
