"""LaTeX set as type: MathJax runs in a process of its own, what comes of it is drawn here."""
