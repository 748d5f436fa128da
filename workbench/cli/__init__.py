"""The command line. Each command imports what it needs when it is called."""

from workbench.cli.commands import main

__all__ = ["main"]
