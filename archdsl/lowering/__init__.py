"""What the words mean: a `Spec` to a `Graph`. The only folder that knows both."""

from archdsl.lowering.limits import Limits
from archdsl.lowering.network import Lowered, lower

__all__ = ["Limits", "Lowered", "lower"]
