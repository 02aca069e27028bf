"""The examples in the room's docstrings are true."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

import meter.experiments

MODULES = [
    f"meter.experiments.{module.name}" for module in iter_modules(meter.experiments.__path__)
]


@pytest.mark.parametrize("module", MODULES)
def test_examples_come_out_as_written(module):
    """Each is run as it stands."""
    assert doctest.testmod(import_module(module)).failed == 0
