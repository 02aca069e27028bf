"""`article.jsonld`: what pages tell search engines of each kind of article, as a template."""

from __future__ import annotations

import json
from functools import cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from meter.view import Article
from meter.vocabulary import ArticleAccess
from meter.web.gate.everyone import Everyone
from meter.web.publish.places import differs
from meter.web.publish.statements import MADE, Statement, UnreadableFileError
from meter.web.structured import structured_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.policy import Policy
    from meter.policy.machines import MachinesTable
    from meter.web.publish.places import SitePlace

__all__ = ["read_articles", "write_articles"]

_HEAD = (
    f"{MADE} from the policy of the paywall. Of the kind that an article is, put the entry into its"
    " page, with `@context`, and its own words for those in capitals."
)
_SAYS = "isAccessibleForFree"
_TOLD = ("@type", "url", _SAYS, "hasPart")
"""The keys of an entry that are the policy's to say; a publisher may add others."""


def write_articles(policy: Policy, machines: MachinesTable, among: Sequence[SitePlace]) -> str:
    """Return the text of the file: an entry for each access, and for a part that differs."""
    everyone = Everyone(policy)
    known = {access: cache(partial(_is_for_everyone, everyone, access)) for access in ArticleAccess}
    entries = []
    for place in among:
        for access in ArticleAccess:
            is_free = known[access]
            if differs(place, among, is_free):
                entries.append(_entry(machines, place, access, is_free=is_free(place)))
    data = {"@context": "https://schema.org", "description": _HEAD, "@graph": entries}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _is_for_everyone(everyone: Everyone, access: ArticleAccess, place: SitePlace) -> bool:
    """Say whether everybody reads the articles of a place at any time, and nothing counts them."""
    sections = [section for section in place.sections if section is not None]
    if None in place.sections:
        sections.append(_unmentioned(everyone))
    articles = [Article(id="article", access=access, section=section) for section in sections]
    if None in place.sections:
        articles.append(Article(id="article", access=access))
    return all(map(everyone.always, articles))


def _unmentioned(everyone: Everyone) -> str:
    """Return a section that the policy does not mention."""
    slots = everyone.policy.rulebook.vocabulary.slots
    longest = max(
        (len(word) for slot in slots if slot.name == "section" for word in slot.mentioned),
        default=0,
    )
    return "-" * (longest + 1)


def _entry(
    machines: MachinesTable, place: SitePlace, access: ArticleAccess, *, is_free: bool
) -> dict[str, object]:
    site = urlsplit(machines.site)
    data = structured_data(
        for_everyone=is_free,
        headline="HEADLINE",
        url=f"{site.scheme}://{site.netloc}{place.path}ARTICLE",
    )
    del data["@context"]
    name = f"{place.path.strip('/')}/{access}".strip("/")
    return {"@id": f"#{name}", **data}


def read_articles(text: str) -> list[Statement]:
    """Return what a file says. Raises `UnreadableFileError` for what is no such JSON."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError("this is no JSON", getattr(error, "lineno", 1)) from None
    entries = data.get("@graph") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise UnreadableFileError("there is no list `@graph` in it", 1)
    return [
        statement
        for entry in entries
        if isinstance(entry, dict)
        for statement in _said(entry, text.splitlines())
    ]


def _said(entry: dict[str, object], lines: Sequence[str]) -> Iterator[Statement]:
    """Yield what an entry says of its article: all but the words that a page fills in."""
    name = str(entry.get("@id", ""))
    folder, _, access = name.removeprefix("#").rpartition("/")
    for key, value in _leaves({known: entry[known] for known in _TOLD if known in entry}):
        words = value.lower() if key.endswith(_SAYS) else value
        yield Statement(
            path=f"/{folder}/" if folder else "/",
            about=f"{access} {key}",
            words=words,
            source=f"{name}: {key} {words}",
            line=_line_of(lines, name, key),
        )


def _leaves(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value in a table, with the keys that lead to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, place)
    else:
        yield place, str(value)


def _line_of(lines: Sequence[str], name: str, key: str) -> int:
    """Return the line that says something of an entry: behind its name, key after key."""
    at = 0
    for word in (name, *key.split(".")):
        named = json.dumps(word)
        at = next((place for place in range(at, len(lines)) if named in lines[place]), at)
    return at + 1
