"""The command line `meter`: a table of commands, each imported when it is asked for.

Exit codes: 0 fine, 1 the answer is no, 2 wrong usage or input that cannot be read.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING

import click

from meter.commands.console import allow_any_encoding, fail
from meter.commands.help import CommandGroup, write_examples
from meter.errors import MeterError, MissingExtraError, raise_missing_extra

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["COMMANDS", "SECTIONS", "main"]

SECTIONS = ("Start here", "Write a policy", "Be sure of it", "Use it")
"""The headings under which `meter --help` lists the commands."""

COMMANDS = {
    "demo": ("Start here", "See what readers see, month after month."),
    "init": ("Start here", "Start a folder with a policy that works."),
    "check": ("Write a policy", "Find what is wrong in a policy, and where."),
    "explain": ("Write a policy", "Say in words why a reader got what they got."),
    "journey": ("Write a policy", "Show one reader's months; with expectations, test them."),
    "decide": ("Use it", "Decide page views, one JSON line in, one out."),
    "render": ("Use it", "Print the prompts that page views get."),
    "gallery": ("Write a policy", "Show every prompt of a policy on one page."),
    "schema": ("Write a policy", "Print the JSON Schema of a file, for editors."),
    "migrate": ("Write a policy", "Bring an old template's placeholders up to date."),
    "prove": ("Be sure of it", "Prove a policy's guarantees for every possible reader."),
    "diff": ("Be sure of it", "Say for whom two policies differ."),
    "studio": ("Start here", "See, change and check an offer in the browser."),
    "mutate": ("Be sure of it", "Say how good the tests of a policy are."),
    "replay": ("Be sure of it", "Run a log of page views through a policy."),
    "simulate": ("Be sure of it", "Run a policy over a population of readers."),
    "compare": ("Be sure of it", "Compare policies on the same readers."),
    "publish": ("Use it", "Write the files that tell machines what the paywall does."),
    "preview": ("Use it", "Print a link that shows any page of the site as any reader."),
    "gift": ("Use it", "Make, list and end links by which readers give articles away."),
    "serve": ("Use it", "Decide page views over HTTP, for a site in any language."),
    "import": ("Use it", "Come from another system, with its counts or its settings."),
}
"""Every command, with its heading and its line in the list.

A command is the function of its name in the module of its name in `meter.commands` (`import_`,
where it is a word of Python). The line is the first of that function's docstring: it stands here
too, so that help imports no command.
"""

_EXAMPLES = """\
meter demo                              see what readers see, month after month
meter init paywall                      start with a policy that works
meter check paywall/policy.toml         find what is wrong in a policy, and where
meter journey paywall/*.journey.toml    watch one reader through the policy
"""
_RULES = (
    "Answers go to stdout, messages to stderr. Exit codes: 0 fine, 1 the answer is no, 2 wrong"
    " usage or input that cannot be read."
)


class Commands(CommandGroup):
    """A group that finds its commands in `COMMANDS` and lists them under their headings.

    It never shows a traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(import_module(f"meter.commands.{name}"), name)
        return command

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        write_examples(formatter, _EXAMPLES)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_RULES)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in SECTIONS}
        for name in self.list_commands(ctx):
            heading, summary = COMMANDS[name]
            rows[heading].append((name, summary))
        for heading, listed in rows.items():
            with formatter.section(heading):
                formatter.write_dl(listed, col_max=12)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except MeterError as error:
            fail(error)
        except ModuleNotFoundError as error:
            _fail_without(error)
        except BrokenPipeError:
            raise
        except OSError as error:
            _fail_at(error)


def _fail_without(error: ModuleNotFoundError) -> NoReturn:
    """End with the extra that brings a module which is not installed, if there is one."""
    try:
        raise_missing_extra(error)
    except MissingExtraError as missing:
        fail(missing)


def _fail_at(error: OSError) -> NoReturn:
    """End with the file that cannot be used; an error without one is the output's."""
    reason = (error.strerror or str(error)).lower()
    if error.filename:
        fail(MeterError(f"`{error.filename}` cannot be used: {reason}"))
    _give_up_output()
    fail(MeterError(f"reading or writing failed: {reason}"))


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
    """A paywall whose rules can be read, tried and proved before readers meet them."""
    allow_any_encoding()
