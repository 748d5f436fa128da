"""Home: the loop, where the project is on it, and what to do next."""
