"""Allowances that leave out who pays, who has registered, or whose access has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from meter.verify.diagram import FALSE
from meter.verify.lints.findings import warning
from meter.verify.phrasing import status_words
from meter.verify.situations import EXPIRED, RUNNING
from meter.verify.walk.symbolic import among, reports, spends, walls
from meter.vocabulary import Access, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.errors import Problem
    from meter.policy import Meter
    from meter.rulebook import Verdict
    from meter.verify.lints.findings import Findings

__all__ = ["expired_forgotten", "paying_at_zero", "paying_refused", "registering_loses"]

_Place = tuple[str | int, ...]


def paying_at_zero(findings: Findings) -> Iterator[Problem]:
    """Yield the meters that wall who pays, because their limit is 0."""
    for meter in findings.policy.meters:
        places: dict[_Place, dict[Status, int]] = {}
        for status, found in _refused_at_zero(findings, meter):
            places.setdefault(_place(meter, status), {})[status] = found
        for place, by_status in places.items():
            why = "whoever no limit names gets 0, a wall at once"
            if not _named(meter).isdisjoint(by_status):
                why = "a limit of 0 is a wall at once, and never means `as many as they like`"
            whole = findings.diagrams.disjoin(*by_status.values())
            words = ", ".join(f'"{status}"' for status in by_status)
            yield warning(
                code="paying-limit-zero",
                path=place,
                message=f"`{meter.name}` walls {findings.who(by_status, whole)}: {why}; for example"
                f" {findings.example(whole)}",
                advice="let them in by a rule above, with"
                f' `when = {{ reader = [{words}] }}` and `show = "article"`',
            )


def paying_refused(findings: Findings) -> set[Status]:
    """Return the paying statuses that some meter walls because their limit is 0."""
    meters = findings.policy.meters
    return {status for meter in meters for status, _ in _refused_at_zero(findings, meter)}


def _refused_at_zero(findings: Findings, meter: Meter) -> Iterator[tuple[Status, int]]:
    """Yield the paying statuses that a meter gives 0, with where a wall tells them of it."""
    if all(limit.limit == 0 for limit in meter.allowances()):
        return
    zero = findings.space.limited(meter.name, (0,))
    walled = findings.diagrams.conjoin(zero, _walled_by(findings, meter.name))
    for status in findings.expected:
        found = findings.diagrams.conjoin(walled, findings.space.is_("reader", status))
        if status in RUNNING and found != FALSE:
            yield status, found


def _walled_by(findings: Findings, meter: str) -> int:
    """Return where a wall tells of a meter that refused."""
    told = reports(meter)
    return among(findings.space, findings.whole, lambda verdict: walls(verdict) and told(verdict))


def registering_loses(findings: Findings) -> Iterator[Problem]:
    """Yield the meters of which strangers may read what registered readers never may."""
    space, diagrams = findings.space, findings.diagrams
    level = space.named("reader")
    if level is None:
        return
    state = space.state_levels | set(space.known_levels)
    registered = diagrams.conjoin(space.possible, space.is_("reader", Status.REGISTERED))
    new = diagrams.conjoin(*(diagrams.test(known, [0]) for known in space.known_levels))
    opened = diagrams.conjoin(registered, new, among(space, findings.whole, _opens))
    never = diagrams.difference(registered, diagrams.exists(opened, state))
    walled = diagrams.exists(never, state | {level})
    for meter in findings.policy.meters:
        stranger = diagrams.conjoin(
            among(space, findings.whole, spends(meter.name)),
            space.is_("reader", Status.ANONYMOUS),
            new,
            walled,
        )
        if stranger == FALSE:
            continue
        place, advice = _registered_place(findings, meter, stranger, level)
        yield warning(
            code="registering-loses",
            path=place,
            message=f"whoever registers loses what `{meter.name}` gives strangers:"
            f" {findings.example(stranger)}; a registered reader is always walled there",
            advice=advice,
        )


def _opens(verdict: Verdict) -> bool:
    return verdict.show.access is Access.FULL


def _registered_place(
    findings: Findings, meter: Meter, stranger: int, level: int
) -> tuple[_Place, str]:
    """Return what keeps registered readers out, the limit or the rule, and the next step."""
    space, diagrams = findings.space, findings.diagrams
    zero = diagrams.conjoin(space.is_("reader", Status.REGISTERED), space.limited(meter.name, (0,)))
    if diagrams.conjoin(stranger, diagrams.exists(zero, {level})) != FALSE:
        step = "give registered readers a limit too: a status that no limit names gets 0"
        return _place(meter, Status.REGISTERED), step
    index = findings.index_of(stranger)
    name = findings.policy.rules[index].name
    step = f"let `{name}` hold for registered readers too, or add a rule that opens for them"
    return ("rules", index, "name"), step


def expired_forgotten(findings: Findings) -> Iterator[Problem]:
    """Yield the `limits` that name registered readers and not those whose access has ended."""
    space, diagrams = findings.space, findings.diagrams
    level = space.named("reader")
    for meter in findings.policy.meters:
        named = _named(meter)
        if level is None or not meter.limits or Status.REGISTERED not in named:
            continue
        reported = reports(meter.name)
        told = among(space, findings.whole, reported)
        unlike = diagrams.conjoin(told, _unlike_registered(findings, meter.name, level))
        found = {
            status: diagrams.conjoin(unlike, space.is_("reader", status))
            for status in EXPIRED
            if status not in named
        }
        missing = [status for status, where in found.items() if where != FALSE]
        if missing:
            words = ", ".join(f'"{status}"' for status in (Status.REGISTERED, *missing))
            yield warning(
                code="limits-forget-expired",
                path=_place(meter, Status.REGISTERED)[:-1],
                message=f"the limits of `{meter.name}` name registered readers and leave out"
                f" {status_words(missing)}, who get another limit: for example"
                f" {findings.example(found[missing[0]])}",
                advice=f"if they are to read as many, write `reader = [{words}]`; if not, give"
                " them a limit of their own",
            )


def _unlike_registered(findings: Findings, meter: str, level: int) -> int:
    """Return the readers whose limit is not what they would have if they were registered."""
    space, diagrams = findings.space, findings.diagrams
    registered = space.is_("reader", Status.REGISTERED)
    parts = []
    for (limit,) in space.counts[meter].limits:
        have = space.limited(meter, (limit,))
        would = diagrams.exists(diagrams.conjoin(registered, have), {level})
        parts.append(diagrams.difference(would, have))
    return diagrams.disjoin(*parts)


def _named(meter: Meter) -> set[Status]:
    """Return the statuses that the limits of a meter name."""
    if isinstance(meter.limit, Mapping) and not meter.limits:
        return set(meter.limit)
    parts = [part for limit in meter.limits for part in limit.when.walk()]
    return {status for part in parts for status in part.reader or ()}


def _place(meter: Meter, status: Status) -> _Place:
    """Return where the limit of a status stands, or those that leave it out."""
    top = ("meters", meter.name)
    for index, limit in enumerate(meter.limits):
        if status in (limit.when.reader or ()):
            return (*top, "limits", index, "limit")
    if meter.limits:
        return (*top, "limits")
    if isinstance(meter.limit, Mapping) and status in meter.limit:
        return (*top, "limit", str(status))
    return (*top, "limit")
