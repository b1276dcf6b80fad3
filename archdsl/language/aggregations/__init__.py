"""The aggregations that specs can name, one file each."""

from archdsl.language.aggregations.concat import Concat
from archdsl.language.aggregations.mean import Mean
from archdsl.language.aggregations.running import Running
from archdsl.language.aggregations.sum import Sum

AGGREGATIONS = (Sum, Concat, Mean, Running)

__all__ = ["AGGREGATIONS", "Concat", "Mean", "Running", "Sum"]
