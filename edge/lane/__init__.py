"""One checkout lane: its frames, its sales, its messages and its records."""
