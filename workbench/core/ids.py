"""Identifiers that are unique across machines and sort by the time they were made."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """Return 24 hex digits: 12 of milliseconds since 1970, then 12 random ones.

    Two annotators' copies of a project can be joined because no two rows share an identifier.
    """
    return f"{int(time.time() * 1000):012x}{secrets.token_hex(6)}"
