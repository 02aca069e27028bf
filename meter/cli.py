"""What does `meter` do at a prompt? A table of commands, each imported when it is asked for.

Exit codes: 0 fine, 1 the answer is no, 2 wrong usage or input that cannot be read.
"""

from __future__ import annotations

import difflib
import os
import sys
from contextlib import suppress
from importlib import import_module
from importlib.resources import files
from typing import Any

import click

from meter.commands.console import bear_any_terminal, stop
from meter.errors import MeterError

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "demo": "meter.commands.demo:demo",
    "init": "meter.commands.init:init",
    "check": "meter.commands.check:check",
    "explain": "meter.commands.events:explain",
    "journey": "meter.commands.journey:journey",
    "decide": "meter.commands.events:decide",
    "render": "meter.commands.events:render",
    "migrate": "meter.commands.migrate:migrate",
    "prove": "meter.commands.verify:prove",
    "diff": "meter.commands.verify:diff",
    "replay": "meter.commands.replay:replay",
    "simulate": "meter.commands.simulate:simulate",
    "compare": "meter.commands.compare:compare",
}
"""Every command and where it is; one whose module is not there is not offered."""

SECTIONS = {
    "Start here": {
        "demo": "See what readers see, month after month.",
        "init": "Start a folder with a policy that works.",
    },
    "Write a policy": {
        "check": "Find what is wrong in a policy, and where.",
        "explain": "Say in words why a reader got what they got.",
        "journey": "Show one reader's months; with expectations, test them.",
        "migrate": "Bring an old template's placeholders up to date.",
    },
    "Be sure of it": {
        "prove": "Prove a policy's guarantees for every reader there can be.",
        "diff": "Say for whom two policies differ.",
        "replay": "Run a log of page views through a policy.",
        "simulate": "Run a policy over a population of readers.",
        "compare": "Compare policies on the same readers.",
    },
    "Use it": {
        "decide": "Decide page views, one JSON line in, one out.",
        "render": "Print the prompts that page views get.",
    },
}
"""The commands as `meter --help` lists them.

The words stand here, so that help imports none of them.
"""

_EXTRAS = {
    "numpy": "sim",
    "numba": "sim",
    "pyarrow": "sim",
    "z3": "smt",
    "redis": "redis",
    "psycopg": "postgres",
    "vl_convert": "plots",
}


def _is_there(target: str) -> bool:
    """Say whether a command's module is installed, without importing the packages on the way to it."""
    _, *folders, module = target.partition(":")[0].split(".")
    return files("meter").joinpath(*folders, f"{module}.py").is_file()


class Commands(click.Group):
    """A group that finds its commands in `COMMANDS`, suggests what a wrong word may have meant, and
    never shows a traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, target in COMMANDS.items() if _is_there(target)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        known = self.list_commands(ctx)
        if not name.startswith("-") and name not in known:
            close = difflib.get_close_matches(name.lower(), known, 1)
            listed = ", ".join(f"`{command}`" for command in known)
            ctx.fail(
                f"there is no command `{name}`; "
                + (f"did you mean `{close[0]}`?" if close else f"there are: {listed}")
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        known = self.list_commands(ctx)
        told = {name for rows in SECTIONS.values() for name in rows}
        more = {
            name: command.get_short_help_str(100)
            for name in known
            if name not in told and (command := self.get_command(ctx, name))
        }
        for title, rows in {**SECTIONS, "More": more}.items():
            there = [(name, summary) for name, summary in rows.items() if name in known]
            if there:
                with formatter.section(title):
                    formatter.write_dl(there, col_max=12)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MeterError as error:
            stop(error)
        except ModuleNotFoundError as error:
            extra = _EXTRAS.get((error.name or "").partition(".")[0])
            if extra is None:
                raise
            stop(
                MeterError(
                    f"this needs `{error.name}`, which is not installed: `pip install"
                    f" 'meter-paywall[{extra}]'`"
                )
            )
        except BrokenPipeError:
            raise
        except OSError as error:
            where = (
                f"`{error.filename}` cannot be used"
                if error.filename
                else "reading or writing failed"
            )
            if not error.filename:
                _give_up_output()
            stop(MeterError(f"{where}: {(error.strerror or str(error)).lower()}"))


def _give_up_output() -> None:
    """Send what is still to be written nowhere.

    Python would try once more at its end, and fail with a code of its own.
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(
    package_name="meter-paywall", prog_name="meter", message="%(prog)s %(version)s"
)
def main() -> None:
    """A paywall whose rules can be read, tried and proved before readers meet them.

    \b
    meter demo                              see what readers see, month after month
    meter init paywall                      start with a policy that works
    meter check paywall/policy.toml         find what is wrong in a policy, and where
    meter journey paywall/*.journey.toml    watch one reader through the policy

    Answers go to stdout, messages to stderr. Exit codes: 0 fine, 1 the answer is no, 2 wrong usage
    or input that cannot be read.
    """
    bear_any_terminal()
