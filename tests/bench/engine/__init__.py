"""Step time and memory of our engine beside TRL 1.16's: `python -m tests.bench.engine`."""
