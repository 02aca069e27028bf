"""The engine's decisions for many views at once, on arrays."""
