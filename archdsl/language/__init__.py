"""What the words of a spec mean: rules, aggregations, units, layers, and arithmetic."""
