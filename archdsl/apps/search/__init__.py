"""Settings that meet a budget or a published figure."""
