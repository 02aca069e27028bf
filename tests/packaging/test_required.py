"""Where everything has to be there, a test that would be skipped fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTEST = (sys.executable, "-m", "pytest", "-q")
CONFTEST = """
from tests.conftest import pytest_make_collect_report, pytest_runtest_makereport
"""
MISSING = """
import pytest

@pytest.mark.skipif(True, reason="needs `strace`")
def test_by_mark(): ...

def test_inside():
    pytest.skip("no chromium is installed")

@pytest.mark.xfail(reason="known")
def test_known():
    raise AssertionError
"""
NO_PACKAGE = """
import pytest
pytest.importorskip("no_such_package")
def test_never(): ...
"""


@pytest.mark.parametrize(
    "required, summary",
    [("0", "3 skipped, 1 xfailed"), ("1", "1 failed, 1 xfailed, 2 errors")],
)
def test_a_skip_is_a_failure_where_everything_is_required(tmp_path, required, summary):
    """By mark, inside a test, or for a whole module."""
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_missing.py").write_text(MISSING, encoding="utf-8")
    (tmp_path / "test_no_package.py").write_text(NO_PACKAGE, encoding="utf-8")
    run = subprocess.run(
        [*PYTEST, "--continue-on-collection-errors", "-p", "no:cacheprovider", "."],
        cwd=tmp_path,
        env=os.environ | {"METER_REQUIRED": required, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert summary in run.stdout
