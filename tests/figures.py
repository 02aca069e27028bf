"""The figures of `docs/explanation/guarantees.md`, compared with what the tests find.

`python -m tests.figures` runs the tests that find them, and prints each as the page has to have it.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

__all__ = ["figure"]

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "guarantees.md"
ROW = re.compile(r"^\| ([^|]+?) \| ([\d,]+) \| `python -m pytest ([^`]+)` \|$", re.MULTILINE)


def rows():
    """Return the number and the test of each figure on the page, by its name."""
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {name: (int(number.replace(",", "")), test) for name, number, test in found}


def figure(name, value):
    """Compare what a test has found with what the page says, or print it where that is asked for.

    What depends on how many bytes a driver sends may differ by a twentieth.
    """
    if "METER_FIGURES" in os.environ:
        sys.stderr.write(f"\n| {name} | {value:,} |\n")
    else:
        assert rows()[name][0] == pytest.approx(value, rel=0.05), f"| {name} | {value:,} |"


if __name__ == "__main__":
    os.environ["METER_FIGURES"] = "print"
    tests = sorted({test for _, test in rows().values()})
    raise SystemExit(pytest.main(["-n0", "-q", "-s", *tests]))
