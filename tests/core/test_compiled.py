"""Do the ways that are written out for a policy decide as the plain engine does?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from types import CodeType

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import (
    Article,
    Entitlement,
    Meter,
    PageView,
    Policy,
    Reader,
    Rule,
    Usage,
    Window,
    engine,
    loads_policy,
    memo,
)
from meter.memo.compiled import written
from meter.memo.memory import PolicyMemory
from meter.policy import Cap, Prompt, Publication, When
from meter.testing.strategies import (
    campaigns,
    journeys,
    policies,
    usages,
    with_experiments,
)
from meter.usage import Tally
from meter.vocabulary import Range
from meter.windows import instant

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
PAPER = Publication(name="The Harbour Review")
READER = Reader(id="r1")
WALL = Rule(name="rest", show="subscription-wall")


def metered(**window):
    """Return a policy that gives two articles in a window."""
    monthly = Meter(name="monthly", window=Window(**window), limit=2)
    rules = [Rule(name="taste", spend="monthly", show="countdown"), WALL]
    return Policy(publication=PAPER, meters=[monthly], rules=rules)


def agree(policy, reader, view, usage, now):
    """Decide in the plain way and in both that are written out; return the usage after it."""
    plain, after = engine.decide(policy, reader, view, usage, now)
    whole = memo.decide(policy, reader, view, usage, now)
    seen = memo.observe(policy, reader, view, now)
    halves = seen.decide(usage) if isinstance(seen, memo.Observed) else (seen, usage)
    for decision, left in (whole, halves):
        assert (decision, decision.facts) == (plain, plain.facts)
        assert left == after
        assert left.to_bytes() == after.to_bytes()
        assert (left is usage) == (after is usage)
    return after


def test_a_reading_is_told_anew_when_the_window_is_another():
    """What was counted is as much as a month ago, and comes back a month later."""
    policy = metered(calendar="month")
    memo.write_out(policy, NOW)
    for days in (0, 1, 20, 40, 41, 0, 400):
        now = NOW + timedelta(days=days)
        usage = Usage({"monthly": Tally(("a",), (instant(now) - 1,))})
        for name in ("a", "b"):
            agree(policy, READER, PageView(article=Article(id=name)), usage, now)


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("windows", [["month"], ["week", "month"], [None, "year"], ["year", None]])
@pytest.mark.parametrize("limit", [0, 2])
def test_no_calendar_reaches_the_edge_of_time(year, windows, limit):
    """With nothing read yet, where no meter needs to know when its window ends, too."""
    meters = [
        Meter(name=f"m{place}", window=Window(calendar=unit, lifetime=unit is None), limit=limit)
        for place, unit in enumerate(windows)
    ]
    rules = [Rule(name=each.name, spend=each.name, show="countdown") for each in meters]
    policy = Policy(publication=PAPER, meters=meters, rules=[*rules, WALL])
    memo.write_out(policy, NOW)
    view = PageView(article=Article(id="a"))
    agree(policy, READER, view, Usage(), NOW)
    dates = [(1, 1), (1, 2), (11, 29), (11, 30), (12, 2), (12, 28), (12, 30), (12, 31)]
    for now in (datetime(year, *date, 12, tzinfo=UTC) for date in dates):
        told = []
        for way in (engine, memo):
            try:
                told.append(way.decide(policy, READER, view, Usage(), now))
            except ValueError as error:
                told.append(str(error))
        assert told[0] == told[1]


def test_a_reading_that_hangs_on_what_was_read_is_never_another_readers():
    """In a rolling window it resets when the first of one's own reads is over."""
    policy = metered(rolling="30 days")
    memo.write_out(policy, NOW)
    for days in (1, 2, 3, 2, 1):
        at = instant(NOW - timedelta(days=days))
        usage = Usage({"monthly": Tally(("a", "b"), (at, at + 1))})
        for name in ("a", "c"):
            agree(policy, READER, PageView(article=Article(id=name)), usage, NOW)


def test_a_view_at_the_very_instant_of_the_last_is_put_in_order_of_ids():
    """As in any usage: bytes are canonical."""
    policy = metered(calendar="month")
    memo.write_out(policy, NOW)
    usage = Usage({"monthly": Tally(("b",), (instant(NOW),))})
    after = agree(policy, READER, PageView(article=Article(id="a")), usage, NOW)
    assert after.tally("monthly").ids == ("a", "b")


def test_what_one_meter_has_counted_is_open_on_another():
    """In every order of two meters that rules spend."""
    window = Window(calendar="month")
    meters = [Meter(name=name, window=window, limit=1) for name in ("news", "sport")]
    sport = Rule(name="sport", when=When(section=["sport"]), spend="sport", show="countdown")
    news = Rule(name="news", spend="news", show="countdown")
    policy = Policy(publication=PAPER, meters=meters, rules=[sport, news, WALL])
    memo.write_out(policy, NOW)
    at = instant(NOW) - 1
    full = {name: Tally((name,), (at,)) for name in ("news", "sport")}
    for usage in (Usage(full), Usage({"news": full["news"]}), Usage({"sport": full["sport"]})):
        for name in ("news", "sport", "new"):
            for section in ("sport", "news"):
                page = PageView(article=Article(id=name, section=section))
                agree(policy, READER, page, usage, NOW)


def test_rights_and_numbers_are_looked_at_as_ever():
    """Who has none, some, or one that has ended; a number below, on and above a constant."""
    rules = [
        Rule(name="covered", when=When(covered=True), show="article"),
        Rule(name="likely", when=When(score=Range(at_least=0.8)), show="registration-wall"),
        Rule(name="sponsored", when=When(tags=["sponsored", "ours"]), show="article"),
        WALL,
    ]
    policy = Policy(publication=PAPER, rules=rules)
    memo.write_out(policy, NOW)
    ended = Entitlement(kind="subscription", ends=NOW - timedelta(days=1))
    bought = Entitlement(kind="purchase", article="a")
    for rights in ((), (Entitlement(kind="trial"),), (ended,), (bought,)):
        for score in (None, 0.5, 0.8, 0.9):
            reader = Reader(id="r1", entitlements=rights, score=score)
            for name, tags in (("a", ()), ("b", ("ours",)), ("c", ("ours", "sponsored"))):
                page = PageView(article=Article(id=name, tags=tags))
                agree(policy, reader, page, Usage(), NOW)


def test_a_view_that_is_counted_keeps_what_else_is_remembered():
    """What another meter has counted, which prompts were shown, and what was started."""
    policy = metered(calendar="month")
    memo.write_out(policy, NOW)
    one = Tally(("v1",), (instant(NOW) - 1,))
    for usage in (
        Usage({"gone": one}),
        Usage({"gone": one, "monthly": one}),
        Usage({"monthly": one}, shown={"gone": one}),
        Usage({"monthly": one}, shown={"gone": Tally(("v1",), (0,))}),
        Usage({"monthly": one}, started=frozenset({"summer"})),
        Usage({"monthly": one}, closed={"gone": instant(NOW) - 1}),
        Usage({"monthly": one}, offered={"gone": instant(NOW) - 1}),
    ):
        for _ in range(2):
            agree(policy, READER, PageView(article=Article(id="a")), usage, NOW)


def test_a_view_that_is_counted_keeps_which_prompts_were_shown():
    """Where it shows none itself."""
    cap = Cap(times=2, window=Window(rolling="30 days"))
    free = Rule(name="free", when=When(access=["free"]), show="article", prompt="give")
    plain = metered(calendar="month")
    prompts = [Prompt(name="give", heading="Give", at_most=[cap])]
    policy = evolve(plain, prompts=prompts, rules=[free, *plain.rules])
    memo.write_out(policy, NOW)
    one = Tally(("v1",), (instant(NOW) - 1,))
    for usage in (Usage(shown={"give": one}), Usage({"monthly": one}, shown={"give": one})):
        for name in ("a", "a", "b"):
            after = agree(policy, READER, PageView(article=Article(id=name)), usage, NOW)
            assert after.showings("give") == one


def test_a_read_that_lies_ahead_is_looked_at():
    """By an hour, and by more than a day, which nobody believes."""
    policy = metered(calendar="month")
    memo.write_out(policy, NOW)
    for ahead in (timedelta(hours=1), timedelta(days=2), timedelta(days=40)):
        usage = Usage({"monthly": Tally(("a", "b"), (instant(NOW) - 1, instant(NOW + ahead)))})
        for name in ("a", "b", "c"):
            agree(policy, READER, PageView(article=Article(id=name)), usage, NOW)


def test_no_word_of_a_policy_stands_in_the_text():
    """So nothing that stands in a policy file can be run."""
    sly = "x'); import os; ('"
    policy = Policy(
        publication=PAPER,
        meters=[Meter(name=sly, window=Window(calendar="month"), limit=2)],
        rules=[
            Rule(name=sly, when=When(section=[sly], tags=[sly, "b"], kind=[sly]), show="article"),
            Rule(name="taste", spend=sly, show="countdown"),
            WALL,
        ],
    )
    text, _ = written(PolicyMemory(policy.rulebook), NOW)
    assert "import" not in text
    memo.write_out(policy, NOW)
    page = PageView(article=Article(id="a", section=sly, kind=sly, tags=[sly]))
    agree(policy, READER, page, Usage(), NOW)


def test_the_ways_of_a_policy_are_written_out_when_some_views_were_decided():
    """Until then, as after it, decisions are the engine's."""
    policy = evolve(metered(calendar="month"))
    usage = Usage()
    ways = set()
    for number in range(300):
        now = NOW + timedelta(hours=number)
        page = PageView(article=Article(id=f"a{number}"))
        plain = engine.decide(policy, READER, page, usage, now)
        assert plain == memo.decide(policy, READER, page, usage, now)
        ways.add(policy.rulebook.memory.decide.__code__.co_filename)
        usage = plain[1]
    assert len(ways) == 2
    assert "<a policy>" in ways


ASKS = """
[publication]
name = "The Harbour Review"
timezone = "{zone}"
[meters.heard]
count = "views"
window = {{ calendar = "week" }}
limit = "none"
counts = {{}}
[prompts.give]
heading = "Give"
at_most = [
    {{ times = 1, window = {{ calendar = "day" }} }},
    {{ times = 3, window = {{ rolling = "7 days" }} }},
]
quiet_after = {{ closed = "2 days", purchase = "3 days" }}
group = "asks"
instead = "letter"
[prompts.letter]
heading = "Our letter"
at_most = [ {{ times = 2, window = {window} }} ]
group = "asks"
instead = "bar"
[prompts.bar]
heading = "Every third view"
every = {{ meter = "heard", views = 3 }}
[prompts.app]
heading = "Our app"
quiet_after = {{ shown = "5 days" }}
[prompts.poll]
heading = "Once"
once = true
[[rules]]
name = "asked often"
when = {{ section = ["news"], seen = {{ give = {{ at_least = 2 }} }} }}
show = "article"
prompt = "app"
[[rules]]
name = "news"
when = {{ section = ["news"] }}
show = "article"
prompt = "give"
[[rules]]
name = "sport"
when = {{ section = ["sport"] }}
show = "article"
prompt = "poll"
[[rules]]
name = "rest"
show = "article"
prompt = "letter"
"""
WAITS = [timedelta(hours=hours) for hours in (0, 0, 1, 6, 24, 48, 200, -3)]


@pytest.mark.parametrize("zone", ["America/Havana", "Pacific/Apia"])
@pytest.mark.parametrize(
    "window",
    [
        '{ calendar = "month" }',
        '{ rolling = "60 hours" }',
        '{ fixed = "3 days" }',
        "{ lifetime = true }",
    ],
)
def test_a_long_way_shows_prompts_as_the_engine(zone, window):
    """Of a reader who closes some, buys, reads again, and signs in as who has met others.

    As a table of what happens, so that each thing that is written out is met again and again.
    """
    policy = loads_policy(ASKS.format(zone=zone, window=window))
    memo.write_out(policy, NOW)
    chance = Random(5)
    for _ in range(12):
        now, usage, others = NOW, Usage(), Usage()
        for number in range(60):
            now += chance.choice(WAITS)
            bought = Entitlement(kind="subscription", starts=now - timedelta(days=2))
            reader = Reader(id="r1", entitlements=(bought,) if chance.random() < 0.2 else ())
            article = Article(
                id=f"a{chance.randrange(4)}", section=chance.choice(["news", "sport", "culture"])
            )
            view = PageView(article=article, id=f"v{chance.randrange(number // 2 + 1)}")
            usage = agree(policy, reader, view, usage, now)
            happens = chance.random()
            if happens < 0.1:
                usage = engine.close(policy, usage, chance.choice(["give", "letter"]), now)
            elif happens < 0.2:
                others, usage = usage, engine.join(policy, others, usage, now)


FEW_ASK = """
[publication]
name = "The Harbour Review"
[meters.a]
window = { calendar = "month" }
limit = 100
[meters.b]
window = { calendar = "month" }
limit = 100
[prompts.give]
heading = "Give"
at_most = { times = 3, window = { rolling = "30 days" } }
[[rules]]
name = "asked before"
when = { seen = { give = { at_least = 1 } } }
spend = "a"
show = "countdown"
[[rules]]
name = "asks"
spend = ["a", "b"]
show = "countdown"
prompt = "give"
[[rules]]
name = "rest"
show = "subscription-wall"
"""


def test_a_prompt_that_is_asked_of_is_no_meter_of_the_same_place():
    """With fewer prompts than meters, each still has names of its own in the text."""
    policy = loads_policy(FEW_ASK)
    memo.write_out(policy, NOW)
    usage = Usage()
    for number in range(4):
        page = PageView(article=Article(id=f"a{number}"))
        usage = agree(policy, READER, page, usage, NOW + timedelta(hours=number))
    assert [len(usage.tally(name).ids) for name in ("a", "b")] == [4, 1]


@given(policy=st.one_of(policies(), campaigns(), campaigns().flatmap(with_experiments)))
def test_no_variable_has_the_name_of_a_constant(policy):
    """Else what one meter has counted could be taken for the name of a prompt."""
    text, names = written(PolicyMemory(policy.rulebook), NOW)
    made = [code for code in compile(text, "text", "exec").co_consts if isinstance(code, CodeType)]
    assert [code.co_name for code in made] == ["decide", "observe", "conclude"]
    assert [names.keys() & {*code.co_varnames} for code in made] == [set(), set(), set()]


def test_the_ways_of_a_policy_are_written_out_once():
    """Whoever asks for it again, such as each worker that starts, gets those there are."""
    policy = metered(calendar="month")
    memo.write_out(policy, NOW)
    ways = policy.rulebook.memory
    memo.write_out(policy, NOW + timedelta(days=1))
    assert policy.rulebook.memory is ways


@given(data=st.data())
def test_what_is_written_out_decides_as_the_engine(data):
    """Decision, facts and bytes are the same at every view of a journey, and at the next reader's.

    The ways are written out before the first view, and remember from view to view.
    """
    policy = data.draw(st.one_of(policies(), policies().flatmap(with_experiments)))
    memo.write_out(policy, NOW)
    for _ in range(2):
        usage = data.draw(st.just(Usage()) | usages(policy))
        for step in data.draw(journeys(policy, max_size=8)):
            usage = agree(policy, step.reader, step.view, usage, step.now)


@given(data=st.data())
def test_what_is_written_out_shows_prompts_as_the_engine(data):
    """Several prompts, in groups, with caps in windows of every kind, in any zone.

    Between the views a reader closes prompts, and signs in as who has met others.
    """
    policy = data.draw(campaigns() | campaigns().flatmap(with_experiments))
    memo.write_out(policy, NOW)
    for _ in range(2):
        usage = data.draw(st.just(Usage()) | usages(policy))
        for step in data.draw(journeys(policy, max_size=8)):
            usage = agree(policy, step.reader, step.view, usage, step.now)
            happens = data.draw(st.sampled_from(["nothing", "nothing", "closes", "signs in"]))
            if happens == "closes":
                prompt = data.draw(st.sampled_from(["give", "letter", "bar"]))
                usage = engine.close(policy, usage, prompt, step.now)
            elif happens == "signs in":
                usage = engine.join(policy, data.draw(usages(policy)), usage, step.now)


def test_ids_whose_variant_is_known_are_not_hashed_again():
    """What the first views have found of each id is there for the ways that are written out."""
    policy = loads_policy(
        """
        [publication]
        name = "The Harbour Review"
        [experiments.price]
        seed = "price"
        variants = { control = 0.5, nine = 0.5 }
        [[rules]]
        name = "nine"
        when = { experiment = { price = ["nine"] } }
        show = "registration-wall"
        [[rules]]
        name = "rest"
        show = "subscription-wall"
        """
    )
    page = PageView(article=Article(id="a"))
    for number in range(20):
        memo.decide(policy, Reader(id=None, visitor=f"v{number}"), page, Usage(), NOW)
    _, names = written(policy.rulebook.memory.memory, NOW)
    [place] = policy.rulebook.vocabulary.experiments.values()
    assert names[f"code_{place}"].cache_info().currsize == 20
