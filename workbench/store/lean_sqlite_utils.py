"""Imports sqlite-utils without pandas, which it would load if installed and we never need.

That is most of a second of every start. Whoever has loaded pandas already keeps it.
"""

from __future__ import annotations

import sys

if "pandas" in sys.modules:
    import sqlite_utils
else:
    # None makes `import pandas` raise ImportError, which sqlite-utils is prepared for.
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        import sqlite_utils
    finally:
        del sys.modules["pandas"]

__all__ = ["sqlite_utils"]
