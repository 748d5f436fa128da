"""Watching runs: the list, live plots, log, settings, checkpoints."""
