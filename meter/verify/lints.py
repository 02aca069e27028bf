"""What in a policy cannot be meant?

Exact lints: each says what no reader can ever see otherwise, or shows one who does.

Nothing here guesses: a warning holds for every reader, view and standing that can be, and every
example was put to the engine.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from meter.errors import Problem
from meter.facts import Vocabulary
from meter.formulas import Among
from meter.rulebook import Rulebook
from meter.verify.concretize import listed, status_words
from meter.verify.diagram import FALSE, UndecidedError
from meter.verify.diff import visible
from meter.verify.properties import own_promise, standing_promises, unannounced
from meter.verify.smt import is_installed
from meter.verify.space import Space
from meter.verify.symbolic import among, passings, verdicts_from, walls
from meter.vocabulary import Access, ArticleAccess, OfferKind, Show, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.engine import Verdict
    from meter.policy import Policy
    from meter.verify.properties import Promise
    from meter.verify.symbolic import Passing

__all__ = ["CODES", "lints"]

CODES = {
    "rule-never-fires": (
        "a rule that no reader can ever meet, and which rules before it take everything it is for"
    ),
    "rule-changes-nothing": (
        "a rule that does fire, but without which every reader would see the same"
    ),
    "offer-never-shows": "an offer that a rule names and no reader can ever be shown",
    "last-free-skipped": (
        "a countdown whose last free article can go by without the notice that it is the last"
    ),
    "status-falls-through": "a kind of reader that no rule is for, so that the last rule decides",
    "silent-order": (
        "two rules that overlap and disagree about access, where only the order of the file says"
        " which one wins"
    ),
    "not-analysed": (
        "a policy whose rules are too many and too narrow for an exact answer within the budget"
    ),
}
"""The code of every exact lint, and what it finds."""


_MOST_STEPS = 200_000


def lints(policy: Policy, *, steps: int = _MOST_STEPS) -> tuple[Problem, ...]:
    """Return every exact warning about a policy, with an example in words.

    `steps` bounds the work; what cannot be looked for within it is named by a warning of its own.
    """
    rulebook = Rulebook(
        policy, Vocabulary([policy], [guarantee.when for guarantee in policy.guarantees])
    )
    found: list[Problem] = []
    left_out, reason = list(_CHECKS), ""
    for by_mention in (False,) if is_installed() else (False, True):
        try:
            findings = _Findings(Space([rulebook], by_mention=by_mention, steps=steps))
            while left_out:
                found += tuple(_CHECKS[left_out[0]](findings))
                del left_out[0]
        except UndecidedError as error:
            reason = str(error)
        else:
            break
    if "rule-never-fires" in left_out and is_installed():
        from meter.verify.opinion import (
            rules_that_fire,
        )

        fires = rules_that_fire(rulebook)
        if fires is not None:
            left_out.remove("rule-never-fires")
            for index, rule in enumerate(rulebook.rules):
                if rule.name not in fires:
                    message = (
                        f"rule `{rule.name}` can never fire: rules before it take everything it is"
                        " for, or its conditions contradict"
                    )
                    found.append(
                        _warning(
                            "rule-never-fires",
                            ("rules", index, "name"),
                            message,
                            "move it up, or remove it",
                        )
                    )
    if left_out:
        message = (
            f"{listed([f'`{code}`' for code in left_out], 'and')} could not be looked for: {reason}"
        )
        found.append(
            _warning(
                "not-analysed",
                ("rules",),
                message,
                "split the policy, or let rules share their conditions",
            )
        )
    return tuple(found)


def _warning(code: str, path: tuple[str | int, ...], message: str, advice: str) -> Problem:
    return Problem(code=code, path=path, message=message, help=advice, severity="warning")


class _Findings:
    def __init__(self, space: Space) -> None:
        self.space = space
        self.forest = space.forest
        self.rulebook = space.rulebooks[0]
        self.policy = self.rulebook.policy
        self.passings: list[Passing] = passings(space)

    @cached_property
    def verdicts(self) -> list[dict[str | None, int]]:
        """What the rules say from each on."""
        return verdicts_from(self.space)

    @property
    def whole(self) -> int:
        """What the policy says."""
        return self.verdicts[0][None]

    def _example(self, diagram: int) -> str:
        """Say an example out of a set, and what the engine shows there."""
        situation = self.space.example(diagram)
        assert situation is not None
        decision = self.space.ask(situation)
        return f"{self.space.tell(situation)}: `{decision.show}` by rule `{decision.rule}`"

    def never_fires(self) -> Iterator[Problem]:
        for index, (rule, passing) in enumerate(
            zip(self.rulebook.rules, self.passings, strict=True)
        ):
            if passing.fires != FALSE:
                continue
            matches = self.forest.both(self.space.possible, passing.matches)
            if matches == FALSE:
                message = (
                    f"rule `{rule.name}` can never fire: no reader and no article is as it asks"
                )
                advice = (
                    "its conditions contradict each other, or its meter's limit is 0 for everyone"
                    " it is for"
                )
            else:
                hiding = [f"`{name}`" for name in self._hiding(index, matches)]
                verb = "takes" if len(hiding) == 1 else "together take"
                takers = f"{listed(hiding, 'and')} before it {verb} everything it is for"
                message = f"rule `{rule.name}` can never fire: {takers}"
                advice = f"move it up, or remove it; for example {self._example(matches)}"
            yield _warning("rule-never-fires", ("rules", index, "name"), message, advice)

    def _hiding(self, index: int, matches: int) -> list[str]:
        """Return the fewest rules found that together take a set of situations before the rule at
        `index`.
        """
        before = list(zip(self.rulebook.rules, self.passings, strict=True))[:index]
        for rule, passing in before:
            if self.forest.minus(matches, passing.matches) == FALSE:
                return [rule.name]
        kept = [
            (rule, passing)
            for rule, passing in before
            if self.forest.both(matches, passing.matches) != FALSE
        ]
        for item in reversed(list(kept)):
            rest = [other.matches for rule, other in kept if rule is not item[0]]
            if self.forest.minus(matches, self.forest.either(*rest)) == FALSE:
                kept.remove(item)
        return [rule.name for rule, _ in kept]

    def changes_nothing(self) -> Iterator[Problem]:
        for index, passing in enumerate(self.passings[:-1]):
            if passing.fires == FALSE or any(
                self._differs(index, refused) != FALSE for refused in passing.arriving
            ):
                continue
            rule = self.rulebook.rules[index]
            after = self.forest.choose(passing.fires, self.verdicts[index + 1][None], FALSE)
            next_rules = sorted(
                {
                    verdict.rule
                    for verdict in self.forest.values(after)
                    if not isinstance(verdict, bool)
                }
            )
            message = (
                f"rule `{rule.name}` changes nothing: without it every reader would see the same"
            )
            advice = (
                "remove it, or change what it shows;"
                f" {listed([f'`{name}`' for name in next_rules], 'and')} would do the same"
            )
            yield _warning("rule-changes-nothing", ("rules", index, "name"), message, advice)

    def _differs(self, index: int, refused: str | None) -> int:
        """Return where what is seen depends on the rule at `index`."""
        here = self.passings[index].arriving[refused]
        now = self.forest.choose(here, self.verdicts[index][refused], FALSE)
        then = self.forest.choose(here, self.verdicts[index + 1][refused], FALSE)
        return self.forest.combine(now, then, _differ)

    def offers(self) -> Iterator[Problem]:
        shown = {
            (verdict.rule, verdict.offer)
            for verdict in self.forest.values(
                self.forest.choose(self.space.possible, self.whole, FALSE)
            )
            if not isinstance(verdict, bool)
        }
        for offer in self.policy.offers:
            naming = [
                (index, rule)
                for index, rule in enumerate(self.policy.rules)
                if rule.offer == offer.name
            ]
            if naming and not any(name == offer.name for _, name in shown):
                rules = listed([f"`{rule.name}`" for _, rule in naming], "and")
                message = (
                    f"offer `{offer.name}` can never be shown: nobody whom {rules}"
                    f" {'is' if len(naming) == 1 else 'are'} for may have it"
                )
                yield _warning(
                    "offer-never-shows",
                    ("offers", offer.name),
                    message,
                    "compare the offer's `when` and dates with those of the rules",
                )
                continue
            for index, rule in naming:
                if self.passings[index].fires != FALSE and (rule.name, offer.name) not in shown:
                    message = (
                        f"rule `{rule.name}` can never show offer `{offer.name}`: nobody it is for"
                        " may have it"
                    )
                    yield _warning(
                        "offer-never-shows",
                        ("rules", index, "offer"),
                        message,
                        f"remove `offer`, or widen `when` of `{offer.name}`",
                    )

    def last_free(self) -> Iterator[Problem]:
        for meter in self.policy.meters:
            misled = unannounced(self.space, self.whole, meter.name)
            walled = self.forest.both(misled.walled, misled.last)
            for found, fault in (
                (misled.silent, "go by without a notice"),
                (walled, "never be read"),
            ):
                situation = self.space.example(found)
                if situation is not None:
                    name = self.space.ask(situation).rule
                    index = next(
                        index for index, rule in enumerate(self.policy.rules) if rule.name == name
                    )
                    message = (
                        f"the last free article of `{meter.name}` can {fault}:"
                        f" {self._example(found)}"
                    )
                    advice = (
                        f"show `countdown` wherever `{meter.name}` is spent; it becomes"
                        " `last-free-article` when nothing is left"
                    )
                    yield _warning("last-free-skipped", ("rules", index, "name"), message, advice)

    def falls_through(self) -> Iterator[Problem]:
        last = self.rulebook.rules[-1]
        named = {status for rule in self.rulebook.rules for status in _statuses(rule.formula)}
        if not named:
            return
        trials = {Status.TRIAL, Status.TRIAL_EXPIRED}
        has_trials = bool(named & trials) or any(
            offer.kind is OfferKind.TRIAL for offer in self.policy.offers
        )
        for status in Status:
            if status in (Status.ANONYMOUS, Status.REGISTERED) or (
                status in trials and not has_trials
            ):
                continue
            here = self.space.is_("reader", status)
            taken = self.forest.both(
                self.passings[-1].fires, here, among(self.space, self.whole, walls)
            )
            if taken == FALSE or any(
                status in _statuses(rule.formula) and self.forest.both(passing.fires, here) != FALSE
                for rule, passing in zip(self.rulebook.rules[:-1], self.passings, strict=False)
            ):
                continue
            message = f"no rule is for {status_words([status])}: they fall through to `{last.name}`"
            advice = (
                f'add a rule with `when = {{ reader = ["{status}"] }}`; for example'
                f" {self._example(taken)}"
            )
            yield _warning(
                "status-falls-through",
                ("rules", len(self.rulebook.rules) - 1, "name"),
                message,
                advice,
            )

    def silent_order(self) -> Iterator[Problem]:
        promises = standing_promises(self.space) + [
            own_promise(self.space, guarantee) for guarantee in self.policy.guarantees
        ]
        for index in range(len(self.passings) - 2):
            passing = self.passings[index]
            if self.rulebook.rules[index].spend is not None:
                continue  # what follows is for when the allowance is spent: that is its order
            here = self.forest.both(self.space.possible, passing.matches)
            clash = FALSE
            for refused, arriving in passing.arriving.items():
                both = self.forest.both(arriving, passing.matches)
                now = self.forest.choose(both, self.verdicts[index][refused], FALSE)
                then = self.forest.choose(both, self.verdicts[index + 1][refused], FALSE)
                pairs = self.forest.combine(now, then, _clash)
                for promise in promises:
                    pairs = self.forest.choose(
                        promise.where, self.forest.relabel(pairs, _unsaid(promise)), pairs
                    )
                open_and_free = self.forest.both(
                    self.space.is_("access", ArticleAccess.FREE), self.forest.relabel(pairs, _opens)
                )
                pairs = self.forest.choose(
                    open_and_free, FALSE, pairs
                )  # a free article that opens needs no saying
                clash = (
                    pairs
                    if clash == FALSE
                    else self.forest.combine(clash, pairs, lambda left, right: left or right)
                )
            for later in range(index + 1, len(self.passings) - 1):
                name = self.rulebook.rules[later].name
                found = self.forest.relabel(clash, _before(name))
                if self.rulebook.rules[later].spend is not None:
                    continue
                if found == FALSE or self.forest.minus(here, self.passings[later].matches) == FALSE:
                    continue
                yield self._overlap(index, later, found)
                break

    def _overlap(self, index: int, later: int, found: int) -> Problem:
        first, second = self.rulebook.rules[index], self.rulebook.rules[later]
        situation = self.space.example(found)
        assert situation is not None
        shown = self.space.ask(situation).show
        message = (
            f"rules `{first.name}` and `{second.name}` overlap, and only their order decides:"
            f" {self._example(found)}"
        )
        advice = (
            f'if that is meant, say so in a guarantee with `always = ["{shown}"]`; otherwise'
            " exchange the two"
        )
        return _warning("silent-order", ("rules", index, "name"), message, advice)


def _differ(now: Verdict | bool, then: Verdict | bool) -> bool:
    if isinstance(now, bool) or isinstance(then, bool):
        return now is not then
    return visible(now) != visible(then)


def _clash(now: Verdict | bool, then: Verdict | bool) -> tuple[str, Show, Show] | bool:
    """Return the rule that would have decided, and what either shows, where the two differ in
    access.
    """
    if isinstance(now, bool) or isinstance(then, bool) or now.show.access is then.show.access:
        return False
    return then.rule, now.show, then.show


def _opens(pair: tuple[str, Show, Show] | bool) -> bool:
    return not isinstance(pair, bool) and pair[1].access is Access.FULL


_Clash = tuple[str, Show, Show] | bool


def _unsaid(promise: Promise) -> Callable[[_Clash], _Clash]:
    """Return what remains of a clash where a promise tells which of the two is meant: nothing."""

    def remains(clash: _Clash) -> _Clash:
        if isinstance(clash, bool):
            return clash
        return clash if promise.broken_by(clash[1]) == promise.broken_by(clash[2]) else False

    return remains


def _before(name: str) -> Callable[[_Clash], bool]:
    """Return whether a clash is with the rule of this name."""
    return lambda clash: not isinstance(clash, bool) and clash[0] == name


def _statuses(formula: Any) -> set[Status]:
    """Return the statuses a formula asks for by name."""
    if isinstance(formula, Among):
        return (
            {code for code in formula.codes if isinstance(code, Status)}
            if formula.slot == 0
            else set()
        )
    return {status for part in getattr(formula, "parts", ()) for status in _statuses(part)}


_CHECKS: dict[str, Callable[[_Findings], Iterator[Problem]]] = {
    "rule-never-fires": _Findings.never_fires,
    "offer-never-shows": _Findings.offers,
    "last-free-skipped": _Findings.last_free,
    "status-falls-through": _Findings.falls_through,
    "rule-changes-nothing": _Findings.changes_nothing,
    "silent-order": _Findings.silent_order,
}
"""What finds the warnings of each code, the cheapest first."""
