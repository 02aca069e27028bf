"""The tags of templates."""
