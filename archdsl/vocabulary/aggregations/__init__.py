"""The aggregations that specs can name, one file each."""

from archdsl.vocabulary.aggregations.concat import Concat
from archdsl.vocabulary.aggregations.mean import Mean
from archdsl.vocabulary.aggregations.running import Running
from archdsl.vocabulary.aggregations.sum import Sum

AGGREGATIONS = (Sum, Concat, Mean, Running)

__all__ = ["AGGREGATIONS", "Concat", "Mean", "Running", "Sum"]
