"""Tokens to text as they come, never cutting a character in two."""

from __future__ import annotations

from typing import Any

_INCOMPLETE = "\ufffd"


class TextStream:
    """Text of one growing answer. White space before its first character is left out."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._context = 0  # tokens from here on are decoded again, as a token's text may depend
        self._told = 0  # on the one before it; up to here their text is out
        self.text = ""

    @property
    def token_count(self) -> int:
        return len(self._ids)

    def push(self, token: int) -> str:
        """Take one more token; returns the text that it completes, often none or one word."""
        self._ids.append(token)
        before, now = self._decode(self._told), self._decode(len(self._ids))
        if now.endswith(_INCOMPLETE) or len(now) <= len(before):
            return ""
        self._context, self._told = self._told, len(self._ids)
        return self._tell(now[len(before) :])

    def finish(self) -> str:
        """The rest, once no more tokens will come: half a character shows as U+FFFD."""
        before, now = self._decode(self._told), self._decode(len(self._ids))
        self._context = self._told = len(self._ids)
        return self._tell(now[len(before) :])

    def _decode(self, end: int) -> str:
        text: str = self._tokenizer.decode(
            self._ids[self._context : end],
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
        return text

    def _tell(self, piece: str) -> str:
        if not self.text:
            piece = piece.lstrip()
        self.text += piece
        return piece
