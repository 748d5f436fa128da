"""Reading and writing data files: rows come out one at a time, each with its line."""
