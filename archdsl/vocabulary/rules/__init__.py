"""The connectivity rules that specs can name, one file each."""

from archdsl.vocabulary.rules.explicit import Explicit
from archdsl.vocabulary.rules.exponential import Exponential
from archdsl.vocabulary.rules.fractal import Fractal
from archdsl.vocabulary.rules.full import Full
from archdsl.vocabulary.rules.offsets import Offsets
from archdsl.vocabulary.rules.plain import Plain
from archdsl.vocabulary.rules.window import Window

RULES = (Plain, Full, Exponential, Window, Offsets, Fractal, Explicit)

__all__ = ["RULES", "Explicit", "Exponential", "Fractal", "Full", "Offsets", "Plain", "Window"]
