"""`meter decide`, `explain` and `render`.

What do page views get, as data, in words, and as the reader sees it?

All three read the same lines of JSON, and what one view counts is remembered for the next.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from meter.commands.console import FilePath, format_option, locale_option, out, say, write_json
from meter.errors import MeterError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.decision import Decision
    from meter.loading.events import Event
    from meter.policy import Policy
    from meter.usage import Usage

__all__ = ["decide", "explain", "render"]

_STDIN = Path("-")
_MEMORY = "memory://"
_UNBOUNDED = (  # a log is decided whole: nobody in it may be forgotten
    "memory://?capacity=1000000000"
)
_EXAMPLE = '`{"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": "a1"}`'
_PATIENCE = 30.0  # seconds: nobody waits for a page, and a count that is missed is missed for good
_policy = click.argument("policy_path", type=click.Path(path_type=Path), metavar="POLICY")
_events = click.argument(
    "events", type=FilePath(dash=True), default=_STDIN, metavar="[EVENTS.jsonl]"
)


@click.command
@_policy
@_events
@click.option(
    "--store",
    "url",
    default=_MEMORY,
    show_default=True,
    help="Where usage is kept, such as `sqlite:///usage.db`.",
)
def decide(policy_path: Path, events: Path, url: str) -> None:
    """Decide page views: one JSON object a line in (from EVENTS.jsonl or stdin), one decision a line out. What is counted is kept in the
    store; one in memory is forgotten at the end.

    A line that cannot be read ends it with exit code 2; the lines before it are decided and kept.

    \b meter decide policy.toml events.jsonl echo '{"at": "2026-06-01T09:00:00Z", "reader": {"id":
    "r1"}, "article": "a1"}' | meter decide policy.toml meter decide policy.toml events.jsonl
    --store sqlite:///usage.db
    """
    from logging import NullHandler, getLogger

    from meter import Paywall, load_policy, open_store
    from meter.loading.events import decision_table

    getLogger("meter").addHandler(
        NullHandler()
    )  # an outage is told once, as the error that ends it
    policy = load_policy(policy_path)
    store = open_store(_UNBOUNDED if url == _MEMORY else url)
    with ExitStack() as closing:
        closing.callback(getattr(store, "close", lambda: None))
        paywall = Paywall(policy, store, on_outage="raise", deadline=_PATIENCE)
        for event in _read(events, policy):
            decision = paywall.check(event.reader, event.view, now=event.at)
            click.echo(json.dumps(decision_table(decision), ensure_ascii=False))


@click.command
@_policy
@click.argument("events", type=FilePath(dash=True), metavar="EVENT.json")
@click.option(
    "--all", "every", is_flag=True, help="Explain every view of the file, not only the last."
)
@format_option("text", "json")
def explain(policy_path: Path, events: Path, form: str, *, every: bool) -> None:
    """Say in words which rule decides a page view, and why those before it do not.

    EVENT.json holds one JSON object; of several (a list, or one a line) the first are views of
    before: the last is explained, with all that was counted until then.

    \b
    meter explain policy.toml event.json
    meter explain --all policy.toml events.jsonl
    """
    from meter.explanation import explain as in_words
    from meter.loading import load_policy
    from meter.loading.events import decision_table

    policy = load_policy(policy_path)
    decided = list(_decide(policy, _read_document(events, policy)))
    if not decided:
        raise MeterError(
            f"there is no event in {_name(events)}; it holds objects such as {_EXAMPLE}"
        )
    shown = decided if every else decided[-1:]
    if form == "json":
        told = [
            {"decision": decision_table(decision), "explanation": in_words(decision)}
            for _, decision in shown
        ]
        write_json(told if every else told[0])
        return
    for event, decision in shown:
        status = event.reader.status(event.at)
        out(
            f"{event.at.isoformat()} reader `{event.reader.id}` ({status}) opens"
            f" `{event.view.article.id}`"
        )
        out(in_words(decision))


@click.command
@_policy
@_events
@format_option("text", "html")
@locale_option
@click.option(
    "--layout",
    type=click.Choice(["wide", "narrow"]),
    default="wide",
    show_default=True,
    help="The layout of the page.",
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder whose files replace those that ship.",
)
def render(
    policy_path: Path,
    events: Path,
    form: str,
    locale: str | None,
    layout: str,
    templates: Path | None,
) -> None:
    """Print what the page says for page views, in order; a view for which it says nothing prints nothing. Reads as `meter decide` does.

    \b
    meter render policy.toml events.jsonl
    meter render policy.toml events.jsonl --format html --layout narrow --locale ja
    """
    from meter.loading import load_policy
    from meter.prompts import render as prompt

    policy = load_policy(policy_path)
    for _, decision in _decide(policy, _read(events, policy)):
        text = prompt(
            decision, policy, locale=locale, layout=layout, format=form, folder=templates
        ).strip("\n")
        if text:
            out(f"{text}\n")


def _decide(policy: Policy, events: Iterator[Event]) -> Iterator[tuple[Event, Decision]]:
    """Decide views one after the other, each reader with what was counted before."""
    from meter.memo import decide as decided
    from meter.usage import Usage

    usages: dict[str, Usage] = {}
    for event in events:
        decision, usages[event.reader.id] = decided(
            policy, event.reader, event.view, usages.get(event.reader.id, Usage()), event.at
        )
        yield event, decision


def _read(path: Path, policy: Policy) -> Iterator[Event]:
    from meter.loading.events import read_events

    with _opened(path) as lines:
        # A stream waits for its answer; of a file, all is told that is to be mended.
        yield from read_events(lines, _name(path), policy.zone, ahead=0 if path == _STDIN else 1000)


def _read_document(path: Path, policy: Policy) -> Iterator[Event]:
    """Read a file that holds one JSON object, a list of them, or one a line."""
    from meter.loading.events import (
        EventError,
        json_words,
        parse_event,
        read_events,
    )

    name = _name(path)
    with _opened(path) as file:
        raw = file.read()
    lines, document = raw.splitlines(), None
    if len(lines) > 1:
        try:
            document = json.loads(raw)
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":  # not even the first object is one
                message = f"this is not JSON: {json_words(error)}"
                help_ = "keys and words stand in double quotes, with commas between"
                problem = Problem(
                    code="json-syntax",
                    message=message,
                    name=name,
                    line=error.lineno,
                    column=error.colno,
                    help=help_,
                )
                raise EventError((problem,)) from None
        except (ValueError, RecursionError):
            pass  # what is wrong with it, its lines say
    if document is None:
        yield from read_events(lines, name, policy.zone)
        return
    for table in document if isinstance(document, list) else [document]:
        yield parse_event(table, policy.zone, name=name)


def _name(path: Path) -> str:
    return "stdin" if path == _STDIN else str(path)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == _STDIN:
        if sys.stdin.isatty():
            say("reading page views from the terminal, one JSON object a line; Ctrl-D ends them")
        yield sys.stdin.buffer
    else:
        with path.open("rb") as file:
            yield file
