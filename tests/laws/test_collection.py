"""The suite is the same whenever and wherever it is collected, so it can be spread over workers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def collected(seed):
    """Return the names of all tests, as a process of its own collects them now."""
    command = [sys.executable, "-m", "pytest", "--assert=plain", "--collect-only", "-q", "-n0"]
    found = subprocess.run(
        [*command, "-p", "no:cacheprovider", "tests"],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": seed},
        check=True,
        capture_output=True,
        text=True,
    )
    return [line for line in found.stdout.splitlines() if "::" in line]


def test_the_names_of_the_tests_do_not_depend_on_the_process():
    """Two processes, one after the other and with other hashes, collect the same tests."""
    assert collected("1") == collected("2")
