"""Find rules and offers nobody can see, rules that change nothing, and readers no rule names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import listed
from meter.formulas import In, leaves
from meter.rulebook import Effect, Verdict
from meter.verify.diagram import FALSE
from meter.verify.lints.allowances import paying_refused
from meter.verify.lints.findings import warning
from meter.verify.phrasing import quoted
from meter.verify.rows import visible
from meter.verify.together.showings import most_seen
from meter.verify.walk.rules import Walk
from meter.verify.walk.symbolic import among, walls
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from meter.errors import Problem
    from meter.rulebook import JudgedRule
    from meter.verify.lints.findings import Findings
    from meter.verify.walk.symbolic import Leaf

__all__ = ["changes_nothing", "falls_through", "never_fires", "never_shows"]


def never_fires(findings: Findings) -> Iterator[Problem]:
    """Yield the rules that can never match, or only what is counted already."""
    new = findings.diagrams.test(findings.space.known_levels[0], [0])
    for index, reach in enumerate(findings.reaches):
        name = findings.rules[index].name
        if reach.fires != FALSE:
            if findings.diagrams.conjoin(reach.fires, new) == FALSE:
                yield warning(
                    code="rule-never-fires",
                    path=("rules", index, "name"),
                    message=f"rule `{name}` can match only articles that are counted already",
                    advice=(
                        "the limit of its meter is 0 for every reader it would match, or earlier"
                        " rules match whatever is new"
                    ),
                )
            continue
        matches = findings.diagrams.conjoin(findings.space.possible, reach.matches)
        if matches == FALSE:
            message, advice = _why_never(findings, index)
        else:
            hiding = _hiding(findings, index, matches)
            verbs = "come first and together match"
            if len(hiding) == 1:
                verbs = "comes first and matches"
            earlier = f"{quoted(hiding, 'and')} {verbs}"
            message = f"rule `{name}` can never match: {earlier} every case `{name}` would"
            advice = f"move it up, or remove it; for example {findings.example(matches)}"
        yield warning(
            code="rule-never-fires", path=("rules", index, "name"), message=message, advice=advice
        )


def _why_never(findings: Findings, index: int) -> tuple[str, str]:
    """Return why a rule matches nothing even where no rule comes before it, and the next step."""
    diagrams, rule = findings.diagrams, findings.rules[index]
    never = f"rule `{rule.name}` can never match"
    meant = diagrams.conjoin(findings.space.possible, findings.space.where(rule.formula))
    if meant == FALSE:
        contradiction = _contradiction(findings, rule)
        if contradiction is not None:
            return f"{never}: {contradiction[0]}", contradiction[1]
        message = f"{never}: no reader and article meet its conditions"
        return message, "its conditions contradict each other: leave one of them out"
    walk = Walk(findings.space, diagrams, findings.rulebook)
    if diagrams.difference(meant, walk.effect(rule, Effect.PASS)) == FALSE:
        message = (
            f"{never}: it spends from {quoted(rule.spend, 'and')}, for"
            f" {listed(sorted(rule.access), 'and')} articles only, and asks for others"
        )
        step = "to open them without counting, remove `spend` and show `article`"
        return message, f"{step}; to count them, name their `access` in {quoted(rule.spend, 'and')}"
    zero = _at_zero(findings, rule, meant)
    message = f"{never}: the limit of {quoted(zero)} is 0 for every reader it asks for"
    return message, f"give them a limit in {quoted(zero)}, or remove the rule"


def _contradiction(findings: Findings, rule: JudgedRule) -> tuple[str, str] | None:
    """Return what nobody can meet of showings and experiments that a rule asks for."""
    space, vocabulary = findings.space, findings.space.vocabulary
    asked = [
        (vocabulary.slots[atom.slot], atom)
        for atom in leaves(rule.formula)
        if isinstance(atom, In) and vocabulary.slots[atom.slot].meter is None
    ]
    for slot, atom in asked:
        if slot.asks == "seen" and space.where(atom) == FALSE:
            prompt = slot.name.partition(" ")[2]
            most = most_seen(space.rulebooks, prompt)
            why = f"the caps of prompt `{prompt}` leave room for {most} in their longest window"
            return why, f"ask for no more, or let `at_most` of `{prompt}` allow it"
    variants = [(slot.name.split()[1], atom) for slot, atom in asked if slot.assignment]
    together = findings.diagrams.conjoin(space.possible, *(space.where(at) for _, at in variants))
    if len(variants) > 1 and together == FALSE:
        return (
            f"nobody is in these variants of {quoted([name for name, _ in variants], 'and')}",
            "their `filters` keep everybody who is in one of them out of another",
        )
    return None


def _at_zero(findings: Findings, rule: JudgedRule, meant: int) -> list[str]:
    """Return the meters of a rule that give 0 to all it asks for; all of them, if none does."""
    space, diagrams = findings.space, findings.diagrams
    zero = [
        name
        for name in rule.spend
        if diagrams.difference(meant, space.limited(name, (0,))) == FALSE
    ]
    return zero or list(rule.spend)


def _hiding(findings: Findings, index: int, matches: int) -> list[str]:
    """Return the fewest rules found before the one at `index` that together match a whole set."""
    diagrams = findings.diagrams
    before = {
        rule.name: reach.matches
        for rule, reach in zip(findings.rules[:index], findings.reaches, strict=False)
    }
    for name, taken in before.items():
        if diagrams.difference(matches, taken) == FALSE:
            return [name]
    # No single one does: all that match a part, without those that the others make superfluous,
    # the last of them first.
    kept = {
        name: taken for name, taken in before.items() if diagrams.conjoin(matches, taken) != FALSE
    }
    for name in reversed(list(kept)):
        rest = [taken for other, taken in kept.items() if other != name]
        if diagrams.difference(matches, diagrams.disjoin(*rest)) == FALSE:
            del kept[name]
    return list(kept)


def changes_nothing(findings: Findings) -> Iterator[Problem]:
    """Yield the rules that match, but without which every reader would see the same."""
    for index, reach in enumerate(findings.reaches[:-1]):
        if reach.fires == FALSE or _matters(findings, index):
            continue
        after = findings.diagrams.ite(reach.fires, findings.verdicts[index + 1][()], FALSE)
        name = findings.rules[index].name
        others = quoted(sorted({verdict.rule for verdict in findings.verdicts_in(after)}), "and")
        yield warning(
            code="rule-changes-nothing",
            path=("rules", index, "name"),
            message=f"rule `{name}` changes nothing: without it every reader would see the same",
            advice=f"remove it, or change what it shows; {others} would do the same",
        )


def _matters(findings: Findings, index: int) -> bool:
    """Say whether what anybody sees depends on the rule at `index`."""
    reach = findings.reaches[index]
    for refused, arriving in reach.arriving.items():
        here = findings.diagrams.conjoin(reach.touches, arriving)
        now, then = (findings.verdicts[place][refused] for place in (index, index + 1))
        if findings.diagrams.some(here, (now, then), _differ):
            return True
    return False


def _differ(now: Leaf, then: Leaf) -> bool:
    if isinstance(now, Verdict) and isinstance(then, Verdict):
        return visible(now) != visible(then)
    return now is not then


def never_shows(findings: Findings) -> Iterator[Problem]:
    """Yield the offers that a rule names and no reader can ever be shown."""
    shown = {(seen.rule, name) for seen in findings.shown() for name in seen.offers}
    for offer in findings.policy.offers:
        naming = {
            index: rule.name
            for index, rule in enumerate(findings.policy.rules)
            if offer.name in rule.offered
        }
        if naming and not any(name == offer.name for _, name in shown):
            yield warning(
                code="offer-never-shows",
                path=("offers", offer.name),
                message=f"offer `{offer.name}` can never be shown:"
                f" no reader who reaches {quoted(naming.values())} may have it",
                advice="compare the offer's `when` and dates with those of the rules",
            )
            continue
        for index, rule in naming.items():
            if findings.reaches[index].fires != FALSE and (rule, offer.name) not in shown:
                yield warning(
                    code="offer-never-shows",
                    path=("rules", index, _offer_key(findings, index)),
                    message=f"rule `{rule}` can never show offer `{offer.name}`:"
                    " no reader it matches may have it",
                    advice=f"remove it there, or widen `when` of `{offer.name}`",
                )


def _offer_key(findings: Findings, index: int) -> str:
    """Return the key under which a rule names its offers."""
    return "offers" if findings.policy.rules[index].offers else "offer"


def falls_through(findings: Findings) -> Iterator[Problem]:
    """Yield the kinds of reader that no rule names, so that the last rule walls them."""
    last = len(findings.rules) - 1
    for status in _expected(findings):
        here = findings.space.is_("reader", status)
        walled = among(findings.space, findings.whole, _walls_as_another(status))
        taken = findings.diagrams.conjoin(findings.reaches[last].fires, here, walled)
        if taken == FALSE or _is_asked_for(findings, status, here):
            continue
        name = findings.rules[last].name
        yield warning(
            code="status-falls-through",
            path=("rules", last, "name"),
            message=f"no rule names {findings.who([status], taken)}:"
            f" the last rule, `{name}`, decides for them",
            advice=f'add a rule with `when = {{ reader = ["{status}"] }}`; for example'
            f" {findings.example(taken)}",
        )


def _expected(findings: Findings) -> Iterator[Status]:
    """Yield the statuses that some rule should name, in a policy that looks at statuses."""
    told = {Status.ANONYMOUS, Status.REGISTERED} | paying_refused(findings)
    if findings.named:
        yield from (status for status in findings.expected if status not in told)


def _walls_as_another(status: Status) -> Callable[[Verdict], bool]:
    """Return whether a verdict walls a status, and not with the wall that is its own."""
    return lambda verdict: walls(verdict) and str(verdict.show) != str(status)


def _is_asked_for(findings: Findings, status: Status, here: int) -> bool:
    """Say whether a rule before the last asks for a status, and some of them meet it.

    It asks by name, or, of those with a running right, for what covers the article.
    """
    return any(
        status in findings.asked(rule.formula)
        and findings.diagrams.conjoin(reach.fires, here) != FALSE
        for rule, reach in zip(findings.rules[:-1], findings.reaches, strict=False)
    )
