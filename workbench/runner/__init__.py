"""Starting, supervising, steering and reading training runs: no Qt, no torch."""
