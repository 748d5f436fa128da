"""Kinds of files: how rows lie in them, whatever the rows mean."""
