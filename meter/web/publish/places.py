"""What is true of machines in each part of a site: the settings of `[machines]`, and the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, frozen

from meter.errors import PolicyError, Problem
from meter.forms import covering
from meter.verify.walk.crawlers import ELSEWHERE, VerifiedCrawlers, ask_of_crawlers, opens
from meter.vocabulary import CrawlerClass
from meter.web.gate.terms import Uses, uses_where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from meter.policy import Policy, Rule
    from meter.policy.machines import MachinesTable
    from meter.vocabulary.machine_terms import MachineTerms

__all__ = [
    "ROOT",
    "Licence",
    "SitePlace",
    "differs",
    "machines_of",
    "nearest",
    "places",
]

ROOT = "/"

USAGES = {
    CrawlerClass.SEARCH: "search",
    CrawlerClass.TRAINING: "ai-train",
    CrawlerClass.AGENT: "ai-input",
}
"""What each class of crawler fetches pages for, in the words of RSL 1.0."""

_NO_TABLE = Problem(
    code="no-machines-table",
    message="the policy does not say what machines may do, so there is nothing to publish",
    help='add `[machines]` with `site = "https://www.example.com"`, `search = true` and'
    " `train_ai = false`",
)


@frozen(order=True)
class Licence:
    """One licence of RSL: what it permits, at which price, and where its terms are.

    Without a price it costs nothing. `permits` are uses in the words of RSL.
    """

    price: str = ""
    terms: str = ""
    permits: tuple[str, ...] = ()


@frozen(kw_only=True)
class SitePlace:
    """One part of a site: all addresses that begin with `path` and with no longer one.

    `sections` are those whose articles are there; `None` stands for all others. `licences` have
    the one that costs nothing first; `prohibits` are the uses, in the words of RSL, that no licence
    is to be had for.
    """

    path: str
    sections: tuple[str | None, ...]
    usage: Uses
    licences: tuple[Licence, ...]
    prohibits: tuple[str, ...]


class _Access(NamedTuple):
    """What one class of verified crawlers gets in one section.

    `terms` are those of the rules that refuse it; `own` of those among them that name the class.
    """

    opens: bool
    terms: tuple[MachineTerms, ...]
    own: tuple[MachineTerms, ...]


_Found = dict[tuple[CrawlerClass, str | None], _Access]


def machines_of(policy: Policy, name: str = "policy") -> MachinesTable:
    """Return the table `[machines]` of a policy, which messages call `name`.

    Raises `PolicyError` where there is none, with the lines to add.
    """
    if policy.machines is None:
        raise PolicyError([evolve(_NO_TABLE, name=name)])
    return policy.machines


def places(policy: Policy) -> tuple[SitePlace, ...]:
    """Return what is true in each part of a site, by its path; the whole site comes first.

    A use is allowed where `[machines]` says so *and* a verified crawler of that class gets the
    whole text of something there. Where a rule refuses one at a price, its use has that price; one
    that `[machines]` does not allow is for sale only by a rule that names its class.
    Raises `PolicyError` where the policy has no `[machines]`, `UndecidedError` where it is too
    large to say.
    """
    machines = machines_of(policy)
    paths: dict[str, list[str | None]] = {ROOT: [ELSEWHERE]}
    found = ask_of_crawlers(policy, lambda crawlers: _access(policy, crawlers, machines.paths))
    for section in sorted({section for _, section in found if section is not ELSEWHERE}):
        paths.setdefault(machines.path_of(section), []).append(section)
    return tuple(_place(machines, path, paths[path], found) for path in sorted(paths))


def nearest(path: str, paths: Iterable[str]) -> str | None:
    """Return the longest of some paths that a path begins with, or `None`.

    >>> nearest("/news/markets/", ["/", "/news/", "/arts/"])
    '/news/'
    """
    return max(filter(path.startswith, paths), key=len, default=None)


def differs(
    place: SitePlace, among: Sequence[SitePlace], said: Callable[[SitePlace], object]
) -> bool:
    """Say whether a place needs words of its own: around it is nothing, or other things are said.

    `said` returns what is said of a place.
    """
    around = {other.path: other for other in among if other.path != place.path}
    path = nearest(place.path, around)
    return path is None or said(around[path]) != said(place)


def _access(policy: Policy, crawlers: VerifiedCrawlers, named: Iterable[str]) -> _Found:
    """Return what each class of crawlers gets in each section."""
    mentioned = crawlers.sections
    found = {}
    for section in (ELSEWHERE, *mentioned, *named):
        asked = _deciding(section, mentioned)
        for crawler in CrawlerClass:
            verdicts = crawlers.verdicts(crawler, asked)
            refusing = {verdict.rule for verdict in verdicts if not opens(verdict)}
            rules = [rule for rule in policy.rules if rule.name in refusing]
            own = [rule for rule in rules if _names(rule, crawler)]
            opened = any(map(opens, verdicts))
            found[crawler, section] = _Access(opened, _terms_of(rules), _terms_of(own))
    return found


def _terms_of(rules: Iterable[Rule]) -> tuple[MachineTerms, ...]:
    return tuple(rule.machines for rule in rules if rule.machines is not None)


def _names(rule: Rule, crawler: CrawlerClass) -> bool:
    """Say whether a rule's condition names a class of crawlers."""
    asked = (when.crawler for when in rule.when.walk())
    return any(crawler in classes for classes in asked if isinstance(classes, frozenset))


def _deciding(section: str | None, mentioned: Sequence[str]) -> str | None:
    """Return the mentioned section that decides for one: itself, or the nearest around it."""
    if section is ELSEWHERE:
        return ELSEWHERE
    return next((name for name in covering(section, "/") if name in mentioned), ELSEWHERE)


def _place(
    machines: MachinesTable, path: str, sections: Sequence[str | None], found: _Found
) -> SitePlace:
    """Return what is true at one path; of several sections there, what is true of all."""
    says = machines.said
    gets = {one: all(found[one, section].opens for section in sections) for one in CrawlerClass}
    priced = {
        one: [
            (terms.price, terms.licence or "")
            for section in sections
            for terms in _sold(found[one, section], said=says.get(one, True))
            if terms.price is not None
        ]
        for one in CrawlerClass
    }
    unpriced = [one for one in CrawlerClass if not priced[one]]
    free = [one for one in unpriced if gets[one] and says.get(one, True)]
    silent = [one for one in unpriced if gets[one] and says.get(one, True) is None]
    licences = [Licence(permits=_usages(free))] if free else []
    for price, terms in sorted({offered for several in priced.values() for offered in several}):
        permits = _usages(one for one in CrawlerClass if (price, terms) in priced[one])
        licences.append(Licence(price, terms, permits))
    return SitePlace(
        path=path,
        sections=tuple(sections),
        usage=uses_where(machines, gets.__getitem__),
        licences=tuple(licences),
        prohibits=_usages(one for one in unpriced if one not in (*free, *silent)),
    )


def _sold(access: _Access, *, said: bool | None) -> tuple[MachineTerms, ...]:
    """Return the terms on which a use is for sale: where `[machines]` says no, only its own."""
    return access.own if said is False else access.terms


def _usages(crawlers: Iterable[CrawlerClass]) -> tuple[str, ...]:
    return tuple(USAGES[one] for one in crawlers)
