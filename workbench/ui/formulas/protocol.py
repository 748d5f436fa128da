"""What the window and the process that sets formulas say to each other, as JSON, one a line.

The process says `READY` once. Then each formula, an object with the fields of `Formula`, is
answered by an outline in base64, or by null where it can't be set.
"""

READY = "ready"
