"""Where the packages for populations are not installed, it is said what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest

NEEDS = {
    "meter.columns.decide": ("numpy", "numba"),
    "meter.replay.run": ("numpy", "numba", "pyarrow"),
    "meter.replay.logs.log": ("numpy", "pyarrow"),
    "meter.replay.distributed": ("numpy", "numba", "pyarrow"),
    "meter.simulate.distributed": ("numpy", "numba", "pyarrow"),
}


@pytest.mark.parametrize("package", ["numpy", "numba", "pyarrow"])
def test_a_missing_package_says_what_to_install(package):
    """Each module names the package and the extra that brings it."""
    script = f"""
import importlib, sys
sys.modules[{package!r}] = None
from meter import MeterError
for name, needed in {NEEDS!r}.items():
    try:
        importlib.import_module(name)
    except MeterError as error:
        print(error)
    else:
        assert {package!r} not in needed, name
"""
    told = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.splitlines()

    words = f"this needs `{package}`, which is not installed: `pip install 'meter-paywall[sim]'`"
    assert {words} == set(told)


def test_importing_meter_imports_none_of_them():
    """`import meter` and the help of the command stay light."""
    script = (
        "import sys, meter, meter.simulate, meter.commands.replay; print({'numpy', 'numba',"
        " 'pyarrow'} & set(sys.modules))"
    )

    assert (
        "set()"
        == subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True
        ).stdout.strip()
    )
