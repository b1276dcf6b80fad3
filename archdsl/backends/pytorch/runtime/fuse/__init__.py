"""How networks are run for inference; what a network uses of it is pasted into its file."""
