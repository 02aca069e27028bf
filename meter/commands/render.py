"""`meter render`: the prompts that page views get."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click
from click.core import ParameterSource

from meter.commands.console import print_answer
from meter.commands.events import decide_all, events_argument, read_stream
from meter.commands.help import command
from meter.commands.locales import locale_option
from meter.commands.one_view import OneView, one_view_options
from meter.commands.options import format_option, own_templates, policy_argument, templates_option
from meter.loading import load_policy
from meter.prompts import render as render_prompt
from meter.prompts.rendering import LayoutWord
from meter.studio.frames import article_page, article_text
from meter.studio.gallery.ids import with_own_ids
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.prompts.rendering import TemplateWord
    from meter.vocabulary import Status

__all__ = ["render"]


@command(
    "meter render policy.toml events.jsonl",
    "meter render policy.toml events.jsonl --format html --layout narrow --locale ja",
    "meter render policy.toml --as registered --at 2026-06-12 --page > page.html",
)
@policy_argument
@events_argument
@format_option("text", "html")
@click.option(
    "--page",
    "is_page",
    is_flag=True,
    help="Print a whole HTML page to open: an article with the prompts in it, and their styles.",
)
@one_view_options
@locale_option
@click.option(
    "--layout",
    type=click.Choice(get_args(LayoutWord)),
    default="wide",
    show_default=True,
    help="The layout of the page.",
)
@templates_option
def render(
    policy_path: Path,
    events: Path,
    form: TemplateWord,
    status: Status | None,
    at: datetime | None,
    locale: str | None,
    layout: LayoutWord,
    templates: Path | None,
    *,
    is_page: bool,
) -> None:
    """Print the prompts that page views get.

    The prompts are printed in the order of the page views; a view without a prompt prints nothing.
    Page views are read as `meter decide` reads them; with `--as` or `--at` there is one, and no
    file is read: the first article of somebody of whom nothing else is known.
    """
    one = OneView(status, at)
    _refuse_both(form, one, is_page=is_page)
    policy = load_policy(policy_path)
    folder = own_templates(policy_path, policy, templates)
    views = iter([one.event(policy)]) if one else read_stream(events, policy)
    decided = (decision for _, decision in decide_all(policy, views))
    if is_page:
        print_answer(_page(list(decided), policy, locale, layout, folder))
        return
    for decision in decided:
        text = render_prompt(
            decision, policy, locale=locale, layout=layout, format=form, folder=folder
        ).strip("\n")
        if text:
            print_answer(f"{text}\n")


def _refuse_both(form: str, one: OneView, *, is_page: bool) -> None:
    """Refuse a page that is text, and a page view that is made up beside a file of them."""
    given = click.get_current_context().get_parameter_source
    if one and given("events") is not ParameterSource.DEFAULT:
        raise click.UsageError(
            "`--as` and `--at` make one page view, and EVENTS.jsonl has others: leave one of them"
            " out"
        )
    if is_page and form != "html" and given("form") is not ParameterSource.DEFAULT:
        raise click.UsageError("a page is HTML: leave out `--format text`, or `--page`")


def _page(
    decided: list[Decision],
    policy: Policy,
    locale: str | None,
    layout: LayoutWord,
    folder: Path | None,
) -> str:
    """Return a page with the prompts of all views; its article is whole if each of them got it."""
    prompts = [
        render_prompt(decision, policy, locale=locale, layout=layout, folder=folder).strip("\n")
        for decision in decided
    ]
    text = article_text(locale or policy.publication.locale)
    return article_page(
        "\n".join(_apart([prompt for prompt in prompts if prompt])),
        lang=text.lang,
        direction=text.dir,
        scheme=None,
        title=text.title,
        paragraphs=text.paragraphs,
        is_preview=any(decision.access is Access.PREVIEW for decision in decided),
    )


def _apart(prompts: list[str]) -> Iterator[str]:
    """Yield prompts that can share a page: of several, each with ids of its own."""
    if len(prompts) == 1:
        yield from prompts
        return
    for number, prompt in enumerate(prompts, 1):
        yield with_own_ids(prompt, f"view-{number}-")
