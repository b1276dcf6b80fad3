"""What a network is: a graph of typed, immutable nodes (see docs/ir.md)."""

from archdsl.ir.graph import Graph, Node, Stage

__all__ = ["Graph", "Node", "Stage"]
