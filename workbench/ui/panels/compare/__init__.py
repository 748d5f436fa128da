"""Compare: the same prompt, side by side."""
