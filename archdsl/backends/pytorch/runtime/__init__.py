"""Real, tested torch source that emitted files carry. Read as text; never imported to compile."""
