"""`meter explain`: why a reader got what they got, in words."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import TYPE_CHECKING

import click
from attrs import asdict, evolve

from meter.commands.console import print_answer, print_json
from meter.commands.events import decide_each, offer_names, open_events, source_name
from meter.commands.help import command
from meter.commands.options import FilePath, format_option, policy_argument
from meter.errors import MeterError, Problem
from meter.explanation import AskedView, kept_back, tried
from meter.explanation import explain as explained
from meter.loading import load_policy
from meter.loading.events import (
    EventError,
    decision_table,
    json_problem,
    json_words,
    parse_event,
    parse_json,
    read_events,
)
from meter.policy.faults.frequency import known_prompts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from meter.decision import Decision
    from meter.loading.events import Event
    from meter.loading.other_events import Dismissed, Started
    from meter.policy import Policy
    from meter.usage import Usage

__all__ = ["explain"]

_EVENT = '`{"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": "a1"}`'


@command(
    "meter explain policy.toml event.json",
    "meter explain --all policy.toml events.jsonl",
)
@policy_argument
@click.argument("events", type=FilePath(dash=True), metavar="EVENT.json")
@click.option(
    "--all", "every", is_flag=True, help="Explain every view of the file, not only the last."
)
@format_option("text", "json")
def explain(policy_path: Path, events: Path, form: str, *, every: bool) -> None:
    """Say in words why a reader got what they got.

    Name the rule that decides a page view, and why the rules before it do not. EVENT.json holds one
    JSON object. Where it holds several (a list, or one a line), the last is explained, after the
    earlier ones have been counted.
    """
    policy = load_policy(policy_path)
    decided = list(decide_each(policy, _read_document(events, policy)))
    if not decided:
        source = source_name(events)
        raise MeterError(f"there is no event in {source}; it holds objects such as {_EVENT}")
    shown = decided if every else decided[-1:]
    if form == "json":
        told = [_document(*each) for each in shown]
        print_json(told if every else told[0])
        return
    for event, before, decision in shown:
        name = "without an id" if event.reader.id is None else f"`{event.reader.id}`"
        reader = f"reader {name} ({event.reader.status(event.at)})"
        print_answer(f"{event.at.isoformat()} {reader} opens `{event.view.article.id}`")
        print_answer(explained(decision, asked=AskedView(event.reader, event.view, before)))


def _document(event: Event, before: Usage, decision: Decision) -> dict[str, object]:
    """Return what is said of a decision, and in parts what is said of prompts and experiments."""
    asked = AskedView(event.reader, event.view, before)
    return {
        "decision": decision_table(decision),
        "explanation": explained(decision, asked=asked),
        "kept_back": [asdict(each) for each in kept_back(decision, asked)],
        "experiments": [asdict(each) for each in tried(decision)],
    }


def _read_document(path: Path, policy: Policy) -> Iterator[Event | Started | Dismissed]:
    """Read a file that holds one JSON object, a list of them, or one a line."""
    name = source_name(path)
    offers = offer_names(policy)
    prompts = known_prompts(policy)
    with open_events(path) as file:
        raw = file.read()
    lines = raw.splitlines()
    is_list = raw.removeprefix(BOM_UTF8).lstrip().startswith(b"[")
    document = _parse(raw, name) if is_list or len(lines) > 1 else None
    if document is None:
        yield from read_events(lines, name, policy.zone, offers=offers, prompts=prompts)
        return
    for table in document if isinstance(document, list) else [document]:
        yield parse_event(table, policy.zone, name=name, offers=offers, prompts=prompts)


def _parse(raw: bytes, name: str) -> object:
    """Return the one JSON document that a file holds, or `None` where it has one a line."""
    try:
        return parse_json(raw.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return None
        # Not even the first object is one.
        problem = Problem(
            code="json-syntax",
            message=f"this is not JSON: {json_words(error)}",
            name=name,
            line=error.lineno,
            column=error.colno,
            help="keys and words stand in double quotes, with commas between",
        )
        raise EventError((problem,)) from None
    except (ValueError, RecursionError) as error:
        if raw.partition(b"\n")[0].rstrip().endswith(b"}"):
            return None  # what is wrong with it, its lines say
        raise EventError((evolve(json_problem(error), name=name),)) from None
