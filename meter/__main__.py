"""`python -m meter`: the command line, where the command `meter` is not on the path."""

from __future__ import annotations

from meter.cli import main

if __name__ == "__main__":
    main()
