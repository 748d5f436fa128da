"""Live plots: numerics without Qt in `numerics.py`, the widget in `run_plot.py`."""
