"""What a policy promises, its own guarantees and every paywall's, read from the documentation."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from tests.verify.oracle.conditions import covers
from tests.verify.oracle.constants import whens
from tests.verify.oracle.evaluator import FULL, SHOWS, Judged, eligible
from tests.verify.oracle.records import spent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.verify.oracle.visit import Visit

__all__ = ["broken", "guarantee_is_broken"]

Table = dict[str, Any]
WALLS = frozenset(SHOWS) - {*FULL, "gate"}
_RIGHT_WALL = ("trial-expired", "subscription-expired")


def shows_of(words: list[str]) -> set[str]:
    """Return the shows that words of a guarantee stand for."""
    found: set[str] = set()
    for word in words:
        found |= {"wall": set(WALLS), "open": set(FULL)}.get(word, {word})
    return found


def guarantee_is_broken(visit: Visit, found: Judged, guarantee: Table) -> bool:
    """Say whether a page view breaks a guarantee of the file."""
    if not visit.matches(guarantee.get("when", {})):
        return False
    if "disjoint" in guarantee:
        pairs = combinations(guarantee["disjoint"], 2)
        return any(_is_met(visit, one) and _is_met(visit, other) for one, other in pairs)
    if found.show in shows_of(guarantee.get("never", [])):
        return True
    always = shows_of(guarantee.get("always", []))
    return bool(always) and found.show not in always


def _is_met(visit: Visit, name: str) -> bool:
    """Say whether an offer runs and is for this reader, or else what a rule asks is so."""
    if name in visit.policy.get("offers", {}):
        return eligible(visit, name)
    rule = next(rule for rule in visit.policy["rules"] if rule["name"] == name)
    return visit.matches(rule.get("when", {}), tuple(spent(rule)))


def broken(visit: Visit, found: Judged) -> Iterator[str]:
    """Yield what a page view breaks: codes of built-in promises, names of the policy's own."""
    status = visit.person.status
    if status == "subscriber" and found.show in WALLS and _holds_every_product(visit):
        yield "subscriber-never-walled"
    if visit.access == "premium" and found.is_whole and not _may_open_premium(visit, found.rule):
        yield "premium-stays-closed"
    if status in _RIGHT_WALL and found.show in WALLS - {status}:
        yield "right-wall-after-expiry"
    if visit.access == "free" and found.show in WALLS:
        yield "free-stays-open"
    if visit.access == "premium" and found.is_whole and not _is_let_in(visit):
        yield "unverified-get-no-premium"
    if _is_search_crawler(visit) and not found.is_whole and "machines" in found.rule:
        yield "search-crawlers-meet-no-refusal"
    counting_down = found.show in ("countdown", "last-free-article")
    if counting_down and 0 in [visit.limit(meter) for meter in found.spend]:
        yield "nothing-free-at-zero"
    for guarantee in visit.policy.get("guarantees", ()):
        if guarantee_is_broken(visit, found, guarantee):
            yield guarantee["name"]


def _holds_every_product(visit: Visit) -> bool:
    """Say whether a reader has every product that a condition asks for.

    A right without a product is to everything; a condition still asks for the product itself. Where
    conditions ask what a right covers, it is about the articles that one of the reader covers.
    """
    conditions = list(whens(visit.policy))
    asked = {name for when in conditions for name in when.get("product", ())}
    if not asked <= {right.product for right in visit.person.running}:
        return False
    if not any("covered" in when for when in conditions):
        return True
    return any(covers(right, visit) for right in visit.person.running)


def _may_open_premium(visit: Visit, rule: Table) -> bool:
    meant = bool(spent(rule)) or _asks_for_premium(rule.get("when", {}))
    return meant or _is_let_in(visit)


def _is_let_in(visit: Visit) -> bool:
    """Say whether a reader has a right or a gift, or is a verified crawler, or it is sponsored."""
    unentitled = ("anonymous", "registered", "trial-expired", "subscription-expired")
    named = any(right.names and covers(right, visit) for right in visit.person.running)
    exempt = visit.view.get("gift") or visit.view.get("crawler") or named
    sponsored = "sponsored" in (visit.article.get("tags") or ())
    entitled = visit.person.status not in unentitled
    return bool(exempt or sponsored or entitled)


def _is_search_crawler(visit: Visit) -> bool:
    return visit.view.get("crawler") == "search" and visit.person.status == "anonymous"


def _asks_for_premium(when: Table) -> bool:
    """Say whether a condition asks for premium articles, or for a right, in each of its ways."""
    if when.get("covered") or when.get("entitled") or "product" in when:
        return True
    if "premium" in when.get("access", ()):
        return True
    return bool(when.get("any")) and all(map(_asks_for_premium, when["any"]))
