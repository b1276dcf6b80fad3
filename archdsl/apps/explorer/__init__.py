"""A page on which a spec is edited, and its picture, counts, errors and code follow."""
