"""The journey that would notice a mistake: the shortest of a new reader who sees another answer."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from attrs import evolve, frozen

from meter.facts import Vocabulary
from meter.memo import decide
from meter.prompts import render
from meter.rulebook import Rulebook, Verdict
from meter.usage import Usage
from meter.verify.budget import decided
from meter.verify.diagram import FALSE, UndecidedError
from meter.verify.mutants.seen import locales
from meter.verify.rows import counting, pair, terms
from meter.verify.search import SearchStep, find, runs, scenario_of, scenarios
from meter.verify.walk.symbolic import reports, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.verify.search import Scenario
    from meter.verify.situations import Situation
    from meter.verify.space import Space

__all__ = ["Witness", "expected", "first_witness"]

_MOST_VIEWS = 300
_MOST_SCENARIOS = 6
_OF_DECISION = ("show", "access", "offer", "prompt", "counted")
_OF_METER = ("used", "left", "resets_at")


_Accepted = TypeVar("_Accepted")


@frozen(kw_only=True)
class Witness:
    """A journey at whose end two policies give different answers.

    `keys` are what of the answer differs, as expectations of the policy without the mistake;
    `locale` is the language in which it differs, where it is the words.
    """

    steps: tuple[SearchStep, ...]
    expect: dict[str, object]
    locale: str | None = None


def first_witness(
    old: Policy,
    new: Policy,
    accept: Callable[[Witness], _Accepted | None],
    *,
    seconds: float | None = None,
) -> _Accepted | None:
    """Return what is made of the first journey that is accepted.

    Each is of a new reader, and at its end the policies answer differently. `None` where none of
    the few that are tried is accepted, where the policies are too large to be laid out, and where
    nobody was found whom both put into the variants in question.
    """
    vocabulary = Vocabulary([old, new])
    rulebooks = [Rulebook(policy, vocabulary) for policy in (old, new)]

    def first(space: Space) -> _Accepted | None:
        accepted = (accept(witness) for witness in _witnesses(space, old, new))
        return next((one for one in accepted if one is not None), None)

    try:
        return decided(rulebooks, first, seconds=seconds)
    except (UndecidedError, LookupError):
        return None


def _witnesses(space: Space, old: Policy, new: Policy) -> Iterator[Witness]:
    if space.by_mention:
        return
    said = [verdicts(space, side, telling=True) for side in (0, 1)]
    both = space.diagrams.combine(said[0], said[1], lambda one, other: one and (one, other))
    where = _differing(space, said, _Pair.of(old, new))
    if where == FALSE:
        return
    situation = space.witness(where)
    if situation.values.get("started"):  # no page view starts an offer
        return
    if space.concretize(situation).usage.offered:  # a story would have to begin before
        return
    yield from _search(old, new, [_at_once(space, situation, old)])
    first = scenario_of(space, both, situation, where)
    others = scenarios(space, both, where)
    for scenario in islice(chain([first], others), _MOST_SCENARIOS):
        yield from _searched(old, new, _unnamed(scenario))


def _at_once(space: Space, situation: Situation, policy: Policy) -> SearchStep:
    """Return a view of a situation by a reader who has read nothing before."""
    asked = evolve(space.concretize(situation), usage=Usage())
    decision, _ = decide(policy, asked.reader, asked.view, asked.usage, asked.now)
    return SearchStep(kind=0, asked=asked, decision=decision, words="")


def _unnamed(scenario: Scenario) -> Scenario:
    """Return a scenario whose reader holds no right to one article only: those have other ids."""
    rights = [right for right in scenario.reader.entitlements if right.article is None]
    return evolve(scenario, reader=evolve(scenario.reader, entitlements=rights))


class _Pair(NamedTuple):
    """Two policies, the offers whose terms differ, and whether other words may be said."""

    old: Policy
    new: Policy
    offers: frozenset[str]
    words: bool

    @classmethod
    def of(cls, old: Policy, new: Policy) -> _Pair:
        """Return what of two policies differs beside what is decided."""
        changed = (
            offer.name for offer in old.offers if terms(offer) != terms(new.offer(offer.name))
        )
        return cls(old, new, frozenset(changed), _speaks_otherwise(old, new))


def _speaks_otherwise(old: Policy, new: Policy) -> bool:
    return any(
        getattr(old, part) != getattr(new, part)
        for part in ("copy", "prompts", "publication", "offers", "meters", "links")
    )


def _differing(space: Space, said: list[int], policies: _Pair) -> int:
    """Return where two policies may give different answers, or come to give them."""
    diagrams = space.diagrams
    pairs = diagrams.combine(said[0], said[1], pair)
    parts = [diagrams.relabel(pairs, lambda seen: isinstance(seen, tuple))]
    for meter in space.meters:
        told = diagrams.disjoin(*(diagrams.relabel(whole, reports(meter)) for whole in said))
        if counting(policies.old, meter) != counting(policies.new, meter):
            parts.append(told)
        unlike = (limits for limits in space.counts[meter].limits if limits[0] != limits[1])
        parts += (diagrams.conjoin(told, space.limited(meter, limits)) for limits in unlike)
    parts.append(diagrams.relabel(said[0], _offers_any(policies.offers)))
    found = diagrams.conjoin(space.possible, diagrams.disjoin(*parts))
    if found == FALSE and policies.words:
        found = diagrams.conjoin(space.possible, diagrams.relabel(said[0], _speaks))
    kept = any(meter.counts is not None for meter in policies.old.meters)
    if found == FALSE and kept:  # the meters count otherwise what no rule spends them for
        return space.possible
    return found


def _offers_any(names: frozenset[str]) -> Callable[[object], bool]:
    return lambda leaf: isinstance(leaf, Verdict) and not names.isdisjoint(leaf.offers)


def _speaks(leaf: object) -> bool:
    return isinstance(leaf, Verdict) and leaf.prompt is not None


def _searched(old: Policy, new: Policy, scenario: Scenario) -> Iterator[Witness]:
    """Yield journeys of one reader who gets another answer: of long runs first, then of all."""
    if scenario.reader.id is None:
        return
    yield from _search(old, new, runs(old, scenario))
    speaks = _speaks_otherwise(old, new)
    found = find(
        old,
        scenario,
        lambda step: _difference(old, new, step, speaks=speaks) is not None,
        lambda step: _remembered(new, step),
        most=_MOST_VIEWS,
    ).found
    if found is not None:
        yield from _search(old, new, [found])


def _search(old: Policy, new: Policy, steps: Iterable[SearchStep]) -> Iterator[Witness]:
    """Yield the first journey of some at whose end the answers differ."""
    speaks = _speaks_otherwise(old, new)
    for step in steps:
        if step.asked.reader.id is None:
            continue
        witness = _difference(old, new, step, speaks=speaks)
        if witness is not None:
            yield witness
            return


def _answers(policy: Policy, step: SearchStep) -> tuple[Decision, Usage]:
    """Return what another policy answers at the end of a journey, and what it remembers then."""
    usage = Usage()
    for each in step.steps():
        asked = each.asked
        decision, usage = decide(policy, asked.reader, asked.view, usage, asked.now)
    return decision, usage


def _remembered(policy: Policy, step: SearchStep) -> tuple[tuple[str, int], ...]:
    """Return how much another policy has counted by then: journeys that differ are followed."""
    _, usage = _answers(policy, step)
    kept = (*sorted(usage.tallies.items()), *sorted(usage.shown.items()))
    return tuple((name, len(tally.ids)) for name, tally in kept)


def _difference(old: Policy, new: Policy, step: SearchStep, *, speaks: bool) -> Witness | None:
    """Return a journey as one at whose end the answers differ, if they do."""
    decision, _ = _answers(new, step)
    mine = expected(step.decision)
    theirs = expected(decision)
    differs = {key: value for key, value in mine.items() if theirs.get(key) != value}
    if differs:
        return Witness(steps=step.steps(), expect=differs)
    for locale in locales(old) if speaks else ():
        texts = _lines(render(step.decision, old, locale=locale, format="text"))
        other = " ".join(_lines(render(decision, new, locale=locale, format="text")))
        lost = [text for text in texts if text not in other]
        if lost:
            return Witness(steps=step.steps(), expect={"says": lost[:1]}, locale=locale)
        if other and not texts:
            return Witness(steps=step.steps(), expect={"says": False}, locale=locale)
    return None


def _lines(text: str) -> list[str]:
    """Return the lines of a text that say something, their blanks as journeys compare them."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line]


def expected(decision: Decision) -> dict[str, object]:
    """Return everything of a decision that a journey may expect, but for its words."""
    table = {key: _plain(getattr(decision, key)) for key in _OF_DECISION}
    if len(decision.offers) > 1:
        table["offers"] = list(decision.offers)
    table |= {key: _plain(getattr(decision.meter, key, None)) for key in _OF_METER}
    return table


def _plain(value: object) -> object:
    """Return a value as a journey file writes it: nothing is `false`."""
    if value is None:
        return False
    return str(value) if isinstance(value, str) else value
