"""Report a comparison: as plain tables, in a terminal, on a page, in pictures."""
