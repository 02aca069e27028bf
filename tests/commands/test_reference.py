"""The reference of the command line lists what the command line knows.

`python tests/commands/test_reference.py` writes it.
"""

from __future__ import annotations

import re
from pathlib import Path

import click

from meter.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def section(name, command):
    """Return what the reference says of a command: its own words, and every argument and option.

    Of one with commands in it, it says the same of each of them.
    """
    parts = command.commands if isinstance(command, click.Group) else {}
    return "\n\n".join(
        [
            one_section(name, command),
            *(section(f"{name} {part}", of) for part, of in parts.items()),
        ]
    )


def one_section(name, command):
    """Return what the reference says of a command itself."""
    context = click.Context(command, info_name=f"meter {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    paragraphs = [command.help]
    if command.epilog:
        paragraphs.append(f"```text\n{command.epilog}\n```")
    rows = ["| option | what it does |", "|---|---|"]
    for option in command.params:
        if isinstance(option, click.Option):
            record = option.get_help_record(context)
            assert record is not None
            names, says = (part.replace("|", "\\|") for part in record)
            rows.append(f"| `{names}` | {says} |")
    return "\n\n".join(
        [
            f"## `meter {name}`",
            f"```text\nmeter {name} {usage}\n```",
            *paragraphs,
            *(["\n".join(rows)] if len(rows) > 2 else []),
        ]
    )


def filled(page):
    """Return the page with the section of every command written anew."""
    context = click.Context(main)
    sections = [
        section(name, command)
        for name in main.list_commands(context)
        if (command := main.get_command(context, name))
    ]
    text = "\n\n".join(sections)
    return re.sub(
        r"<!-- commands -->.*<!-- end -->",
        lambda _: f"<!-- commands -->\n\n{text}\n\n<!-- end -->",
        page,
        flags=re.DOTALL,
    )


def test_the_reference_of_the_command_line_is_current():
    """Every command and every option, documented or it fails."""
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page) == page, "run `python tests/commands/test_reference.py`"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
