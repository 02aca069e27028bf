"""`meter decide`: what page views get, as data."""

from __future__ import annotations

import json
from contextlib import ExitStack
from logging import NullHandler, getLogger
from typing import TYPE_CHECKING

import click

from meter.commands.console import print_message
from meter.commands.events import events_argument, read_readable
from meter.commands.help import command
from meter.commands.options import article_ids_option, policy_argument
from meter.errors import CorruptUsageError, meant, quoted
from meter.loading import load_policy
from meter.loading.article_ids import SAME_PAGES, ArticleIds, PageAddresses
from meter.loading.events import decision_table
from meter.loading.other_events import Dismissed, Started
from meter.paywall import Paywall
from meter.policy.words import Declarable, undeclared
from meter.stores import open_store
from meter.stores.protocol import Closable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["decide"]

_MEMORY = "memory://"
_UNBOUNDED = "memory://?capacity=1000000000"
"""A log is decided whole: nobody in it may be forgotten."""
_PATIENCE = 30.0
"""Seconds; nobody waits for a page, and a count that is missed is missed for good."""


@command(
    "meter decide policy.toml events.jsonl",
    'echo \'{"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": "a1"}\''
    " | meter decide policy.toml",
    "meter decide policy.toml events.jsonl --store sqlite:///usage.db",
)
@policy_argument
@events_argument
@click.option(
    "--store",
    "url",
    default=_MEMORY,
    show_default=True,
    help="Where usage is kept, such as `sqlite:///usage.db`.",
)
@article_ids_option
def decide(policy_path: Path, events: Path, url: str, article_ids: ArticleIds) -> None:
    """Decide page views, one JSON line in, one out.

    Page views come from EVENTS.jsonl or stdin, one JSON object a line. What is counted is kept in
    the store; a store in memory is forgotten at the end. A line with `started` in the place of an
    article says that its reader has started that offer, one with `dismissed` that the reader has
    closed that prompt: it is recorded and gives no line out.

    A line that cannot be read is told on stderr with its number and passed by; at the end they are
    counted. Where no line can be read, the exit code is 2.

    A reader whose record in the store cannot be read is told on stderr too, and decided as in an
    outage: `degraded`, and counted for this run only.
    """
    # An outage is printed once, as the error that ends the command.
    getLogger("meter").addHandler(NullHandler())
    policy = load_policy(policy_path)
    store = open_store(_UNBOUNDED if url == _MEMORY else url)
    with ExitStack() as closing:
        if isinstance(store, Closable):
            closing.callback(store.close)
        paywall = Paywall(
            policy, store, on_outage="raise", deadline=_PATIENCE, article_ids=article_ids
        )
        without = Paywall(policy, store, deadline=_PATIENCE, article_ids=article_ids)
        pages = PageAddresses()
        told = _Corrupt()
        brought: dict[tuple[str, str], None] = {}
        for event in read_readable(events, policy):
            if isinstance(event, Started):
                if event.reader.id is not None:
                    paywall.started(event.reader.id, event.started)
                continue
            if isinstance(event, Dismissed):
                if event.reader.id is not None:
                    paywall.dismissed(event.reader.id, event.dismissed, now=event.at)
                continue
            brought.update(dict.fromkeys(undeclared(policy.words, event.reader, event.view)))
            if article_ids is ArticleIds.EXACT:
                pages.add((event.view.article.id,))
            try:
                decision = paywall.check(event.reader, event.view, now=event.at)
            except CorruptUsageError as error:
                told.add(event.reader.id, error)
                decision = without.check(event.reader, event.view, now=event.at)
            click.echo(json.dumps(decision_table(decision), ensure_ascii=False))
        for name, word in brought:
            known = policy.words[Declarable(name)]
            step = meant(word, known, f"or add it to `{name}` under `[words]`")
            print_message(f"`{word}` is not among the declared words of `{name}`: {step}")
        if pages.example is not None:
            print_message(f"{SAME_PAGES} {pages}")


class _Corrupt:
    """The readers whose records cannot be read; each is told once, on stderr."""

    def __init__(self) -> None:
        self._told: set[str | None] = set()

    def add(self, reader_id: str | None, error: CorruptUsageError) -> None:
        """Tell what is wrong with a reader's record, if it was not told yet."""
        if reader_id not in self._told:
            self._told.add(reader_id)
            print_message(f"reader {quoted(reader_id)} is decided as in an outage: {error}")
