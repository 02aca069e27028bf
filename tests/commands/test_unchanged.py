"""The commands print what they printed before; see `unchanged.py` beside this file."""

from __future__ import annotations

import pytest

from tests.commands.unchanged import COMMANDS, GOLDEN, fill, printed


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A folder with the sample and a log in it."""
    folder = tmp_path_factory.mktemp("sample")
    fill(folder)
    return folder


@pytest.mark.parametrize("key", COMMANDS)
def test_a_command_prints_what_it_printed(key, sample):
    """Byte for byte; `python -m tests.commands.unchanged --write` takes over a change of words."""
    expected = (GOLDEN / f"{key}.txt").read_text(encoding="utf-8")
    assert expected == printed(COMMANDS[key], sample)
