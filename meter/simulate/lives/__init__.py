"""Readers on their way through the months: all of them, or some of them once more."""
