"""Ask what opening premium articles to readers from a search engine does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from meter.studio.edits import add_rule
from meter.studio.what_if.cards.card import (
    Branch,
    Card,
    CardField,
    DoesNotFitError,
    UnusableFieldError,
)
from meter.vocabulary import Access, ArticleAccess, Show

if TYPE_CHECKING:
    from meter.policy import Rule
    from meter.studio.what_if.cards.card import Base, Given

__all__ = ["PREMIUM"]

_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_OPEN = (Show.ARTICLE, Show.COUNTDOWN)


def _closing(base: Base) -> int:
    """Return the first rule that may close a premium article."""
    for number, rule in enumerate(base.policy.rules):
        if _opens_it_already(rule):
            raise DoesNotFitError(
                f"rule `{rule.name}` opens premium articles to readers from elsewhere already"
            )
        show = rule.show
        is_closing = not isinstance(show, Show) or show.access is Access.PREVIEW
        if is_closing and _is_for_premium(rule):
            return number
    raise DoesNotFitError("no rule of this policy closes a premium article")


def _is_for_premium(rule: Rule) -> bool:
    return rule.when.access is None or ArticleAccess.PREMIUM in rule.when.access


def _opens_it_already(rule: Rule) -> bool:
    asked = rule.when.access or frozenset()
    is_open = rule.show in _OPEN and not rule.spend
    return is_open and ArticleAccess.PREMIUM in asked and rule.when.referrer is not None


def _fields(base: Base) -> tuple[CardField, ...]:
    _closing(base)
    return (CardField(name="from", label="Search engines", value="google.com"),)


def _branch(base: Base, given: Given) -> Branch:
    number = _closing(base)
    hosts = [host for host in re.split(r"[\s,]+", given.get("from", "").lower()) if host]
    if not hosts or not all(map(_HOST.fullmatch, hosts)):
        raise UnusableFieldError("from", "write hosts such as `google.com, bing.com`")
    text = add_rule(
        base.text,
        number,
        {
            "name": "premium articles are open from search",
            "when": {"access": ["premium"], "referrer": hosts},
            "show": "article",
        },
    )
    return Branch("premium-from-search", text)


PREMIUM = Card(
    key="premium",
    title="Premium open from search",
    question=lambda _: "What if readers from a search engine could read premium articles?",
    needs="premium",
    fields=_fields,
    branch=_branch,
)
