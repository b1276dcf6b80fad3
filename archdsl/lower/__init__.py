"""What the words mean: a `Spec` to a `Graph`. The only folder that knows both."""

from archdsl.lower.limits import Limits
from archdsl.lower.network import Lowered, lower

__all__ = ["Limits", "Lowered", "lower"]
