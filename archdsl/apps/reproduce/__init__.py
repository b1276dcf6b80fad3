"""Compare the tables of a paper with the numbers computed from specs."""
