"""Win rates and rules: what a set of comparisons says, with honest error bars."""
