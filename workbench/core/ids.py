"""Identifiers that are unique across machines and sort by the time they were made."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """Return 24 hex digits: 16 of nanoseconds since 1970, then 8 random ones.

    Two annotators' copies of a project can be joined because no two rows share an identifier.
    """
    return f"{time.time_ns():016x}{secrets.token_hex(4)}"
