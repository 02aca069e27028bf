"""The command line itself: help that teaches, slips, exit codes, pipes and colours."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from importlib.metadata import version

import click
import pytest

from meter.cli import COMMANDS, SECTIONS, main


def test_help_lists_every_command_that_is_there_with_examples(meter):
    """And none that is not."""
    answer = meter("--help")
    there = main.list_commands(click.Context(main))
    assert answer.code == 0
    assert {"demo", "init", "check", "explain", "journey", "decide", "render", "migrate"} <= set(
        there
    )
    listed = {
        line.split()[0]
        for line in answer.out.partition("Start here:")[2].splitlines()
        if line.startswith("  ") and line.strip()
    }
    assert set(there) <= listed
    assert "meter init paywall" in answer.out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_the_command_says(name):
    """The first line of its docstring, under a heading that help prints."""
    heading, summary = COMMANDS[name]
    command = main.get_command(click.Context(main), name)
    assert heading in SECTIONS
    assert command.short_help == summary


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_explains_itself(meter, name):
    """With what it is for, and every option in words."""
    answer = meter(name, "--help")
    assert answer.code == 0
    command = main.get_command(click.Context(main), name)
    assert command is not None
    parts = command.commands.values() if isinstance(command, click.Group) else ()
    for one in (command, *parts):
        assert one.help
        assert [
            option.name
            for option in one.params
            if isinstance(option, click.Option) and not option.help
        ] == []


def test_python_runs_the_package_as_the_command():
    """`python -m meter` is the command, where that is not on the path."""
    done = subprocess.run(
        [sys.executable, "-m", "meter", "chek"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean `check`?" in done.stderr


def test_the_version_is_the_distributions(meter):
    """So that a report of a bug can name it."""
    assert meter("--version").out == f"meter {version('meter-paywall')}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chekc"], "there is no command `chekc`; did you mean `check`?"),
        (["JOURNEY"], "there is no command `JOURNEY`; did you mean `journey`?"),
        (["frobnicate"], "there is no command `frobnicate`; there are: `demo`, `init`"),
        (["check"], "`POLICY…` is missing; write it as in `meter check policy.toml`"),
        (["check", "--fromat", "json", "policy.toml"], "did you mean `--format`?"),
        (
            ["check", "--format", "xml", "policy.toml"],
            "`--format`: `xml` is not `text`, `json` or `github`",
        ),
        (["check", "polcy.toml"], "did you mean `policy.toml`?"),
        (["explain", "polcy.toml", "events.jsonl"], "did you mean `policy.toml`?"),
        (
            ["decide", "policy.toml", "evnts.jsonl"],
            "there is no file `evnts.jsonl` help: did you mean `events.jsonl`?",
        ),
        (["decide", "policy.toml", "nowhere/events.jsonl"], "there is no folder `nowhere`"),
        (["decide", "policy.toml", "."], "`.` is a folder, not a file help: did you mean `"),
        (
            ["decide", "policy.toml", "events.jsonl", "--store", "sqlit:///x.db"],
            "did you mean `sqlite://`?",
        ),
        (["journey", "mnths.journey.toml"], "did you mean `months.journey.toml`?"),
        (
            ["journey", "--policy", "polcy.toml", "months.journey.toml"],
            "did you mean `policy.toml`?",
        ),
        (
            ["render", "policy.toml", "events.jsonl", "--layout", "tall"],
            "`tall` is not `wide`, `narrow`",
        ),
        (["init", "policy.toml"], "policy.toml"),
        (["init", "policy.toml/below"], "`policy.toml/below` cannot be used: not a directory"),
        (["journey", "policy.toml"], "this is a policy, not a journey"),
        (["demo", "--locale", "xx-YY"], "`xx-YY` is not a locale"),
        (["render", "policy.toml", "--locale", "jp", "events.jsonl"], "`jp` is not a locale"),
        (
            ["decide", "policy.toml", "events.jsonl", "--store", "sqlite:///nowhere/x.db"],
            "there is no folder `nowhere`",
        ),
        (
            ["decide", "policy.toml", "events.jsonl", "--store", "sqlite:///policy.toml"],
            "cannot be used as a store",
        ),
    ],
)
def test_a_slip_is_told_on_stderr_and_ends_in_2(meter, arguments, says):
    """What was meant is named, stdout stays empty, and Python is not spoken."""
    answer = meter(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert says in " ".join(answer.err.split())
    assert "Traceback" not in answer.err


def test_help_and_decisions_load_nothing_they_do_not_need(folder):
    """Neither rich, nor Jinja2, nor numpy, nor a parser of positions."""
    heavy = "('rich', 'jinja2', 'numpy', 'tree_sitter', 'z3', 'sqlite3')"
    for arguments in (["--help"], ["decide", "policy.toml", "events.jsonl"]):
        program = (
            "import sys\nfrom meter.cli import main\n"
            f"main({arguments!r}, standalone_mode=False)\n"
            f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
        )
        assert done.stderr.splitlines()[-1] == "[]"


def test_a_pipe_gets_no_colours(shell):
    """Nor does somebody who said `NO_COLOR`."""
    for line in ("meter demo", "meter check policy.toml --today 2026-07-01"):
        assert "\x1b" not in shell(line).out
        assert "\x1b[3" not in shell(line, FORCE_COLOR="1", NO_COLOR="1").out.replace(
            "\x1b[3m", ""
        )  # italics may stay, colours go
    assert "\x1b[3" in shell("meter demo", FORCE_COLOR="1").out


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_it_says_no(folder, environment, coloured):
    """A warning is yellow where somebody looks."""
    outer, inner = pty.openpty()
    program = "from meter.cli import main; main(['check', 'policy.toml', '--today', '2026-07-01'])"
    given = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | environment
    subprocess.run([sys.executable, "-c", program], cwd=folder, env=given, stdout=inner, check=True)
    os.close(inner)
    said = os.read(outer, 10_000).decode()
    os.close(outer)
    assert "offer-over" in said
    assert coloured == ("\x1b[33m" in said)


def test_a_store_that_is_out_is_told_once(shell):
    """As the error that ends the run, in one line."""
    pytest.importorskip("redis", reason="the extra `redis` is not installed")
    answer = shell("meter decide policy.toml events.jsonl --store redis://localhost:1/0")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith("error: the server did not answer")


def test_a_pipe_that_closes_early_is_no_error_to_talk_about(shell):
    """`head` has seen enough."""
    answer = shell(
        "meter decide policy.toml <(for i in $(seq 400); do cat events.jsonl; done) | head -1"
    )
    assert json.loads(answer.out)["show"] == "countdown"
    assert answer.err == ""


def test_a_terminal_without_unicode_gets_what_it_can_show(shell):
    """A plain mark for a mark, as wide as it; a question mark is better than a traceback."""
    answer = shell(
        "meter demo && meter demo --locale ja && meter render policy.toml events.jsonl --locale ja",
        PYTHONIOENCODING="ascii",
    )
    assert (answer.code, answer.err) == (0, "")
    assert "countdown  #-- 0 > 1 of 3" in answer.out
    card = next(line for line in answer.out.splitlines() if "??" in line and "|" in line)
    assert {
        len(line) for line in answer.out.splitlines() if line.startswith(card[:15] + "+---")
    } >= {len(card)}


@pytest.mark.parametrize(
    "command",
    [
        "check policy.toml",
        "demo",
        "decide policy.toml events.jsonl",
        "init paper",
        "check nothing.toml",
    ],
)
def test_an_output_that_is_closed_is_no_traceback(shell, command):
    """Nobody listens: nothing is said, and the exit code says what it always says."""
    answer = shell(f"meter {command} >&- 2>&-")
    assert (answer.code, answer.out, answer.err) == (2 if "nothing" in command else 0, "", "")


def test_an_output_that_is_full_is_told(shell):
    """And no file is blamed that has no name."""
    answer = shell("meter demo > /dev/full")
    assert (answer.code, answer.err) == (
        2,
        "error: reading or writing failed: no space left on device\n",
    )


def test_what_is_not_utf8_or_not_readable_is_told(meter, folder):
    """In an editor's words."""
    (folder / "latin.toml").write_bytes('[publication]\nname = "Zürich"\n'.encode("latin-1"))
    (folder / "latin.jsonl").write_bytes('{"at": "Zürich"}\n'.encode("latin-1"))
    assert "not UTF-8" in meter("explain", "latin.toml", "events.jsonl").err
    assert "not UTF-8" in meter("decide", "policy.toml", "latin.jsonl").err
    assert meter("check", "latin.toml").code == 2


def test_completion_is_clicks(shell):
    """The line of the documentation works."""
    answer = shell("_METER_COMPLETE=bash_complete COMP_WORDS='meter jo' COMP_CWORD=1 meter")
    assert answer.out == "plain,journey\n"
    assert "complete" in shell("_METER_COMPLETE=bash_source meter").out
