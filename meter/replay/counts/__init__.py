"""Bring what another system has counted into a store: a file's rows, read, sorted and joined."""
