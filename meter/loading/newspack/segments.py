"""Turn segments of readers into conditions, as far as there is something alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.loading.newspack.conditions import Condition, negated, product_word

if TYPE_CHECKING:
    from meter.loading.newspack.values import Node

__all__ = ["ARTICLES_READ", "UnknownCriterionError", "criterion"]

ARTICLES_READ = "articles-read"
"""The meter that counts what Newspack calls `articles_read`."""

_READERS: dict[tuple[str, str], Condition] = {
    ("user_account", "with-account"): {"account": True},
    ("user_account", "without-account"): {"account": False},
    ("newsletter", "subscribers"): {"segments": ["newsletter"]},
    ("newsletter", "non-subscribers"): {"segments": {"none": ["newsletter"]}},
    ("donation", "donors"): {"segments": ["donor"]},
    ("donation", "non-donors"): {"segments": {"none": ["donor"]}},
    ("donation", "former-donors"): {"segments": ["former-donor"]},
}
_PRODUCTS = {"active_subscriptions": "product", "active_memberships": "membership"}
_LISTS = {"subscribed_lists": "newsletter/{}", "favorite_categories": "favourite-category/{}"}
_SEGMENTS = "segments"


class UnknownCriterionError(Exception):
    """Nothing here stands for a criterion; the message is its name."""


def criterion(node: Node) -> tuple[Condition, list[str]]:
    """Return the condition of one criterion, and the segments that the site has to give for it.

    One that asks nothing is an empty condition. Raises `UnknownCriterionError`.
    """
    name, value = node.get("criteria_id").text(), node.get("value")
    if name in ("user_account", "newsletter", "donation"):
        return _word(name, value.text())
    if name == "articles_read":
        least, most = value.get("min").number(), value.get("max").number()
        bounds = {"at_least": max(least, 1), **({"at_most": most} if most else {})}
        return {"used": {ARTICLES_READ: bounds}}, []
    if name in ("sources_to_match", "sources_to_exclude"):
        hosts = value.words()
        matches: Condition = {"referrer": hosts} if hosts else {}
        excludes = matches and name == "sources_to_exclude"
        return (negated(matches) if excludes else matches), []
    plain = name.removeprefix("not_")
    words = value.words()
    if plain in _PRODUCTS and words:
        owns: Condition = {"product": [product_word(word, _PRODUCTS[plain]) for word in words]}
        return (owns if plain == name else negated(owns)), []
    if plain in _LISTS and words:
        given = [_LISTS[plain].format(word) for word in words]
        return {_SEGMENTS: given if plain == name else {"none": given}}, given
    if plain in _PRODUCTS or plain in _LISTS:
        return {}, []
    raise UnknownCriterionError(name)


def _word(name: str, word: str) -> tuple[Condition, list[str]]:
    """Return the condition of a criterion that is one of some words; an empty one asks nothing."""
    if not word:
        return {}, []
    if (name, word) not in _READERS:
        raise UnknownCriterionError(f"{name}: {word}")
    found = _READERS[name, word]
    given = found.get(_SEGMENTS, [])
    segments = given["none"] if isinstance(given, dict) else given
    return dict(found), list(segments) if isinstance(segments, list) else []
