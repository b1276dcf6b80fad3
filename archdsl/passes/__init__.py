"""What may change without changing the answer, and what is decided before anything is printed."""
