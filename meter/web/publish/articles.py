"""`article.jsonld`: what pages tell search engines of each kind of article, as a template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from meter.view import Article
from meter.vocabulary import ArticleAccess
from meter.web.gate.everyone import Everyone
from meter.web.publish.places import enclosing
from meter.web.publish.statements import MADE, Statement, UnreadableFileError
from meter.web.structured import structured_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.policy import Policy
    from meter.policy.machines import MachinesTable
    from meter.web.publish.places import SitePlace

__all__ = ["read_articles", "write_articles"]

_HEAD = (
    f"{MADE} from the policy of the paywall. Of the kind that an article is, put the entry into its"
    " page, with `@context`, and its own words for those in capitals."
)
_SAYS = "isAccessibleForFree"


def write_articles(policy: Policy, machines: MachinesTable, among: Sequence[SitePlace]) -> str:
    """Return the text of the file: an entry for each access, and for a part that differs."""
    everyone = Everyone(policy)
    entries = []
    for place in among:
        around = enclosing(place, among)
        for access in ArticleAccess:
            is_free = _is_for_everyone(everyone, place, access)
            if around is None or is_free != _is_for_everyone(everyone, around, access):
                entries.append(_entry(machines, place, access, is_free=is_free))
    data = {"@context": "https://schema.org", "description": _HEAD, "@graph": entries}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _is_for_everyone(everyone: Everyone, place: SitePlace, access: ArticleAccess) -> bool:
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
    found = []
    for entry in entries:
        if isinstance(entry, dict) and _SAYS in entry:
            name = str(entry.get("@id", ""))
            words = str(entry[_SAYS]).lower()
            folder, _, access = name.removeprefix("#").rpartition("/")
            found.append(
                Statement(
                    path=f"/{folder}/" if folder else "/",
                    about=access,
                    words=words,
                    source=f"{name}: {_SAYS} {words}",
                    line=_line_of(text, name),
                )
            )
    return found


def _line_of(text: str, name: str) -> int:
    """Return the line that says whether an entry is free: the first one behind its name."""
    lines = text.splitlines()
    named = json.dumps(name)
    start = next((place for place, line in enumerate(lines) if named in line), 0)
    for place, line in enumerate(lines[start:], start + 1):
        if _SAYS in line:
            return place
    return 1
