"""Is *the last free article is announced* proved only where no instant breaks it?

`python -m tests.verify.clocks [MANY]` asks it of random policies whose rules and limits hang on
hours, weekdays and dates, in zones whose clocks change, and tries every journey over the instants
of a week with `decide`: one page view after another, of new articles and of those that were read,
at each hour and just before it. It prints
the first policy that is called proved and that somebody breaks, whose story breaks nothing, or that
is not decided.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from attrs import frozen

from meter import Article, PageView, Reader, Usage, decide
from meter.policy import Dates, Hours, Limit, Meter, Policy, Publication, Rule, When
from meter.policy.promised import WALLS
from meter.verify import ProofOutcome, guarantees
from meter.vocabulary import Range, Show, Weekday
from meter.windows import Window, instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from meter.verify import ProofAnswer

PROMISE = "last-free-is-announced"
MANY = 24
ZONES = {
    "Asia/Tokyo": date(2026, 6, 5),
    "America/New_York": date(2026, 3, 8),
    "Europe/Berlin": date(2026, 10, 25),
    "Australia/Lord_Howe": date(2026, 4, 5),
    "America/Havana": date(2026, 11, 1),
}
"""Zones, and a day in each: that on which its clock changes, if it does."""
WINDOWS = (
    Window(calendar="day"),
    Window(calendar="day"),
    Window(fixed="24 hours"),
    Window(calendar="week"),
    Window(calendar="week", starts="sunday"),
    Window(fixed="2 days"),
    Window(lifetime=True),
)
HOURS = (0, 1, 2, 3, 5, 6, 7, 22, 23)
SECTIONS = (None, "markets")
_STEP = timedelta(minutes=30)
_DAYS = 7


def clock_policy(random: Random) -> Policy:
    """Return a policy of one meter, in which it matters when somebody reads."""
    zone = random.choice(list(ZONES))
    meter = random_meter(random, ZONES[zone])
    rules = [_rule(random, number, ZONES[zone]) for number in range(random.randint(1, 3))]
    counted = Rule(name="counted", spend="monthly", show="countdown")
    rules.insert(random.randint(0, len(rules)), counted)
    return Policy(
        publication=Publication(name="The Harbour Review", timezone=zone),
        meters=[meter],
        rules=(*rules, Rule(name="everyone else", show="subscription-wall")),
    )


def random_meter(random: Random, day: date) -> Meter:
    """Return a meter of few articles, whose limit sometimes hangs on the time."""
    window = random.choice(WINDOWS)
    limit = random.randint(1, 3)
    if random.random() < 0.75:
        return Meter(name="monthly", window=window, limit=limit)
    first = Limit(when=_time(random, day), limit=random.randint(0, 2))
    return Meter(name="monthly", window=window, limits=[first, Limit(limit=limit)])


def _rule(random: Random, number: int, day: date) -> Rule:
    given = {"section": ["markets"]} if random.random() < 0.3 else {}
    if random.random() < 0.25:
        given["left"] = {"monthly": random.choice(LEFT)}
    when = _time(random, day, **given)
    how = random.random()
    if how < 0.35:
        return Rule(name=f"rule {number}", when=when, spend="monthly", show="article")
    if how < 0.6:
        return Rule(name=f"rule {number}", when=when, spend="monthly", show="countdown")
    show = random.choice(["subscription-wall", "subscription-wall", "article"])
    return Rule(name=f"rule {number}", when=when, show=show)


LEFT = (Range(at_most=0), Range(at_least=1), Range(at_most=1))


def _time(random: Random, day: date, **given: object) -> When:
    """Return a condition on one or two of hour, weekday and date, near a day."""
    for key in random.sample(["hour", "weekday", "dates"], random.choice([1, 1, 2])):
        if key == "hour":
            first, last = random.sample(HOURS, 2)
            given[key] = Hours(at_least=first, below=last)
        elif key == "weekday":
            near = list(Weekday)[(day.weekday() + random.choice([-1, 0, 1])) % 7]
            given[key] = random.choice([[near], [each for each in Weekday if each is not near]])
        else:
            start = day + timedelta(days=random.randint(-2, 1))
            until = random.choice([None, start, start + timedelta(days=1)])
            given[key] = Dates(from_=start, until=until)
    return When(**given)


def instants(policy: Policy) -> list[datetime]:
    """Return each hour of a week around the day of a policy's zone, and the moment before it.

    Each half hour, where the clock changes by that.
    """
    day = ZONES[policy.publication.timezone]
    zone = ZoneInfo(policy.publication.timezone)
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    start -= timedelta(days=_DAYS // 2)
    step = _STEP if start.minute or zone.key == "Australia/Lord_Howe" else 2 * _STEP
    found = [start + step * number for number in range(timedelta(days=_DAYS) // step)]
    return sorted({*found, *(at - timedelta(microseconds=1) for at in found)})


@frozen
class Past:
    """A reader with a past: what is remembered, what was told, and the last view.

    `told` are the meters of which a countdown has told, with when that is over (`None`: never),
    `last` is the section of the view before and until when what that one told holds, `read` one
    article of each section that was counted.
    """

    usage: Usage
    told: tuple[tuple[str, datetime | None], ...] = ()
    last: tuple[str | None, datetime | None] | None = None
    number: int = 0
    read: tuple[Article, ...] = ()


class Misled(NamedTuple):
    """When somebody was misled, and by which rule."""

    now: datetime
    rule: str


def holds(until: datetime | None, now: datetime) -> bool:
    """Say whether what was told until some time still holds."""
    return until is None or now < until


def met(
    policy: Policy, past: Past, article: Article, now: datetime, *, again: bool = False
) -> tuple[Past, str]:
    """Return a reader after a view of an article, and the rule that misled them, if one did.

    A wall misleads at no article that was read before (`again`): it was no free one any more.
    """
    section = article.section
    view = PageView(id=f"v{past.number}", article=article)
    decision, after = decide(policy, Reader(id="r"), view, past.usage, now)
    meter = decision.meter
    told = {name: until for name, until in past.told if holds(until, now)}
    misled = False
    if decision.counted:
        silent = decision.show is not Show.LAST_FREE_ARTICLE
        misled = meter is not None and meter.name in told and silent and meter.left == 0
    elif decision.show in WALLS and past.last is not None and not again:
        misled = past.last[0] == section and holds(past.last[1], now)
    last = None
    if decision.show is Show.COUNTDOWN and meter is not None:
        told[meter.name] = meter.resets_at
        last = (section, meter.resets_at) if decision.counted else None
    sections = {each.section for each in past.read}
    read = (*past.read, article) if decision.counted and section not in sections else past.read
    then = Past(after, tuple(sorted(told.items())), last, past.number + 1, read)
    return then, decision.rule if misled else ""


def next_articles(past: Past) -> Iterator[tuple[Article, bool]]:
    """Yield what a reader may open next, and whether they have read it: new ones, and some read."""
    for section in SECTIONS:
        yield Article(id=f"a{past.number}", section=section), False
    for article in past.read:
        yield article, True


def somebody_misled(policy: Policy) -> Misled | None:
    """Return who is misled at one of the instants, after any page views at others before it."""
    pasts = {(): Past(Usage())}
    for now in instants(policy):
        at = instant(now)
        # Whoever has nothing inside a window any more is as good as new.
        pasts = {
            key: past for key, past in pasts.items() if not key or _is_inside(policy, past, at)
        }
        waiting = list(pasts.values())
        while waiting:
            past = waiting.pop()
            for article, again in next_articles(past):
                then, rule = met(policy, past, article, now, again=again)
                if rule:
                    return Misled(now, rule)
                # What is read again counts nothing, but may tell how many are left.
                if then.usage is past.usage and {*then.told} <= {*past.told}:
                    continue
                key = _key(policy, then, now)
                if key not in pasts:
                    pasts[key] = then
                    waiting.append(then)
    return None


def _is_inside(policy: Policy, past: Past, at: int) -> bool:
    return any(_inside(policy, past, meter.name, at) for meter in policy.meters)


def _inside(policy: Policy, past: Past, name: str, at: int) -> tuple[int, ...]:
    """Return when what a meter has inside its window was counted."""
    ats = past.usage.tally(name).ats
    return tuple(ats[policy.rulebook.timelines[name].inside(ats, at) :])


def _key(policy: Policy, past: Past, now: datetime) -> tuple[object, ...]:
    """Return what of a past can matter later: how much is inside, since when, and what was told."""
    inside = {m: _inside(policy, past, m.name, instant(now)) for m in policy.meters}
    # A window that begins with the first read ends when that says; of others all is known.
    since = [ats[0] for m, ats in inside.items() if ats and m.window.fixed is not None]
    read = frozenset(each.section for each in past.read)
    return (*map(len, inside.values()), *since, past.told, past.last, read)


def story_misleads(policy: Policy, answer: ProofAnswer) -> bool:
    """Say whether the story of an answer, decided anew, misleads its reader at the end."""
    assert answer.counterexample is not None
    past, rule = Past(Usage()), ""
    for step in answer.counterexample.steps:
        article = step.asked.view.article
        past, rule = met(policy, past, article, step.asked.now, again=step.again)
    return bool(rule) and rule == answer.counterexample.steps[-1].decision.rule


def wrong_about(policy: Policy) -> str:
    """Say what is wrong about one answer, held to its story or to all the journeys."""
    (answer,) = [each for each in guarantees(policy, seconds=None) if each.code == PROMISE]
    if answer.outcome is ProofOutcome.NOT_DECIDED:
        return f"not decided: {answer.how}"
    if answer.outcome is ProofOutcome.FAILS:
        return "" if story_misleads(policy, answer) else "the story breaks nothing"
    misled = somebody_misled(policy)
    return "" if misled is None else f"proved, but broken by `{misled.rule}` at {misled.now}"


def drawn(many: int = MANY) -> Iterator[Policy]:
    """Yield policies: three that break in one way only, and random ones."""
    yield SHORT_DAY
    yield LOW_MORNING
    yield TOLD_AGAIN
    for seed in range(many):
        yield clock_policy(Random(f"clocks {seed}"))


SHORT_DAY = Policy(
    publication=Publication(name="The Harbour Review", timezone="America/New_York"),
    meters=[Meter(name="monthly", window=Window(fixed="24 hours"), limit=2)],
    rules=(
        Rule(
            name="saturday night",
            when=When(weekday=["saturday"], hour=Hours(at_least=5, below=6)),
            spend="monthly",
            show="countdown",
        ),
        Rule(
            name="sunday morning",
            when=When(weekday=["sunday"], hour=Hours(at_least=6, below=7)),
            spend="monthly",
            show="article",
        ),
        Rule(name="everyone else", show="article"),
    ),
)
"""From five on Saturday to six on Sunday it is a day and more, but where an hour is left out."""


LOW_MORNING = Policy(
    publication=Publication(name="The Harbour Review", timezone="Europe/Berlin"),
    meters=[
        Meter(
            name="monthly",
            window=Window(calendar="week"),
            limits=[
                Limit(when=When(hour=Hours(at_least=6, below=9)), limit=0),
                Limit(limit=3),
            ],
        )
    ],
    rules=(
        Rule(name="counted", spend="monthly", show="countdown"),
        Rule(name="everyone else", show="subscription-wall"),
    ),
)
"""Of the two that are left in the evening, none is left in the morning."""

TOLD_AGAIN = Policy(
    publication=Publication(name="The Harbour Review", timezone="Asia/Tokyo"),
    meters=[
        Meter(
            name="early",
            window=Window(calendar="week"),
            limits=[Limit(when=When(hour=Hours(below=6)), limit=2), Limit(limit=0)],
        ),
        Meter(name="monthly", window=Window(calendar="week"), limit=2),
    ],
    rules=(
        Rule(name="markets", when=When(section=["markets"]), spend="monthly", show="article"),
        Rule(name="early", when=When(hour=Hours(below=6)), spend="early", show="article"),
        Rule(
            name="read early",
            when=When(not_=When(exhausted=["early"])),
            spend="monthly",
            show="countdown",
        ),
        Rule(name="everyone else", show="subscription-wall"),
    ),
)
"""Only whoever opens again, later that day, what they have read is told how many are left."""


def main(arguments: Sequence[str]) -> int:
    """Ask, print the first answer that is wrong, and return the exit code."""
    for number, policy in enumerate(drawn(int(arguments[0]) if arguments else MANY)):
        wrong = wrong_about(policy)
        if wrong:
            sys.stdout.write(f"policy {number}: {wrong}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
