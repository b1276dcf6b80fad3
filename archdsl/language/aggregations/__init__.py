"""The aggregations that specs can name, one file each."""

from archdsl.language.aggregations.attention import Attention
from archdsl.language.aggregations.concat import Concat
from archdsl.language.aggregations.dual import Dual
from archdsl.language.aggregations.highway import Highway
from archdsl.language.aggregations.max import Max
from archdsl.language.aggregations.mean import Mean
from archdsl.language.aggregations.mixed import Mixed
from archdsl.language.aggregations.product import Product
from archdsl.language.aggregations.running import Running
from archdsl.language.aggregations.streams import Streams
from archdsl.language.aggregations.sum import Sum
from archdsl.language.aggregations.weighted import WeightedSum

AGGREGATIONS = (
    Sum, Concat, Mean, Running, Product, Max, Dual, Mixed, Highway, WeightedSum, Attention,
    Streams,
)  # fmt: skip

__all__ = [
    "AGGREGATIONS", "Attention", "Concat", "Dual", "Highway", "Max", "Mean", "Mixed", "Product",
    "Running", "Streams", "Sum", "WeightedSum",
]  # fmt: skip
