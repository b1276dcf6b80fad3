"""The naive interpreter, and comparison with it."""
