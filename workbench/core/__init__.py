"""The plain domain: no Qt, no torch, no database."""
