"""`meter init`: write a folder with a policy, journeys that test it, and events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from meter.clock import system_clock
from meter.commands.dating import until_current
from meter.commands.help import command
from meter.commands.models import StartingFile, known_model, model_files
from meter.commands.options import today_option
from meter.errors import MeterError
from meter.resources import MODEL_POLICY, PaywallModel, template_root

if TYPE_CHECKING:
    from datetime import date

__all__ = ["SAMPLE", "init", "sample", "sample_files"]

SAMPLE = {
    "policy.toml": "the rules, the meter and the offers",
    "months.journey.toml": "a reader's months: shows them, and tests the policy",
    "campaign.journey.toml": "an ask that does not nag, a price on trial, and a way back",
    "month-end.journey.toml": "the minute in which the month turns",
    "two-devices.journey.toml": "one reader on a phone and a laptop",
    "open-and-premium.journey.toml": "what is free, and what an allowance never opens",
    "trial.journey.toml": "a trial from 31 March, and a cancelled subscription",
    "events.jsonl": "page views, one a line, for `meter decide`",
    "README.md": "what to try, in order",
}
SAMPLE_JOURNEY = "months.journey.toml"


def sample(name: str) -> str:
    """Return the text of one of the files that ship as a sample."""
    return (template_root() / "sample" / name).read_text(encoding="utf-8")


@command(
    "meter init paywall",
    "meter init --like                       the models of paywalls there are",
    "meter init paywall --like ten-a-month   start from one of them",
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--like",
    metavar="NAME",
    is_flag=False,
    flag_value="",
    is_eager=True,
    callback=known_model,
    help="Start from a model of a paywall; without a name, list them.",
)
@today_option
def init(folder: Path, like: PaywallModel | None, today: date | None) -> None:
    """Start a folder with a policy that works.

    The policy comes with journeys that test it and a few page views, or, with `--like`, with the
    journey and the policy of the paywall that is most like yours. Their dates are moved by whole
    years (by 52 weeks each where days of the week matter), so that on --today (for this command
    without it: today) none is over. No file that is already in DIR is overwritten.
    """
    files = sample_files(today) if like is None else _current(model_files(like), today)
    journey = SAMPLE_JOURNEY if like is None else like.journey
    taken = [file.name for file in files if (folder / file.name).exists()]
    if taken:
        raise MeterError(
            f"`{folder / taken[0]}` is there already and is not overwritten; choose another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file.name).write_text(file.text, encoding="utf-8")
        click.echo(f"{folder / file.name}: {file.what}")
    click.echo(f"\nnext: meter check {folder / MODEL_POLICY} && meter journey {folder / journey}")


def _current(files: list[StartingFile], today: date | None) -> list[StartingFile]:
    """Return files whose dates are not over."""
    policy = next(file.text for file in files if file.name == MODEL_POLICY)
    later = until_current(policy, today or system_clock().date())
    return [file._replace(text=later.moved(file.text)) for file in files]


def sample_files(today: date | None = None) -> list[StartingFile]:
    """Return the files of the sample, none of whose dates is over today."""
    return _current(
        [StartingFile(name, what, sample(name)) for name, what in SAMPLE.items()], today
    )
