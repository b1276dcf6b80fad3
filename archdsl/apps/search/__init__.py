"""Search for settings that meet a budget or explain a published figure."""
