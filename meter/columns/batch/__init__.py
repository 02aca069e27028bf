"""A whole table of page views decided at once: Arrow in, Arrow out."""
