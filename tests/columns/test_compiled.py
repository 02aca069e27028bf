"""What was compiled is kept on disk, and never outlives the source of anything it calls."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="populations need the `sim` extra")

import meter

PACKAGE = Path(meter.__file__).parent
PROBE = """
from meter.columns.compiled import compiled
from meter.columns.windows import next_slot

@compiled
def after_the_last(capacity):
    return next_slot(capacity - 1, 1, capacity)
"""
SCRIPT = """
from meter.simulate.kernel.probe import after_the_last
print(after_the_last(5), sum(after_the_last.stats.cache_hits.values()))
"""


def answer_of(folder: Path) -> list[int]:
    """Return what the probe in a copy of the package answers, and how often the cache did."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    return [int(word) for word in done.stdout.split()]


def test_compiled_code_is_kept_until_a_module_it_calls_changes(tmp_path: Path) -> None:
    """A second process compiles nothing; after an edit in another folder everything is new."""
    copy = tmp_path / "meter"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "simulate" / "kernel" / "probe.py").write_text(PROBE, encoding="utf-8")
    called = copy / "columns" / "windows.py"

    assert [0, 0] == answer_of(tmp_path)
    assert [0, 1] == answer_of(tmp_path)

    # An index may name classes that another release does not have: it is not even opened then.
    for index in copy.rglob("*.nbi"):
        index.write_bytes(b"no index")
    source = called.read_text(encoding="utf-8")
    assert source.count("slot -= capacity") == 1
    called.write_text(source.replace("slot -= capacity", "slot -= 3"), encoding="utf-8")

    assert [2, 0] == answer_of(tmp_path)
