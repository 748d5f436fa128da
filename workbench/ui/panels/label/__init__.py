"""Label: which of two answers is better?"""

from workbench.ui.panels.label.panel import LabelPanel

__all__ = ["LabelPanel"]
