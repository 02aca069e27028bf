"""`meter serve`: decisions over HTTP, for sites in any language.

`operations` lists what can be asked; routes, documentation and metrics are made from that table.
"""
