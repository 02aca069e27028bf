"""How is a comparison told: as plain tables, in a terminal, on a page, in pictures?"""
