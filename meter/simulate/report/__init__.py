"""How a comparison is told: as plain tables, in a terminal, on a page, in pictures."""
