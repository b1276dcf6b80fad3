"""Two networks: what changed from one to the other, in words, numbers and links."""
