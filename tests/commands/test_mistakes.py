"""What is wrong with a command line is said in an editor's words, by every command alike."""

from __future__ import annotations

import re

import click
import pytest

from meter.cli import COMMANDS, main
from meter.commands.dates import AS_DATE, day_alone, day_or_time

_CLICKS_WORDS = ("Missing ", "Invalid value", "No such", "Got unexpected", "%Y", "valid integer")


def _every_command():
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (((name, below), each) for below, each in command.commands.items())
        else:
            yield (name,), command


EVERY = dict(_every_command())
DATED = [
    pytest.param(path, option, id=f"{'-'.join(path)}{option.opts[0]}")
    for path, command in EVERY.items()
    for option in command.params
    if option.callback in (day_alone, day_or_time)
]
NEEDING = [
    path
    for path, command in EVERY.items()
    if any(isinstance(each, click.Argument) and each.required for each in command.params)
]


@pytest.mark.parametrize("path", NEEDING, ids="-".join)
def test_what_is_missing_is_named_with_a_line_that_gives_it(meter, path):
    """The usage stands above, and the next step is an example or the form of the command."""
    answer = meter(*path)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage: " in answer.err
    assert f" {' '.join(path)} [OPTIONS] " in " ".join(answer.err.split())
    step = answer.err.partition("` is missing; ")[2]
    assert re.match(rf"(write it as in|write) `(meter|main) {' '.join(path)} ", step)
    assert not any(words in answer.err for words in _CLICKS_WORDS)


@pytest.mark.parametrize(("path", "option"), DATED)
def test_every_option_of_a_day_says_how_a_day_is_written(meter, path, option):
    """In its help and where it is mistyped: in words that a form of Python is none of."""
    assert option.metavar == AS_DATE
    assert "such as `2026-06-01`" in option.help
    for wrong in ("2026-13-40", "1 June"):
        answer = meter(*path, f"{option.opts[0]}={wrong}")
        said = " ".join(answer.err.split())
        assert answer.code == 2
        assert re.search(rf"{option.opts[0]}`: `{wrong}` is (no|neither a) day", said)
        assert "write a day as YYYY-MM-DD, such as `2026-06-01`" in said


def test_no_option_reads_a_day_in_another_way():
    """Options that say `DATE`, or leave it to the library, would tell its format in its words."""
    options = [option for command in EVERY.values() for option in command.params]
    assert {option.name for option in options if option.metavar == AS_DATE} == {"today", "at"}
    assert [] == [option for option in options if isinstance(option.type, click.DateTime)]
    assert [] == [option for option in options if option.metavar == "DATE"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "replay --policy policy.toml june.csv",
            "`--policy` is not an option: POLICY stands by itself, as in `meter replay policy",
        ),
        (
            "replay policy.toml --log=june.csv",
            "`--log` is not an option: LOG stands by itself, as in `meter replay policy.toml",
        ),
        ("explain policy.toml --events x", "there are: `--all`, `--format`, `--help`"),
        (
            "decide policy.toml --events x",
            "EVENTS stands by itself, as in `meter decide policy.toml",
        ),
        ("--vresion", "there is no option `--vresion`; did you mean `--version`?"),
        (
            "replay policy.toml",
            "`LOG` is missing; write it as in `meter replay policy.toml june.csv",
        ),
        ("simulate policy.toml --today", "`--today` needs a value; write `--today YYYY-MM-DD`"),
        ("simulate policy.toml --assumptions-used=3", "`--assumptions-used` takes no value"),
        ("simulate policy.toml --months x", "`--months`: `x` is not a whole number from 1 to 60"),
        ("diff policy.toml policy.toml --budget 0", "`0` is not a number of at least 0.01"),
        ("simulate policy.toml --charts policy.toml", "`policy.toml` is no folder to write to"),
        ("gallery policy.toml --out .", "`--out`: `.` is no file to write to"),
        ("replay policy.toml events.jsonl --zone Mars", "`--zone`: `Mars` is not a time zone"),
        ("schema journy", "or `crawlers`; did you mean `journey`?"),
        ("import count", "there is no command `count`; did you mean `counts`?"),
        (
            "prove policy.toml policy.toml",
            "`policy.toml` is more than `main prove POLICY` takes; leave it out",
        ),
        ("demo Ann Lee", "`Ann` is more than `main demo` takes; leave it out, or put words"),
        ("simulate policy.toml --today 2201-01-01", "the year of `2201-01-01` is not between 1970"),
    ],
)
def test_a_mistyped_line_is_told_what_to_write(meter, line, says):
    """With what was written in backticks, and never in the words of the library."""
    answer = meter(*line.split())
    said = " ".join(answer.err.split())
    assert (answer.code, answer.out) == (2, "")
    assert says in said
    assert "Usage: main" in said
    assert not any(words in said for words in _CLICKS_WORDS)
