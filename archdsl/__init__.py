"""archdsl: macro-architectures of neural networks as data.

>>> import archdsl
>>> spec = archdsl.load("specs/sparsenet-bc-cifar.yaml", {"depth": 40})  # doctest: +SKIP
>>> archdsl.analyse(archdsl.lower(spec)).parameters  # doctest: +SKIP
"""

from archdsl.api import analyse, build, emit, load, lower
from archdsl.comparing.model import compare_specs as compare
from archdsl.errors import ArchdslError
from archdsl.showing import picture
from archdsl.vocabulary.aggregation import Aggregation
from archdsl.vocabulary.rule import Rule
from archdsl.vocabulary.unit import Unit

__all__ = [
    "Aggregation", "ArchdslError", "Rule", "Unit", "analyse", "build", "compare", "emit",
    "load", "lower", "picture",
]  # fmt: skip
