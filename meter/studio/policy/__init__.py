"""The place Policy: the file's text, a form for what staff change, and who that changes."""
