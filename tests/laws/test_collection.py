"""The suite is the same whenever and wherever it is collected, so it can be spread over workers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MANY = 5_000


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


def test_the_names_of_the_tests_do_not_depend_on_the_process(request):
    """Another process, at another time and with other hashes, collects what this one has.

    Where only some tests are run, a second one collects them all.
    """
    here = [item.nodeid for item in request.session.items]
    if len(here) < MANY:
        here = collected("2")
    assert collected("1") == here
