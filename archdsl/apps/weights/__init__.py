"""Convert checkpoints of other libraries to the names of an emitted module, and back."""
