"""`meter init`: write a folder with a policy, journeys that test it, and events."""

from __future__ import annotations

from pathlib import Path

import click

from meter.commands.help import command
from meter.errors import MeterError
from meter.resources import template_root

__all__ = ["SAMPLE", "init", "sample"]

SAMPLE = {
    "policy.toml": "the rules, the meter and the offer",
    "months.journey.toml": "a reader's months: shows them, and tests the policy",
    "month-end.journey.toml": "the minute in which the month turns",
    "two-devices.journey.toml": "one reader on a phone and a laptop",
    "open-and-premium.journey.toml": "what is free, and what an allowance never opens",
    "trial.journey.toml": "a trial from 31 January, and a cancelled subscription",
    "events.jsonl": "page views, one a line, for `meter decide`",
    "README.md": "what to try, in order",
}


def sample(name: str) -> str:
    """Return the text of one of the files that ship as a sample."""
    return (template_root() / "sample" / name).read_text(encoding="utf-8")


@command("meter init paywall")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
def init(folder: Path) -> None:
    """Start a folder with a policy that works.

    The policy comes with journeys that test it and a few page views. No file that is already in DIR
    is overwritten.
    """
    taken = [name for name in SAMPLE if (folder / name).exists()]
    if taken:
        raise MeterError(
            f"`{folder / taken[0]}` is there already and is not overwritten; choose another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, what in SAMPLE.items():
        (folder / name).write_text(sample(name), encoding="utf-8")
        click.echo(f"{folder / name}: {what}")
    click.echo(
        f"\nnext: meter check {folder / 'policy.toml'} && meter journey"
        f" {folder / 'months.journey.toml'}"
    )
