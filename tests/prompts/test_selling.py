"""What a prompt says of what lies ahead: an account, free reading again, the price afterwards."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from attrs import evolve

from meter import (
    Article,
    Meter,
    PageView,
    Policy,
    Reader,
    Rule,
    Usage,
    Window,
    decide,
    loads_policy,
    render,
)
from meter.policy import Limit, When
from meter.policy.offers import Then
from tests.prompts.markup import read
from tests.prompts.staging import NOW, PREMIUM, Stage, make_offer, make_policy

LIMITS = {"anonymous": 3, "registered": 5}
MORE = "5 free articles a month instead of 3"


def lines(policy, count, *, registered=False, locale="en"):
    """What a reader is told at the article number `count`."""
    return read(render(Stage(policy).read(count, registered=registered), locale=locale)).lines


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_whoever_has_one_left_or_none_is_told_what_an_account_gives(count):
    """With the way to one; at a registration wall it is a benefit. Whoever has more is not told."""
    said = lines(make_policy(limit=LIMITS), count)
    assert (f"With an account: {MORE}" in said) == (count in (2, 3))
    assert (MORE in said) == (count == 4)
    assert ("Create an account" in said) == (count > 1)
    assert not any(
        "instead of" in line
        for line in lines(make_policy(limit=LIMITS), count + 1, registered=True)
    )


@pytest.mark.parametrize(
    ("limits", "window", "said"),
    [
        ({"anonymous": 3, "registered": 3}, Window(calendar="month"), None),
        ({"anonymous": 3, "registered": 2}, Window(calendar="month"), None),
        ({"registered": 5}, Window(calendar="month"), "5 free articles a month"),
        ({"registered": 1}, Window(calendar="day"), "1 free article a day"),
        (LIMITS, Window(calendar="week"), "5 free articles a week instead of 3"),
        (LIMITS, Window(rolling="30 days"), "5 free articles in any 30 days instead of 3"),
        (LIMITS, Window(rolling="1 day"), "5 free articles in any 24 hours instead of 3"),
        (LIMITS, Window(rolling="36 hours"), "5 free articles in any 36 hours instead of 3"),
        (LIMITS, Window(fixed="2 days"), "5 free articles instead of 3"),
        (LIMITS, Window(lifetime=True), "5 free articles instead of 3"),
        (
            {"anonymous": 3, "registered": "none"},
            Window(calendar="month"),
            "Unlimited free articles",
        ),
    ],
)
def test_what_an_account_gives_is_what_the_meter_does(limits, window, said):
    """In the words of its window, and only where it is more."""
    wall = lines(make_policy(limit=limits, window=window), 4)
    assert wall[0] == "Register to continue reading"
    gained = [line for line in wall if "free article" in line and "have read" not in line]
    assert gained == ([] if said is None else [said])


def test_an_account_that_gives_as_much_is_not_praised():
    """Also while there is something left."""
    policy = make_policy(limit={"anonymous": 3, "registered": 3})
    assert not any("account" in line for line in lines(policy, 2))


def test_an_account_that_gives_all_is_told_with_one_left():
    """In a sentence of its own."""
    said = lines(make_policy(limit={"anonymous": 3, "registered": "none"}), 2)
    assert "With an account: unlimited free articles" in said


def test_a_noun_is_counted_in_its_own_words():
    """And where a language has none for it, nothing is said."""
    base = make_policy(limit=LIMITS)
    policy = evolve(base, meters=[evolve(base.meters[0], noun="recipe")])
    assert "5 free recipes a month instead of 3" in lines(policy, 4)
    unlimited = evolve(
        policy, meters=[evolve(policy.meters[0], limit={"anonymous": 3, "registered": "none"})]
    )
    assert "With an account: unlimited free recipes" in lines(unlimited, 3)


def test_a_limit_is_that_of_the_very_reader():
    """An account is judged with the reader's own segments, country and score."""
    limits = [
        Limit(when=When(reader=["registered"], segments=["student"]), limit=9),
        Limit(when=When(reader=["registered"]), limit=5),
        Limit(when=When(), limit=3),
    ]
    policy = make_policy()
    policy = evolve(
        policy, meters=[Meter(name="monthly", window=Window(calendar="month"), limits=limits)]
    )
    for segments, given in (((), 5), (("student",), 9)):
        reader = Reader(id="r", segments=segments)
        usage = Usage()
        for number in range(3):
            view = PageView(article=Article(id=f"a{number}"))
            decision, usage = decide(policy, reader, view, usage, NOW)
        assert (
            f"With an account: {given} free articles a month instead of 3"
            in read(render(decision)).lines
        )


def test_a_wall_that_an_account_would_not_open_does_not_tell_of_one():
    """Premium stays closed; where the account's meter is for it, it is told."""
    policy = make_policy(limit=LIMITS)
    decision = Stage(policy).view(PREMIUM, registered=False)
    strangers = evolve(policy, rules=[rule for rule in policy.rules if rule.name != "strangers"])
    assert decision.show == "registration-wall"
    walled = Stage(strangers).view(PREMIUM, registered=False)
    assert walled.show == "subscription-wall"
    assert not any("account:" in line for line in read(render(walled)).lines)
    metered = Stage(strangers).read(4, registered=False)
    assert metered.show == "subscription-wall"
    assert f"With an account: {MORE}" in read(render(metered)).lines


@pytest.mark.parametrize(("daily", "is_told"), [(1, False), (9, True)])
def test_a_wall_that_another_meter_keeps_closed_does_not_tell_of_an_account(daily, is_told):
    """Today nothing is left for anybody; a day's limit that is not reached yet stops nobody."""
    base = make_policy(limit={"anonymous": 1, "registered": 5})
    meters = [*base.meters, Meter(name="daily", window=Window(calendar="day"), limit=daily)]
    both = Rule(name="both", spend=["daily", "monthly"], show="countdown")
    rules = [both, Rule(name="rest", show="subscription-wall")]
    said = lines(evolve(base, meters=meters, rules=rules), 2)
    told = "With an account: 5 free articles a month instead of 1" in said
    assert told == is_told


TWO_METERS = """
[publication]
name = "H"

[meters.visitors]
window = {{ calendar = "{window}" }}
limit = 2

[meters.members]
window = {{ calendar = "month" }}
limit = 6

[[rules]]
name = "members"
when = {{ reader = ["registered"] }}
spend = "members"
show = "countdown"

[[rules]]
name = "visitors"
when = {{ reader = ["anonymous"] }}
spend = "visitors"
show = "countdown"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


@pytest.mark.parametrize(("window", "is_told"), [("month", True), ("week", False)])
def test_two_meters_are_compared_where_their_windows_are_the_same(window, is_told):
    """Two a week are neither more nor less than six a month."""
    said = lines(loads_policy(TWO_METERS.format(window=window)), 2)
    assert ("With an account: 6 free articles a month instead of 2" in said) == is_told


FIRST_OF_ALL = """
[publication]
name = "H"

[meters.monthly]
window = {{ calendar = "month" }}
limits = [
  {{ when = {{ reader = ["registered"]{more} }}, limit = 4 }},
  {{ when = {{ reader = ["registered"] }}, limit = 2 }},
  {{ limit = 0 }},
]

[[rules]]
name = "register first"
when = {{ reader = ["anonymous"] }}
show = "registration-wall"

[[rules]]
name = "sports"
when = {{ section = ["sports"] }}
show = "article"

[[rules]]
name = "monthly"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


@pytest.mark.parametrize(
    ("more", "told"), [("", ["4 free articles a month"]), (', country = ["JP"]', [])]
)
def test_a_wall_by_status_alone_tells_what_everyone_gets(more, told):
    """Nothing else was looked at for it: an allowance that hangs on more is not promised."""
    said = lines(loads_policy(FIRST_OF_ALL.format(more=more)), 1)
    assert [line for line in said if "free article" in line] == told


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Window(calendar="month"), "Or come back on July 1st"),
        (Window(calendar="year"), "Or come back on January 1st, 2027"),
        (Window(rolling="30 days"), "Or come back on July 10th"),
        (Window(rolling="6 hours"), "Or come back today at 11:50\u202fPM"),
        (Window(fixed="2 days"), None),
        (Window(lifetime=True), None),
    ],
)
def test_a_wall_of_a_used_up_meter_says_when_one_reads_again(window, said):
    """By the day, or the time where it is today; a fixed window's count says it already."""
    policy = make_policy(limit=1, window=window)
    usage = Usage()
    for minutes in (-10, 0):
        at = NOW + timedelta(minutes=minutes)
        view = PageView(article=Article(id=f"a{minutes}"))
        decision, usage = decide(policy, Reader(id="r"), view, usage, at)
    found = [line for line in read(render(decision)).lines if line.startswith("Or come back")]
    assert found == ([] if said is None else [said])


def test_nobody_is_told_to_come_back_where_that_opens_nothing():
    """A premium article, a limit of nothing, a wall that asks whether another meter is empty."""
    stage = Stage(make_policy(limit=1))
    decisions = [
        stage.view(PREMIUM),
        Stage(make_policy(limit=0)).read(1),
        stage.read(1),
    ]
    policy = make_policy(limit=1)
    asks = Rule(
        name="premium",
        when=When(access=["premium"], exhausted=["monthly"]),
        show="subscription-wall",
    )
    policy = evolve(policy, rules=[asks, *policy.rules])
    _, usage = decide(policy, Reader(id="r"), PageView(article=Article(id="a")), Usage(), NOW)
    decisions.append(decide(policy, Reader(id="r"), PREMIUM, usage, NOW)[0])
    assert decisions[-1].rule == "premium"
    assert decisions[-1].meter.left == 0
    assert not any("come back" in render(decision) for decision in decisions)


def test_an_offer_says_what_it_costs_afterwards_and_that_it_renews():
    """Below its button, and as fine print; without a price afterwards, neither."""
    stage = Stage(make_policy(offer=make_offer(then=Then(price=19, per="month"))))
    said = read(render(stage.read(1))).lines[-4:]
    after = ["Then $19 a month", "Renews automatically until cancelled"]
    assert ["Try 3 months for $9", *after, "See all offers"] == said
    parts = json.loads(render(stage.read(1), format="json"))
    assert ["Offer ends June 30th", *after] == parts["fine_print"]
    assert "Renews" not in render(Stage(make_policy(offer=make_offer())).read(1))


def test_every_offer_is_a_step_away_from_one():
    """Beside a single offer; offers side by side are all there is."""
    one, other = make_offer(), make_offer(name="year", kind="subscription", price=90, term="1 year")
    base = make_policy()
    rules = [Rule(name="all", show="subscription-wall", offers=["summer", "year"])]
    both = Policy(publication=base.publication, offers=[one, other], rules=rules)
    single = Policy(
        publication=base.publication,
        offers=[one],
        rules=[Rule(name="all", show="subscription-wall", offer="summer")],
    )
    for policy, expected in ((single, True), (both, False)):
        page = read(render(decide(policy, Reader(id="r"), PREMIUM, Usage(), NOW)[0]))
        assert ("See all offers" in page.lines) == expected
        assert ("/offers" in page.links) == expected
        assert "/subscribe" in page.links


def test_json_tells_every_part_by_its_role():
    """So that an app can lay it out; what was told before is told still."""
    policy = make_policy(limit=LIMITS, offer=make_offer())
    parts = json.loads(render(Stage(policy).read(2, registered=False), format="json"))
    roles = ("heading", "count", "headline", "pitch", "benefits", "hint", "actions", "fine_print")
    assert [parts[role] for role in roles] == [
        "You have 1 free article left this month",
        "",
        "Exclusive coverage of the harbour cities",
        "Trusted insight from experts who live there",
        [],
        f"With an account: {MORE}",
        [
            {"role": "primary", "label": "Try 3 months for $9", "href": "/subscribe"},
            {"role": "secondary", "label": "See all offers", "href": "/offers"},
            {"role": "secondary", "label": "Create an account", "href": "/register"},
        ],
        ["Offer ends June 30th"],
    ]
    wall = json.loads(render(Stage(policy).read(4, registered=False), format="json"))
    assert "You have read your 3 free articles this month" == wall["count"]
    assert [MORE] == wall["benefits"]
    assert ["primary", "sign-in"] == [action["role"] for action in wall["actions"]]
    label = json.loads(
        render(
            Stage(policy).view(PageView(article=Article(id="s", tags=["sponsored"]))), format="json"
        )
    )
    assert ["about"] == [action["role"] for action in label["actions"]]


def test_a_prompt_is_remembered_with_what_lies_ahead():
    """Two readers alike but for what an account gives them, and two whose return differs."""
    limits = [
        Limit(when=When(reader=["registered"], segments=["student"]), limit=9),
        Limit(when=When(), limit=3),
    ]
    policy = evolve(
        make_policy(),
        meters=[Meter(name="monthly", window=Window(calendar="month"), limits=limits)],
    )
    said = []
    for segments in ((), ("student",), ()):
        usage = Usage()
        for number in range(3):
            view = PageView(article=Article(id=f"a{number}"))
            decision, usage = decide(policy, Reader(id="r", segments=segments), view, usage, NOW)
        said.append("9 free articles" in render(decision))
    assert said == [False, True, False]
