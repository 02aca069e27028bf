"""A line that is being completed may be wrong in every way: the answer is words, or none."""

from __future__ import annotations

import click
import pytest
from click.shell_completion import BashComplete

from meter.cli import COMMANDS, main

WRONG = (
    "one too many words follow here ",
    "--bogus ",
    "--bogus=1 one two three four ",
    "one -x two -- --three four five ",
    "--today 2201-13-40 --months none ",
    "'",
)


def _paths():
    context = click.Context(main)
    for name in COMMANDS:
        yield name
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            yield f"{name} nothing"
            yield from (f"{name} {below}" for below in command.commands)


@pytest.mark.parametrize("path", ["", "nothing", *_paths()])
@pytest.mark.parametrize("wrong", WRONG)
def test_no_line_that_is_wrong_ends_its_completion(path, wrong, folder, monkeypatch):
    """With the next word at every place of the line: none raises."""
    line = f"meter {path} {wrong}"
    monkeypatch.setenv("COMP_WORDS", line)
    for place in range(1, len(line.split()) + 1):
        monkeypatch.setenv("COMP_CWORD", str(place))
        completed = BashComplete(main, {}, "meter", "_METER_COMPLETE").complete()
        assert all("," in answer for answer in completed.splitlines())


@pytest.mark.parametrize(
    ("line", "place", "says"),
    [
        ("meter prove a b ", 4, ""),
        ("meter import counts a b c d e ", 8, ""),
        ("meter import cou", 2, "plain,counts\n"),
        ("meter prove --for", 2, "plain,--format\n"),
    ],
)
def test_a_word_too_many_is_completed_with_nothing(shell, line, place, says):
    """In a shell: no traceback, and what can be completed still is."""
    answer = shell("meter", COMP_WORDS=line, COMP_CWORD=str(place), _METER_COMPLETE="bash_complete")
    assert answer.out.strip() == says.strip()
    assert "Traceback" not in answer.err
