"""`meter render`: the prompts that page views get."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from meter.commands.console import print_answer
from meter.commands.events import decide_all, events_argument, read_stream
from meter.commands.help import command
from meter.commands.locales import locale_option
from meter.commands.options import FolderPath, format_option, policy_argument
from meter.errors import PolicyError
from meter.loading import load_policy
from meter.loading.files import folder_problem
from meter.prompts import render as render_prompt
from meter.resources import templates_folder

if TYPE_CHECKING:
    from pathlib import Path

    from meter.prompts.rendering import LayoutWord, TemplateWord

__all__ = ["render"]


@command(
    "meter render policy.toml events.jsonl",
    "meter render policy.toml events.jsonl --format html --layout narrow --locale ja",
)
@policy_argument
@events_argument
@format_option("text", "html")
@locale_option
@click.option(
    "--layout",
    type=click.Choice(["wide", "narrow", "bar"]),
    default="wide",
    show_default=True,
    help="The layout of the page.",
)
@click.option(
    "--templates",
    type=FolderPath(),
    help="A folder whose files replace those that ship; without it, the one the policy names.",
)
def render(
    policy_path: Path,
    events: Path,
    form: TemplateWord,
    locale: str | None,
    layout: LayoutWord,
    templates: Path | None,
) -> None:
    """Print the prompts that page views get.

    The prompts are printed in the order of the page views; a view without a prompt prints nothing.
    Page views are read as `meter decide` reads them.
    """
    policy = load_policy(policy_path)
    if templates is None and policy.publication.templates is not None:
        templates = templates_folder(policy.publication.templates, policy_path.parent)
        missing = folder_problem(templates)
        if missing is not None:
            raise PolicyError([missing])
    for _, decision in decide_all(policy, read_stream(events, policy)):
        text = render_prompt(
            decision, policy, locale=locale, layout=layout, format=form, folder=templates
        ).strip("\n")
        if text:
            print_answer(f"{text}\n")
