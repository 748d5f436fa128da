"""Readings of CPU, memory and NVIDIA GPUs. What is not available is None, never 0."""
