"""Passes: changes of a graph that do not change what it computes."""
