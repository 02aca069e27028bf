"""What `engine.join` promises, for usages whose reads lie on the edges of their windows."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache, reduce
from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meter import Access, Article, PageView, Reader, Usage, decide, loads_policy
from meter.engine import expires_at, join, latest, ledger
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
MANY = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


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


KINDS = st.tuples(
    st.sampled_from(WINDOWS), st.integers(1, 3), st.sampled_from(["articles", "views"])
)
POLICIES = st.tuples(st.sampled_from(ZONES), st.lists(KINDS, min_size=1, max_size=2).map(tuple))
"""A zone, and one or two meters: window, limit and what they count."""


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
    by_view = next(by for known, _, by in policy.rulebook.meters if known == meter)
    return view.view_key(at) if by_view else view.article.key


@st.composite
def usages(draw, policy, now, *, later=False):
    """Draw a usage whose reads lie on edges; none is after `now`, unless `later`."""
    instants = [at for at in edges(policy, now) if later or at <= instant(now)]
    tallies = {}
    for meter in [*policy.rulebook.timelines, "gone"]:
        drawn = draw(st.dictionaries(st.sampled_from(IDS), st.sampled_from(instants), max_size=4))
        if meter != "gone":
            drawn = {key_of(policy, meter, name, at): at for name, at in drawn.items()}
        tally = Tally()
        for name, at in sorted(drawn.items(), key=lambda pair: pair[1]):
            tally = tally.add(name, at)
        tallies[meter] = tally
    return Usage(tallies)


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


@MANY
@given(data=st.data(), drawn=POLICIES, now=st.sampled_from(NOWS))
def test_joining_is_idempotent_and_the_order_does_not_matter(data, drawn, now):
    """Three sources, in any order and grouping, and again, leave the same bytes."""
    policy = policy_of(*drawn)
    sources = [data.draw(usages(policy, now, later=number == 0)) for number in range(3)]
    target = data.draw(usages(policy, now, later=True))

    def into(usage, source):
        return join(policy, source, usage, now)

    ends = {reduce(into, order, target).to_bytes() for order in permutations(sources)}
    assert len(ends) == 1
    once = into(target, sources[0])
    assert into(once, sources[0]) is once
    assert into(once, once) is once
    first, second = sources[1:]
    both = into(first, second)
    assert into(target, both) == into(into(target, first), second)
    known = held(policy, both, now)
    assert known == held(policy, into(second, first), now)


@MANY
@given(data=st.data(), drawn=POLICIES, now=st.sampled_from(NOWS))
def test_joining_brings_what_a_running_window_holds_and_nothing_else(data, drawn, now):
    """What is expired or read later takes no part; the target loses nothing that it holds."""
    policy = policy_of(*drawn)
    source = data.draw(usages(policy, now, later=True))
    target = data.draw(usages(policy, now))
    at = instant(now)
    until = Usage({name: tally.until(at) for name, tally in source.tallies.items()})
    joined = join(policy, source, target, now)
    assert joined == join(policy, until, target, now)
    mine = held(policy, target, now)
    for name, brought in held(policy, until, now).items():
        assert mine[name] | brought == held(policy, joined, now)[name]
        assert set(joined.tally(name).ids) <= brought | set(target.tally(name).ids)


@MANY
@given(data=st.data(), drawn=POLICIES, now=st.sampled_from(NOWS))
def test_what_one_side_alone_refuses_the_joined_reader_is_refused(data, drawn, now):
    """An article neither had counted stays refused while either alone refuses it: none is bought.

    What either had counted stays open while it would be there.
    """
    policy = policy_of(*drawn)
    source = data.draw(usages(policy, now))
    target = data.draw(usages(policy, now, later=True))
    joined = join(policy, source, target, now)
    first = max(instant(now), latest(target, instant(now)))
    times = [at for at in edges(policy, now) if at >= first] or [first]
    at = data.draw(st.sampled_from(times))
    for meter in policy.rulebook.timelines:
        for name in (*IDS, "new"):
            sides = [is_open(policy, usage, meter, name, at) for usage in (source, target)]
            mark = key_of(policy, meter, name, at)
            tallies = (
                ledger(policy, source, moment(at, UTC)),
                ledger(policy, target, moment(at, UTC)),
            )
            counted = [mark in side[meter][0].ids for side in tallies]
            if any(counted):
                assert is_open(policy, joined, meter, name, at)
            elif not all(sides):
                assert not is_open(policy, joined, meter, name, at)


@MANY
@given(data=st.data(), drawn=POLICIES, now=st.sampled_from(NOWS))
def test_nothing_comes_back_earlier_and_every_record_ends(data, drawn, now):
    """A meter's reads leave their window no earlier; a record ends unless a meter never does."""
    policy = policy_of(*drawn)
    source = data.draw(usages(policy, now))
    target = data.draw(usages(policy, now))
    joined = join(policy, source, target, now)
    for name, timeline in policy.rulebook.timelines.items():
        for side in (source, target):
            held_now = ledger(policy, side, now)[name][0]
            if held_now.ids:
                after = ledger(policy, joined, now)[name][0]
                ends = [_end(timeline, tally.ats, now) for tally in (held_now, after)]
                assert ends[0] is ends[1] is None or ends[0] <= ends[1]
    for_ever = any(
        timeline.window.lifetime and joined.tally(name).ids
        for name, timeline in policy.rulebook.timelines.items()
    )
    if not joined.tally("gone").ids and not for_ever and joined.tallies:
        assert expires_at(policy, joined) is not None


@MANY
@given(data=st.data(), drawn=POLICIES, now=st.sampled_from(NOWS))
def test_joined_again_later_the_same_articles_are_open(data, drawn, now):
    """With the first `now` again, whatever source and target have read in between."""
    policy = policy_of(*drawn)
    source = data.draw(usages(policy, now))
    target = join(policy, source, data.draw(usages(policy, now, later=True)), now)
    at = latest(target, instant(now))
    for _ in range(data.draw(st.integers(1, 4))):
        at += data.draw(st.sampled_from([1, DAY // 2, DAY, 3 * DAY, 8 * DAY]))
        view = view_of(
            data.draw(st.sampled_from([*policy.rulebook.timelines])),
            data.draw(st.sampled_from(IDS + "xyz")),
        )
        if data.draw(st.booleans()):
            target = decide(policy, READER, view, target, moment(at, UTC))[1]
        else:
            source = decide(policy, READER, view, source, moment(at, UTC))[1]
    again = join(policy, source, target, now)
    when = latest(target, instant(now))
    for later in (when, *(each for each in edges(policy, moment(when, UTC)) if each > when)):
        for meter in policy.rulebook.timelines:
            for name in (*IDS, "x", "new"):
                answers = [is_open(policy, usage, meter, name, later) for usage in (target, again)]
                assert answers[0] == answers[1]


def _end(timeline, ats, now):
    """Return when what is held is free again: all of it, for a rolling window."""
    if timeline.window.rolling:
        return timeline.ends(ats)
    return timeline.resets(ats, len(ats), max(instant(now), ats[-1]))
