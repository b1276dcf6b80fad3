"""Slice the weights of a network into a network with fewer links."""
