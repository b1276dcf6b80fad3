"""Networks side by side: a row each, columns that every form shares, printed errors."""
