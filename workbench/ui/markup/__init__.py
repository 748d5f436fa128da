"""Answers as people read them: Markdown, code and mathematics, with the way back to the text."""
