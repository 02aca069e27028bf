"""Mistakes in how often prompts are shown, and in who is in which variant."""
