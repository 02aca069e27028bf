"""How much is tried, and what may be left out.

`pytest --hypothesis-profile=thorough` draws ten times as many examples, different ones each time.
With `METER_REQUIRED=1` nothing may be skipped because a program or a package is missing.
"""

from __future__ import annotations

import os
import shutil
import sys

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.servers"]

# No deadlines: the machine that runs the tests may be busy. The default profile draws the same
# examples every time.
_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile(
    "meter",
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=_SLOW,
)
settings.register_profile("thorough", max_examples=1000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile("meter")


def _refuse_a_skip(report):
    """Make a skip a failure where everything has to be there."""
    if os.environ.get("METER_REQUIRED") != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return report
    _, _, reason = report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{reason}, and `METER_REQUIRED=1` lets nothing be skipped"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Look at the outcome of a test."""
    return _refuse_a_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    """Look at a module that could not be imported."""
    return _refuse_a_skip((yield))


@pytest.fixture(scope="session")
def chromium():
    """The browser's command."""
    command = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if command is None:
        pytest.skip("no chromium is installed: `apt-get install chromium`")
    assert sys.platform.startswith("linux")
    return command
