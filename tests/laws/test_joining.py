"""What `engine.join` promises, for usages whose reads lie on the edges of their windows."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache, reduce
from itertools import permutations
from random import Random

import pytest

from meter import Access, Article, PageView, Reader, Usage, decide, loads_policy
from meter.engine import expires_at, join, ledger
from meter.usage import Tally
from meter.windows import DAY, instant, moment

WINDOWS = (
    '{ calendar = "day" }',
    '{ calendar = "week", starts = "sunday" }',
    '{ calendar = "month" }',
    '{ rolling = "36 hours" }',
    '{ rolling = "7 days" }',
    '{ fixed = "36 hours" }',
    '{ fixed = "7 days" }',
    "{ lifetime = true }",
)
ZONES = ("UTC", "Asia/Tokyo", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia")
NOWS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in ("2026-06-15T12:00", "2026-11-01T05:30", "2026-12-31T23:59:59.999999", "2011-12-30")
)
IDS = "abcdef"
READER = Reader(id="r")
SEEDS = range(250)


@lru_cache(1000)
def policy_of(zone, kinds):
    """Return a policy in which each meter is spent in a section of its own."""
    meters = {f"m{number}": kind for number, kind in enumerate(kinds)}
    text = f'[publication]\nname = "The Harbour Review"\ntimezone = "{zone}"\n'
    for name, (window, limit, count) in meters.items():
        text += f'[meters.{name}]\nwindow = {window}\nlimit = {limit}\ncount = "{count}"\n'
    for name in meters:
        text += (
            f'[[rules]]\nname = "{name}"\nwhen = {{ section = ["{name}"] }}\n'
            f'spend = "{name}"\nshow = "countdown"\n'
        )
    return loads_policy(text + '[[rules]]\nname = "else"\nshow = "subscription-wall"\n')


def world(seed):
    """Return what to draw with, a policy of one or two meters, and a time."""
    draw = Random(seed)
    kinds = tuple(
        (draw.choice(WINDOWS), draw.randint(1, 3), draw.choice(["articles", "views"]))
        for _ in range(draw.randint(1, 2))
    )
    return draw, policy_of(draw.choice(ZONES), kinds), draw.choice(NOWS)


@lru_cache(4000)
def edges(policy, now):
    """Return instants at and beside everything that begins or ends near `now`."""
    at = instant(now)
    some = {at}
    for timeline in policy.rulebook.timelines.values():
        length = timeline.ends([at]) or at + DAY
        some |= {at - (length - at), at - (length - at) // 2, at + (length - at), length}
        if timeline.window.calendar:
            start, end = timeline.bounds(at)
            some |= {start, end, timeline.bounds(start - 1)[0]}
    return tuple(sorted(each + step for each in some for step in (-1, 0, 1)))


def key_of(policy, meter, name, at):
    """Return what a meter remembers of an article, read at an instant."""
    view = PageView(article=Article(id=name), id=f"v-{name}")
    by_view = next(known.by_view for known in policy.rulebook.meters if known.name == meter)
    return view.view_key(at) if by_view else view.article.key


def usage_of(draw, policy, now, *, later=False):
    """Draw a usage whose reads lie on edges; none is after `now`, unless `later`."""
    instants = [at for at in edges(policy, now) if later or at <= instant(now)]
    tallies = {}
    for meter in [*policy.rulebook.timelines, "gone"]:
        drawn = {name: draw.choice(instants) for name in draw.sample(IDS, draw.randint(0, 4))}
        if meter != "gone":
            drawn = {key_of(policy, meter, name, at): at for name, at in drawn.items()}
        tally = Tally()
        for name, at in sorted(drawn.items(), key=lambda pair: pair[1]):
            tally = tally.add(name, at)
        tallies[meter] = tally
    return Usage(tallies)


def latest(usage, at):
    """Return the later of an instant and the last read."""
    return max([at, *(tally.ats[-1] for tally in usage.tallies.values())])


def until(usage, now):
    """Return what was counted at `now` or before."""
    at = instant(now)
    return Usage({name: tally.up_to(at) for name, tally in usage.tallies.items()})


def view_of(meter, name):
    """Return a view of an article in a meter's section."""
    return PageView(article=Article(id=name, section=meter), id=f"v-{name}")


def is_open(policy, usage, meter, name, at):
    """Say whether an article may be read at an instant."""
    when = moment(at, policy.zone)
    return decide(policy, READER, view_of(meter, name), usage, when)[0].access is Access.FULL


def held(policy, usage, now):
    """Return what each meter holds."""
    return {name: set(tally.ids) for name, (tally, _) in ledger(policy, usage, now).items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_joining_is_idempotent_and_the_order_does_not_matter(seed):
    """Three sources, in any order and grouping, and again, leave the same bytes."""
    draw, policy, now = world(seed)
    sources = [usage_of(draw, policy, now, later=number == 0) for number in range(3)]
    target = usage_of(draw, policy, now, later=True)

    def into(usage, source):
        return join(policy, source, usage, now)

    ends = {reduce(into, order, target).to_bytes() for order in permutations(sources)}
    assert len(ends) == 1
    once = into(target, sources[0])
    assert into(once, sources[0]) is once
    assert into(once, once) is once
    first, second = sources[1:]
    both = into(first, second)
    assert held(policy, both, now) == held(policy, into(second, first), now)
    target = usage_of(draw, policy, now)
    assert into(target, both) == into(into(target, first), second)


@pytest.mark.parametrize("seed", SEEDS)
def test_joining_brings_what_a_running_window_holds_and_nothing_else(seed):
    """What is expired or read later takes no part; the target loses nothing that it holds."""
    draw, policy, now = world(seed)
    source = usage_of(draw, policy, now, later=True)
    target = usage_of(draw, policy, now)
    joined = join(policy, source, target, now)
    assert joined == join(policy, until(source, now), target, now)
    mine = held(policy, target, now)
    for name, brought in held(policy, until(source, now), now).items():
        assert mine[name] | brought == held(policy, joined, now)[name]
        assert set(joined.tally(name).ids) <= brought | set(target.tally(name).ids)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_target_reads_after_the_sign_in_stays(seed):
    """A join that comes late takes nothing away, and its reads count once at most."""
    draw, policy, now = world(seed)
    source = usage_of(draw, policy, now)
    target = usage_of(draw, policy, now, later=True)
    clock = moment(latest(target, instant(now)), UTC)
    joined = join(policy, source, target, now, clock=clock)
    for name, tally in target.tallies.items():
        later = set(tally.ids) - set(tally.up_to(instant(now)).ids)
        assert later <= set(joined.tally(name).ids)
    when = moment(latest(target, instant(now)), UTC)
    for name, ids in held(policy, target, when).items():
        assert ids <= held(policy, joined, when)[name]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_one_side_alone_refuses_the_joined_reader_is_refused(seed):
    """An article neither had counted stays refused while either alone refuses it: none is bought.

    What either had counted stays open while it would be there.
    """
    draw, policy, now = world(seed)
    source = usage_of(draw, policy, now)
    target = usage_of(draw, policy, now, later=draw.random() < 0.5)
    first = latest(target, instant(now))
    joined = join(policy, source, target, now, clock=moment(first, UTC))
    times = [at for at in edges(policy, now) if at >= first] or [first]
    counted = (
        held(policy, source, now),
        held(policy, until(target, now), now),
        held(policy, target, moment(first, UTC)),
    )
    at_first = {name: set().union(*(side[name] for side in counted)) for name in counted[0]}
    for at in draw.sample(times, min(3, len(times))):
        ledgers = [ledger(policy, side, moment(at, UTC)) for side in (source, target)]
        for meter in policy.rulebook.timelines:
            for name in (*IDS, "new"):
                sides = [is_open(policy, side, meter, name, at) for side in (source, target)]
                mark = key_of(policy, meter, name, at)
                if any(mark in side[meter][0].ids for side in ledgers):
                    assert is_open(policy, joined, meter, name, at)
                elif not all(sides) and not any(
                    key_of(policy, other, name, at) in at_first[other] for other in at_first
                ):
                    assert not is_open(policy, joined, meter, name, at)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_comes_back_earlier_and_every_record_ends(seed):
    """A meter's reads leave their window no earlier; a record ends unless a meter never does."""
    draw, policy, now = world(seed)
    source = usage_of(draw, policy, now)
    target = usage_of(draw, policy, now)
    joined = join(policy, source, target, now)
    after = ledger(policy, joined, now)
    for side in (source, target):
        for name, (tally, _) in ledger(policy, side, now).items():
            if tally.ids:
                timeline = policy.rulebook.timelines[name]
                ends = [_end(timeline, ats, now) for ats in (tally.ats, after[name][0].ats)]
                assert ends[0] is ends[1] is None or ends[0] <= ends[1]
    timelines = policy.rulebook.timelines.values()
    if joined.tallies and not any(timeline.window.lifetime for timeline in timelines):
        assert expires_at(policy, joined) is not None


def _end(timeline, ats, now):
    """Return when what is held is free again: all of it, for a rolling window."""
    if timeline.window.rolling:
        return timeline.ends(ats)
    return timeline.resets(ats, len(ats), max(instant(now), ats[-1]))


@pytest.mark.parametrize("seed", SEEDS)
def test_joined_again_later_the_same_articles_are_open(seed):
    """With the first `now` again, whatever source and target have read in between."""
    draw, policy, now = world(seed)
    source = usage_of(draw, policy, now)
    target = usage_of(draw, policy, now, later=True)
    at = latest(target, instant(now))
    target = join(policy, source, target, now, clock=moment(at, UTC))
    for _ in range(draw.randint(1, 4)):
        at += draw.choice([1, DAY // 2, DAY, 3 * DAY, 8 * DAY])
        view = view_of(draw.choice([*policy.rulebook.timelines]), draw.choice(IDS + "xyz"))
        if draw.random() < 0.7:
            target = decide(policy, READER, view, target, moment(at, UTC))[1]
        else:
            source = decide(policy, READER, view, source, moment(at, UTC))[1]
    when = latest(target, instant(now))
    again = join(policy, source, target, now, clock=moment(when, UTC))
    times = [each for each in edges(policy, moment(when, UTC)) if each >= when]
    for later in (when, *draw.sample(times, 3)):
        for meter in policy.rulebook.timelines:
            for name in (*IDS, "x", "new"):
                answers = [is_open(policy, usage, meter, name, later) for usage in (target, again)]
                assert answers[0] == answers[1]


def test_the_start_of_a_fixed_window_outlives_the_ids_it_began_with():
    """Both sides counted x and y, in the other order; a third began between their second reads."""
    policy = policy_of("UTC", (('{ fixed = "36 hours" }', 3, "articles"),))
    now = NOWS[0]
    at = instant(now)

    def usage(**before):
        ordered = sorted(before.items(), key=lambda pair: -pair[1])
        ids = tuple(name for name, _ in ordered)
        return Usage({"m0": Tally(ids, tuple(at - minutes for _, minutes in ordered))})

    target, first, second = usage(y=100, x=65), usage(x=80, y=70), usage(z=75)
    one = join(policy, second, join(policy, first, target, now), now)
    other = join(policy, first, join(policy, second, target, now), now)
    assert one == other
    assert one.tally("m0").ats[0] == at - 75
    assert join(policy, first, target, now).tally("m0").ats[0] == at - 80
