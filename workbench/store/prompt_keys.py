"""How a prompt is found again: by the hash of its messages."""

from __future__ import annotations

import hashlib
import json

from workbench.core.conversation import Conversation, to_json

_KEY_BYTES = 16


def encode_messages(messages: Conversation) -> str:
    """The JSON text in which a prompt is stored: equal prompts give equal texts."""
    return json.dumps(to_json(messages), ensure_ascii=False)


def prompt_key(encoded: str) -> bytes:
    """16 bytes that stand for a prompt encoded by `encode_messages`."""
    return hashlib.blake2b(encoded.encode("utf-8"), digest_size=_KEY_BYTES).digest()
