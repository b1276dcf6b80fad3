"""A concatenating stage as one operator, which trains in memory that is linear in its depth."""
