"""How often a prompt can be shown: bounds by the arithmetic of windows, and journeys past them."""
