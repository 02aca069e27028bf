"""Writes what the reference pages say of every key, and the JSON Schema.

Run it when the format changes.

    python docs/reference/generate.py

A page keeps its own words; only what stands between `<!-- keys: NAME -->` and `<!-- end -->`, and
the messages below the broken examples of `problems.md`, are written here. A test checks that
nothing is out of date.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from meter.loading import check_text, loads_policy, schema
from meter.loading.events import EventError, event_shape, read_events
from meter.loading.fields import Choice, FlagOr, Key, List, Mapping, OneOf, Shape, Table
from meter.loading.machines import MACHINES_OF_A_RULE
from meter.loading.prompts import PROMPT
from meter.loading.together.rules import GROUP, RULE
from meter.verify.lints import CODES, lints
from meter.web.institutions import check_institutions
from meter.web.institutions.keys import INSTITUTIONS
from meter.web.machines.declared import CRAWLERS, check_crawlers

if TYPE_CHECKING:
    from meter.errors import Problem

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "templates" / "policy.schema.json"
PAGES = ("policy.md", "events.md", "institutions.md", "crawlers.md", "problems.md")

_EVENT = event_shape(ZoneInfo("UTC"))


def _inner(table: Table, key: str) -> Table:
    """Return the table below a key, through lists and alternatives."""
    shape: Shape = table.keys[key].resolve()
    while not isinstance(shape, Table):
        shape = (
            shape.item
            if isinstance(shape, List | Mapping)
            else shape.by[dict]
            if isinstance(shape, OneOf)
            else shape.table
        )
    return shape


TABLES = {
    "policy": schema.POLICY,
    "publication": schema.PUBLICATION,
    "meter": schema.METER,
    "window": _inner(schema.METER, "window"),
    "limits": _inner(schema.METER, "limits"),
    "offer": schema.OFFER,
    "then": _inner(schema.OFFER, "then"),
    "product": schema.PRODUCT,
    "rule": RULE,
    "group": GROUP,
    "guarantee": schema.GUARANTEE,
    "when": schema.WHEN,
    "members": _inner(schema.WHEN, "tags"),
    "range": _inner(schema.WHEN, "score"),
    "dates": _inner(schema.WHEN, "dates"),
    "hour": _inner(schema.WHEN, "hour"),
    "age": _inner(schema.WHEN, "age"),
    "since": _inner(schema.WHEN, "since"),
    "tenure": _inner(_inner(schema.WHEN, "since"), "expiry"),
    "words": schema.WORDS,
    "prompt": PROMPT,
    "experiment": schema.EXPERIMENT,
    "filter": _inner(schema.EXPERIMENT, "filters"),
    "holdout": schema.HOLDOUT,
    "copy": schema.COPY,
    "noun": _inner(schema.COPY, "nouns"),
    "links": schema.LINKS,
    "promises": schema.PROMISES,
    "machines": schema.MACHINES,
    "terms": MACHINES_OF_A_RULE,
    "gifts": schema.GIFTS,
    "event": _EVENT,
    "reader": _inner(_EVENT, "reader"),
    "entitlement": _inner(_inner(_EVENT, "reader"), "entitlements"),
    "article": _inner(_EVENT, "article"),
    "crawlers": CRAWLERS,
    "crawler": _inner(CRAWLERS, "crawlers"),
    "institutions": INSTITUTIONS,
    "institution": _inner(INSTITUTIONS, "institutions"),
}

_KEYS = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_CODES = re.compile(r"(<!-- codes: findings -->\n).*?(<!-- end -->)", re.DOTALL)
_BROKEN = re.compile(
    r'(```(?:toml|json) title="(broken/[\w.-]+)"\n(.*?)```\n\n```text\n)(.*?)(```)', re.DOTALL
)


def filled(page: str) -> str:
    """Return the text of a page with everything generated in it brought up to date."""
    page = _CODES.sub(lambda match: match[1] + _codes() + match[2], page)
    page = _KEYS.sub(lambda match: match[1] + _rows(TABLES[match[2]]) + match[3], page)
    return _BROKEN.sub(lambda match: match[1] + _said(match[3], match[2]) + match[5], page)


def _codes() -> str:
    return (
        "\n".join(
            [
                "| Code | What it finds |",
                "|---|---|",
                *(f"| `{code}` | {says} |" for code, says in CODES.items()),
            ]
        )
        + "\n"
    )


def _rows(table: Table) -> str:
    rows = [_row(name, key) for name, key in table.keys.items()]
    return "\n".join(["| Key | Form | Meaning |", "|---|---|---|", *rows]) + "\n"


def _row(name: str, key: Key) -> str:
    form = _form(key.resolve())
    needed = " **Required.**" if key.required else ""
    cells = (f"`{name}`", form, f"{key.says}.{needed}")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _form(shape: Shape) -> str:
    """Return the form of a value; of a list of words, all of them."""
    if isinstance(shape, FlagOr):
        return f"{shape.flag.form}, or {_form(shape.other)}"
    if isinstance(shape, List) and isinstance(shape.item, Choice):
        return "a list of " + ", ".join(f"`{word}`" for word in shape.item.words)
    return shape.form


def _said(body: str, name: str) -> str:
    """Return what is said of a broken example with the code it is an example of."""
    return "".join(
        f"{problem}\n" for problem in problems_of(body, name) if problem.code == Path(name).stem
    )


def problems_of(body: str, name: str) -> tuple[Problem, ...]:
    """Return the problems of a broken example.

    It is a line of events, a file of institutions or crawlers, a policy, or a part of one.
    """
    if name.endswith(".jsonl"):
        try:
            list(read_events(body.splitlines(), name, ZoneInfo("UTC")))
        except EventError as error:
            return error.problems
        return ()
    if name.endswith(".crawlers"):
        return check_crawlers(body, HERE, name=name)[1]
    if name.endswith(".institutions"):
        return check_institutions(body, loads_policy(_SELLS), name=name)[1]
    text = whole(body)
    return check_text(text, name, today=date(2026, 7, 1), exact=lints, folder=HERE)[1]


_SELLS = """
[publication]
name = "The Harbour Review"

[products.cooking]
opens = { section = ["cooking"] }

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
"""The policy that examples of institutions stand beside."""


def whole(body: str) -> str:
    """Return a part of a policy as a policy.

    What is missing goes behind it, so that lines keep their numbers.
    """
    if body.startswith("# a whole file"):
        return body
    if "[publication]" not in body:
        body += '\n[publication]\nname = "The Harbour Review"\n'
    return (
        body
        if "everyone else" in body
        else body + '\n[[rules]]\nname = "everyone else"\nshow = "subscription-wall"\n'
    )


def main() -> None:
    """Bring every page and the schema up to date."""
    SCHEMA.write_text(schema.schema_text(), encoding="utf-8")
    for name in PAGES:
        page = HERE / name
        page.write_text(filled(page.read_text("utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
