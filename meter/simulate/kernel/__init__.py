"""The compiled loop that takes readers through the months."""
