"""Compare networks: one row each, with the same columns in every output format."""
