"""How often a prompt is shown, example by example: caps, quiet times, groups, `every`, `seen`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from meter import Article, Entitlement, PageView, PolicyError, Reader, Usage, decide, loads_policy
from meter.engine import close, expires_at, join, joined_at

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
TEXT = """
[publication]
name = "Harbour Radio"
[meters.heard]
window = {{ calendar = "month" }}
limit = "none"
counts = {{}}
[prompts.give]
heading = "Give"
{keys}
[prompts.bar]
heading = "Give too"
{other}
[[rules]]
name = "letters"
when = {{ section = ["letters"] }}
show = "article"
prompt = "bar"
{rules}
[[rules]]
name = "open"
show = "article"
prompt = "give"
"""


class Life:
    """A reader under a policy with some keys on its prompt, and what is remembered of it."""

    def __init__(self, keys="", other="", rules=""):
        self.policy = loads_policy(TEXT.format(keys=keys, other=other, rules=rules))
        self.usage = Usage()
        self.views = 0

    def read(self, now=NOW, reader=None, name=None, **details):
        """Return the prompt of a view, which is a new one unless it has a name."""
        self.views += 1
        section = details.pop("section", None)
        article = Article(id=f"a{self.views}", section=section)
        if name is not None:
            article = Article(id="a", section=section)
        view = PageView(article=article, id=name or f"v{self.views}", **details)
        decision, self.usage = decide(self.policy, reader or Reader(id="r"), view, self.usage, now)
        return decision.prompt


def test_a_cap_leaves_room_again_at_the_end_of_its_window():
    """The end belongs to the next window."""
    life = Life('at_most = { times = 2, window = { rolling = "1 day" } }')
    assert ["give", "give", None] == [life.read(NOW + n * MOMENT) for n in range(3)]
    assert life.read(NOW + DAY - MOMENT) is None
    assert life.read(NOW + DAY) == "give"


def test_every_cap_of_a_list_has_to_leave_room():
    """One a day, two in thirty days."""
    day = '{ times = 1, window = { calendar = "day" } }'
    month = '{ times = 2, window = { rolling = "30 days" } }'
    life = Life(f"at_most = [ {day}, {month} ]")
    assert ["give", None] == [life.read(), life.read()]
    assert ["give", None] == [life.read(NOW + DAY), life.read(NOW + 2 * DAY)]
    assert life.read(NOW + 30 * DAY) == "give"


def test_a_view_that_is_sent_twice_is_one_showing():
    """It shows its prompt again, and another view does not."""
    life = Life("once = true")
    assert ["give", "give", None] == [life.read(name=name) for name in ("v", "v", "w")]


def test_a_view_that_comes_again_after_one_of_two_windows_is_one_showing():
    """Of its later instant; and the record can be read again."""
    day = '{ times = 1, window = { rolling = "1 day" } }'
    ever = "{ times = 3, window = { lifetime = true } }"
    life = Life(f"at_most = [ {day}, {ever} ]")
    assert ["give", "give"] == [life.read(NOW + n * DAY, name="v") for n in (0, 2)]
    assert [NOW + 2 * DAY] == [read.at for read in life.usage.showings("give")]
    assert life.usage == Usage.from_bytes(life.usage.to_bytes())
    assert ["give", "give", None] == [life.read(NOW + n * DAY) for n in (3, 4, 5)]


def test_once_is_for_good_and_keeps_one_showing():
    """No record with it ever ends."""
    life = Life("once = true", other='group = "x"')
    assert life.read() == "give"
    assert life.read(NOW + 5000 * DAY) is None
    assert expires_at(life.policy, life.usage) is None
    assert 1 == len(life.usage.showings("give").ids)


@pytest.mark.parametrize(
    "keys", ['quiet_after = { shown = "7 days" }', 'quiet_after = { closed = "7 days" }']
)
def test_silence_ends_where_a_window_would(keys):
    """Seven days are seven times 24 hours, and their end belongs to the time after."""
    life = Life(keys)
    assert life.read() == "give"
    life.usage = close(life.policy, life.usage, "give", NOW)
    assert life.read(NOW + 7 * DAY - MOMENT) is None
    assert life.read(NOW + 7 * DAY) == "give"


def test_a_purchase_silences():
    """From the start of the running right that began last; one to one article is none."""
    life = Life('quiet_after = { purchase = "30 days" }')
    bought = Reader(id="r", entitlements=[Entitlement(kind="subscription", starts=NOW)])
    single = Reader(id="r", entitlements=[Entitlement(kind="purchase", article="x", starts=NOW)])
    assert [None, "give"] == [life.read(NOW, bought), life.read(NOW, single)]
    assert life.read(NOW + 30 * DAY - MOMENT, bought) is None
    assert life.read(NOW + 30 * DAY, bought) == "give"


def test_every_is_the_view_that_brings_the_count_to_a_multiple():
    """The third and the sixth; sent twice it shows its prompt again."""
    life = Life('every = { meter = "heard", views = 3 }\ninstead = "bar"')
    assert ["bar", "bar", "give", "bar", "bar", "give"] == [life.read() for _ in range(6)]
    assert "bar" == life.read(name="v7")
    assert "bar" == life.read(name="v8")
    life.read()
    assert "give" == life.read(name=None)
    life = Life('every = { meter = "heard", views = 1 }')
    assert ["give", "give", None] == [life.read(name=name) for name in ("v", "v", "w")]


def test_a_group_counts_the_showings_and_closings_of_all():
    """Each by its own numbers; one without any is always shown, and counted."""
    two = 'at_most = { times = 2, window = { calendar = "day" } }\ngroup = "asks"'
    life = Life(two + '\nquiet_after = { closed = "1 day" }', 'group = "asks"')
    assert ["bar", "give", None] == [life.read(section="letters"), life.read(), life.read()]
    assert life.read(section="letters") == "bar"
    life.usage = close(life.policy, Usage(), "bar", NOW)
    assert [None, "give"] == [life.read(NOW + DAY - MOMENT), life.read(NOW + DAY)]


def test_a_closing_silences_only_what_asks_for_that():
    """Also one that the clock of another server has written, a little ahead of this one."""
    keys = 'group = "asks"\nat_most = { times = 5, window = { calendar = "day" } }'
    life = Life(keys, 'group = "asks"\nquiet_after = { closed = "7 days" }')
    life.usage = close(life.policy, life.usage, "bar", NOW + timedelta(minutes=5))
    assert (life.read(), life.read(section="letters")) == ("give", None)


def test_what_must_be_remembered_is_not_given_to_nobody():
    """A prefetch and a reader without an id get what stands in, and leave nothing."""
    life = Life('once = true\ninstead = "bar"')
    assert "bar" == life.read(reader=Reader(id=None))
    assert "bar" == life.read(prefetch=True)
    assert life.usage.shown == {}
    assert "give" == life.read()


def test_a_condition_asks_how_often_it_was_shown():
    """Before this view, and no more than the cap of its longest window says."""
    rule = (
        '[[rules]]\nname = "twice"\nwhen = { seen = { give = { at_least = 2 } } }\nshow = "article"'
    )
    life = Life('at_most = { times = 2, window = { rolling = "7 days" } }', rules=rule)
    assert ["give", "give", None] == [life.read() for _ in range(3)]
    assert life.read(NOW + 7 * DAY) == "give"


def test_a_clock_that_steps_back_finds_what_was_shown():
    """Another server is an hour behind; a clock a year ahead keeps nothing back."""
    life = Life('at_most = { times = 1, window = { calendar = "day" } }')
    midnight = datetime(2026, 6, 2, tzinfo=UTC)
    assert ["give", None] == [life.read(midnight), life.read(midnight - timedelta(hours=1))]
    life = Life('at_most = { times = 1, window = { calendar = "day" } }')
    assert ["give", "give", None] == [life.read(NOW + 365 * DAY), life.read(NOW), life.read(NOW)]


def test_a_sign_in_brings_what_was_shown_and_closed():
    """Of what either has, as far as it still counts; twice is once."""
    keys = 'at_most = { times = 1, window = { calendar = "day" } }'
    life = Life(keys + '\nquiet_after = { closed = "2 days" }')
    life.read()
    device = close(life.policy, life.usage, "give", NOW)
    account = join(life.policy, device, Usage(), NOW)
    assert (account.shown, account.closed) == (device.shown, device.closed)
    assert join(life.policy, device, account, NOW) is account
    late = join(life.policy, device, Usage(), NOW + DAY)
    assert (late.shown, late.closed) == ({}, device.closed)


def test_a_sign_in_brings_what_was_closed_by_the_clock_of_another_server():
    """Closed five seconds ago, by a clock that is a minute ahead of the one that joins."""
    policy = Life('quiet_after = { closed = "7 days" }').policy
    device = close(policy, Usage(), "give", NOW + timedelta(seconds=55))
    account = join(policy, device, Usage(), joined_at(policy, device, NOW), clock=NOW)
    assert account.closed == device.closed
    wrong = close(policy, Usage(), "give", NOW + 2 * DAY)
    assert joined_at(policy, wrong, NOW) == NOW


def test_what_is_remembered_of_prompts_is_the_third_version():
    """Without any of it the bytes are those of before."""
    usage = Usage().starting("summer")
    assert [b"1", b"2"] == [Usage().to_bytes()[:1], usage.to_bytes()[:1]]
    life = Life("once = true")
    life.read()
    both = close(life.policy, life.usage, "give", NOW)
    raw = both.closing("give", 5).starting("summer").to_bytes()
    assert raw[:1] == b"3"
    assert Usage.from_bytes(raw).to_bytes() == raw


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("at_most = { times = 0, window = { lifetime = true } }", "bad-times"),
        ('every = { meter = "herd", views = 5 }', "unknown-meter"),
        ('once = true\ninstead = "bra"', "unknown-prompt"),
        ('once = true\ninstead = "give"', "circular-instead"),
        ('instead = "bar"', "idle-instead"),
        ("quiet_after = {}", "empty-quiet"),
        ('quiet_after = { bought = "7 days" }', "unknown-key"),
        ('once = true\ninstead = "registration-wall"', "unknown-prompt"),
        ("once = true\n[prompts.registration-wall]\nonce = true", "bad-name"),
        ("once = true\n[prompts.sponsored]", "bad-name"),
    ],
)
def test_what_cannot_be_is_told(keys, code):
    """Each with its code, and a name that is near."""
    with pytest.raises(PolicyError) as caught:
        Life(keys)
    assert [code] == [problem.code for problem in caught.value.problems]
