"""What `changes` says of how often prompts are shown: never too little, in words, key by key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, PageView, PolicyError, Reader, Usage, decide, loads_policy
from meter.engine import close
from meter.loading import dumps_policy
from meter.loading.policies import read_placed
from meter.loading.together import files_of
from meter.loading.together.edits import edited_parts
from meter.policy import Policy
from meter.testing.strategies.campaigns import campaigns
from meter.testing.strategies.conditions import SWITCHES
from meter.testing.strategies.experiments import with_experiments
from meter.verify import changes
from meter.verify.budget import is_installed
from meter.view import Entitlement

ASKS = """
[publication]
name = "Harbour Radio"
timezone = "America/Chicago"

[meters.heard]
window = { rolling = "28 days" }
limit = "none"
counts = { reader = ["anonymous", "registered"] }

[prompts.give]
heading = "Harbour Radio lives on gifts"
at_most = [
    { times = 1, window = { calendar = "day" } },
    { times = 6, window = { rolling = "30 days" } },
]
every = { meter = "heard", views = 5 }
quiet_after = { closed = "7 days", purchase = "30 days", shown = "2 days" }
once = false
instead = "bar"
group = "asks"

[prompts.bar]
heading = "You can give too"
at_most = { times = 3, window = { calendar = "day" } }
group = "asks"

[[rules]]
name = "members are left alone"
when = { section = ["members"] }
show = "article"

[[rules]]
name = "letters"
when = { section = ["letters"] }
show = "article"
prompt = "letter"

[[rules]]
name = "everything is open"
show = "article"
prompt = "give"
"""
OFFER = """[offers.year]
price = 9
currency = "USD"
term = "1 year"

"""
OF_GIVE = "how often prompt `give` is shown"
EDITS = [
    (
        "times = 6",
        "times = 7",
        "at_most",
        "6 times in any 30 days",
        "7 times in any 30 days",
    ),
    ('{ calendar = "day" } },\n    {', '{ calendar = "week" } },\n    {', "at_most", "day", "week"),
    ("views = 5", "views = 4", "every", "a multiple of 5", "a multiple of 4"),
    ('closed = "7 days", ', "", "quiet_after.closed", "kept back for 7 days", "not kept back"),
    ('purchase = "30 days", ', "", "quiet_after.purchase", "for 30 days", "not kept back"),
    (', shown = "2 days"', "", "quiet_after.shown", "for 2 days", "not kept back"),
    ("once = false", "once = true", "once", "again and again", "one time only"),
    ('instead = "bar"\n', "", "instead", "`bar` where it is", "nothing where it is"),
]


def rows(old, new, **options):
    """Return the lines of a difference."""
    found = changes(loads_policy(old), loads_policy(new), **options)
    return [(row.who, row.before, row.after) for row in found.rows]


@pytest.mark.parametrize(("old", "new", "key", "before", "after"), EDITS)
def test_a_change_of_how_often_a_prompt_is_shown_is_a_line(old, new, key, before, after):
    """One key is one line, in words."""
    ((who, was, now),) = rows(ASKS, ASKS.replace(old, new))
    assert who == f"{OF_GIVE}: `{key}`"
    assert before in was
    assert after in now


@pytest.mark.skipif(not is_installed(), reason="needs the extra `smt`")
@pytest.mark.parametrize(
    ("old", "new"),
    [("views = 5", "views = 4"), ("You can", "Could"), ("price = 9", "price = 8")],
)
def test_what_is_too_large_for_a_diagram_is_told_by_an_example(old, new):
    """How often a prompt is shown, its words, and the terms of an offer too."""
    text = ASKS.replace("[[rules]]", f"{OFFER}[[rules]]", 1).replace(
        'prompt = "letter"', 'prompt = "letter"\noffer = "year"'
    )
    assert len(rows(text, text.replace(old, new), steps=3)) == 1


def test_a_group_is_those_that_are_counted_together():
    """Another name changes nothing; one that leaves changes both that were in it."""
    assert rows(ASKS, ASKS.replace('"asks"', '"all"')) == []
    alone = ASKS.replace('group = "asks"\n\n[prompts', "\n[prompts")
    assert [who for who, _, _ in rows(ASKS, alone)] == [
        "how often prompt `bar` is shown: `group`",
        f"{OF_GIVE}: `group`",
    ]


def test_words_of_what_stands_in_are_told():
    """A prompt that no rule names may be shown in the place of one that a rule does."""
    assert rows(ASKS, ASKS.replace("You can", "Could you")) == [
        ("whoever sees prompt `bar` in `en`", "You can give too", "Could you give too")
    ]


def test_another_zone_moves_the_days_of_a_cap():
    """A calendar day is that of the publication."""
    ((who, before, after),) = rows(ASKS, ASKS.replace("America/Chicago", "Asia/Tokyo"))
    assert who == "how often prompt `bar` is shown: `at_most`"
    assert before == "at most 3 times each calendar day in America/Chicago"
    assert after == "at most 3 times each calendar day in Asia/Tokyo"


def test_a_cap_that_never_binds_changes_nothing():
    """Of a prompt that counts by itself, 50 in 30 days mean nothing beside one a day."""
    alone = ASKS.replace('group = "asks"\n', "").replace(', shown = "2 days"', "")
    many, more = (alone.replace("times = 6", f"times = {times}") for times in (50, 60))
    assert rows(many, more) == []
    assert rows(alone, many)


# Whatever is edited.


BASE = evolve(
    loads_policy(ASKS.replace('prompt = "letter"', "").replace('prompt = "give"', "")),
    switches=dict.fromkeys(SWITCHES, False),
)
SECTIONS = ("members", "letters", "news")


@st.composite
def edited(draw):
    """Draw a policy with prompts of every kind, and the same with one key of one of them other."""
    old, other = (draw(campaigns(BASE)) for _ in range(2))
    old = evolve(old, rules=[_unasked(old, n) for n in range(len(old.rules))])
    prompt, like = (draw(st.sampled_from(policy.prompts)) for policy in (old, other))
    key = draw(st.sampled_from(["at_most", "every", "quiet_after", "once", "instead", "group"]))
    changed = evolve(prompt, **{key: getattr(like, key)})
    prompts = [changed if each is prompt else each for each in old.prompts]
    try:
        return old, evolve(old, prompts=prompts)
    except PolicyError:
        return old, old


def _unasked(policy, number):
    """Return a rule that does not ask how often a prompt was shown."""
    return evolve(policy.rules[number], when=BASE.rules[number].when)


moves = st.lists(
    st.tuples(
        st.sampled_from([timedelta(minutes=1), timedelta(hours=9), timedelta(days=1)]),
        st.sampled_from(SECTIONS),
        st.sampled_from(["read", "read", "read", "close give", "close letter", "close bar"]),
    ),
    min_size=2,
    max_size=25,
)


def story(policy, steps, bought):
    """Return what a reader sees who reads and closes prompts."""
    rights = [Entitlement(kind="subscription", starts=bought)] if bought else []
    reader = Reader(id="r", entitlements=rights)
    usage = Usage()
    now = datetime(2026, 6, 1, 20, tzinfo=UTC)
    seen = []
    for number, (gap, section, what) in enumerate(steps):
        now += gap
        verb, _, prompt = what.partition(" ")
        if verb == "close":
            usage = close(policy, usage, prompt, now)
            continue
        view = PageView(article=Article(id=f"a{number}", section=section), id=f"v{number}")
        decision, usage = decide(policy, reader, view, usage, now)
        seen.append((decision.show, decision.prompt, decision.counted))
    return seen


@given(
    both=edited(),
    steps=moves,
    bought=st.sampled_from([None, datetime(2026, 6, 1, tzinfo=UTC)]),
)
def test_what_is_not_told_nobody_sees(both, steps, bought):
    """Where no line is told of two policies, a reader who reads and closes sees the same."""
    old, new = both
    if not changes(old, new).rows:
        assert story(old, steps, bought) == story(new, steps, bought)


@st.composite
def with_one_part_of_another(draw):
    """Draw a policy of every kind, and the same with one part of one that is drawn beside it."""
    old, other = (draw(with_experiments(draw(campaigns()))) for _ in range(2))
    key = draw(st.sampled_from([each.name for each in fields(Policy)]))
    part = getattr(other, key)
    mine = getattr(old, key)
    if key in ("prompts", "experiments", "offers", "meters") and mine and part:
        one, like = draw(st.sampled_from(mine)), draw(st.sampled_from(part))
        names = [each.name for each in fields(type(one)) if each.init and each.name != "name"]
        name = draw(st.sampled_from(names))
        changed = evolve(one, **{name: getattr(like, name)})
        part = [changed if each is one else each for each in mine]
    try:
        return old, evolve(old, **{key: part})
    except PolicyError:
        return old, other


def placed(policy, name):
    """Return a policy as it is read from the text that writes it, with its places."""
    return read_placed(files_of(dumps_policy(policy), name, None))


@given(both=with_one_part_of_another())
def test_policies_of_two_digests_are_never_told_as_written_alike(both):
    """Whatever part of a policy is edited is among what was written otherwise, and only that."""
    old, new = placed(both[0], "old.toml"), placed(both[1], "new.toml")
    assert bool(edited_parts(old, new)) == (old[0].digest != new[0].digest)
