"""Does an explanation say what a product manager needs, in their words?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from meter import Article, Entitlement, PageView, Reader, Usage, decide, explain, loads_policy
from meter.engine import close
from meter.explanation import AskedView, clause, code_words, value_words, why_not
from meter.formulas import In, Or
from meter.formulas.translation import formula_of
from meter.policy import Dates, Lengths, When
from meter.vocabulary import Members, Range

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
POLICY = loads_policy("""
[publication]
name = "The Harbour Review"
[meters.monthly]
window = { calendar = "month" }
limit = 3
[offers.summer]
price = 9
currency = "USD"
term = "3 months"
starts = 2026-06-01
ends = 2026-06-30
[[rules]]
name = "likely to buy"
when = { score = { at_least = 0.2, below = 0.8 }, tags = { all = ["a", "b"], none = ["c"] } }
show = "trial-offer"
offer = "summer"
[[rules]]
name = "phones at night"
when = { any = [ { device = ["phone"] }, { gift = true } ], left = { monthly = { at_most = 1 } } }
spend = "monthly"
show = "article"
[[rules]]
name = "taste"
when = { access = ["metered"] }
spend = "monthly"
show = "countdown"
[[rules]]
name = "everyone else"
show = "trial-offer"
offer = "summer"
""")


def told(page: PageView, reader: Reader, usage: Usage = Usage(), now: datetime = NOW) -> list[str]:  # noqa: B008
    return explain(decide(POLICY, reader, page, usage, now)[0]).splitlines()


def test_tells_what_matched_and_why_the_rules_before_did_not():
    """The whole of an explanation."""
    view = PageView(article=Article(id="a", tags=["a"]), device="desktop")
    assert told(view, Reader(id="r", score=0.5)) == [
        "shows `countdown` (the whole article) by rule `taste`",
        (
            "  meter `monthly`: 1 of 3 used, 2 left; this view counted one, more from"
            " 2026-07-01T00:00:00+00:00"
        ),
        "  matched: the article's access is `metered`",
        "  not rule 1 `likely to buy`: the tags do not include `b`",
        "  not rule 2 `phones at night`: what is left of `monthly` is above 1, not at most 1",
    ]


def test_tells_why_no_alternative_holds():
    """Each of them."""
    usage = Usage()
    for name in ("x", "y"):
        usage = decide(POLICY, Reader(id="r"), PageView(article=Article(id=name)), usage, NOW)[1]
    lines = told(PageView(article=Article(id="a"), device="desktop"), Reader(id="r"), usage)
    why = "the device is none of those named in the policy, not `phone`"
    why += "; no gift link brought the reader here"
    assert f"  not rule 2 `phones at night`: {why}" == lines[-1]


@pytest.mark.parametrize(
    ("article", "why"),
    [
        (Article(id="a", section="markets/asia"), "the section is `markets`, which is left out"),
        (Article(id="a"), "the section is not known"),
    ],
)
def test_tells_what_was_left_out_and_what_is_not_known(article, why):
    """No negation of a negation, and what is missing is only missing."""
    rules = [
        evolve(POLICY.rules[2], name="rest", when=When(not_=When(section=["markets"]))),
        POLICY.rules[-1],
    ]
    policy = evolve(POLICY, rules=rules)
    decision, _ = decide(policy, Reader(id="r"), PageView(article=article), Usage(), NOW)
    assert f"  not rule 1 `rest`: {why}" == explain(decision).splitlines()[-1]


def test_tells_which_side_of_an_offer_is_missing():
    """An offer that is over is left out, and the wall says so."""
    lines = told(
        PageView(article=Article(id="a", access="premium")),
        Reader(id="r"),
        now=datetime(2026, 7, 1, tzinfo=UTC),
    )
    assert lines[:2] == [
        "shows `subscription-wall` (a preview) by rule `everyone else`",
        (
            "  offer `summer` is left out: the date is from 2026-07-01 on, not from 2026-06-01"
            " until 2026-06-30"
        ),
    ]
    assert lines[-1] == "  not rule 3 `taste`: the article's access is `premium`, not `metered`"


OFFERED = """
[offers.plain]
kind = "subscription"
price = 9
currency = "USD"
term = "1 month"
[offers.back]
kind = "subscription"
price = 5
currency = "USD"
term = "1 month"
ends = 2026-09-30
once = true
when = { any = [{ country = ["JP"] }, { segments = ["student"] }] }
[offers.hot]
kind = "subscription"
price = 4
currency = "USD"
term = "1 month"
lasts = "3 days"
"""
BACK = (
    "  offer `back` is given: the date is before 2026-10-01 and the country is `JP` and the offers"
    " started before do not include `back`"
)
PLAIN = "  offer `plain` is given: it runs, and is for every reader"
NOT_BACK = (
    "  offer `back` is left out: the country is not known; the segments do not include `student`"
)
HOT = "  offer `hot` is given: it runs, and is for every reader"


@pytest.mark.parametrize(
    ("gives", "country", "says"),
    [
        ('offer = ["back", "plain", "hot"]', "JP", [BACK]),
        ('offer = ["back", "plain", "hot"]', None, [NOT_BACK, PLAIN]),
        ('offers = ["back", "plain", "hot"]', "JP", [BACK, PLAIN, HOT]),
        ('offers = ["hot", "back"]', None, [HOT, NOT_BACK]),
    ],
)
def test_tells_which_offer_is_given_and_why(gives, country, says):
    """That it runs and is for this reader; of a list, nothing of those behind the one given."""
    rule = f'[[rules]]\nname = "everyone"\nshow = "wall"\n{gives}\n'
    policy = loads_policy(f'[publication]\nname = "x"\n{OFFERED}{rule}')
    reader = Reader(id="r", country=country)
    decision, _ = decide(policy, reader, PageView(article=Article(id="a")), Usage(), NOW)
    lines = [line for line in explain(decision).splitlines() if line.startswith("  offer `")]
    assert says == [line for line in lines if " is over for this reader " not in line]


def test_tells_what_of_several_things_matched():
    """Everything that was asked; of a group, the part that holds."""
    lines = told(PageView(article=Article(id="a", tags=["a", "b"])), Reader(id="r", score=0.5))
    parts = [
        "the tags include `a`",
        "the tags include `b`",
        "the tags do not include `c`",
        "the score is between 0.2 and 0.8",
    ]
    assert "  matched: " + " and ".join(parts) == lines[1]
    usage = decide(POLICY, Reader(id="r"), PageView(article=Article(id="x")), Usage(), NOW)[1]
    lines = told(PageView(article=Article(id="a"), gift=True), Reader(id="r"), usage)
    found = "what is left of `monthly` is 1 and a gift link brought the reader here"
    assert lines[2] == f"  matched: {found}"


def test_tells_that_a_decision_was_made_without_the_count():
    """A degraded decision says so."""
    decision = decide(POLICY, Reader(id="r"), PageView(article=Article(id="a")), Usage(), NOW)[0]
    assert (
        "  the store did not answer in time; decided without the count"
        in explain(evolve(decision, degraded=True)).splitlines()
    )


def test_tells_where_a_number_lies():
    """The interval it is in, against the one asked for."""
    lines = told(
        PageView(article=Article(id="a", access="premium", tags=["a", "b"])),
        Reader(id="r", score=0.9),
    )
    assert (
        "  not rule 1 `likely to buy`: the score is above 0.8, not at least 0.2 and below 0.8"
        in lines
    )


def test_tells_why_a_spending_rule_was_passed_over():
    """Nothing is left, or a premium article is never read on an allowance."""
    policy = loads_policy("""
[publication]
name = "x"
[meters.monthly]
window = { lifetime = true }
limit = 0
[[rules]]
name = "taste"
spend = "monthly"
show = "countdown"
[[rules]]
name = "rest"
show = "subscription-wall"
""")
    blocked, premium = (
        explain(
            decide(
                policy,
                Reader(id="r"),
                PageView(article=Article(id="a", access=access)),
                Usage(),
                NOW,
            )[0]
        ).splitlines()
        for access in ("metered", "premium")
    )
    assert blocked[1] == "  meter `monthly`: 0 of 0 used, 0 left; this view counted nothing"
    assert blocked[2] == "  not rule 1 `taste`: the limit of `monthly` is 0 for this reader"
    free = explain(
        decide(
            policy, Reader(id="r"), PageView(article=Article(id="a", access="free")), Usage(), NOW
        )[0]
    ).splitlines()
    assert free[1:] == [
        "  the article is free: it is read without an allowance, and counts nothing"
    ]
    assert premium[1:] == [
        "  not rule 1 `taste`: it spends, and `monthly` is not for premium articles"
    ]


VOCABULARY_POLICY = evolve(
    POLICY,
    rules=[
        evolve(POLICY.rules[2], name=f"rule {n}", when=when)
        for n, when in enumerate(
            [
                When(score=Range(equals=0.5)),
                When(score=Range(below=0.2)),
                When(age=Lengths(at_least="7 days")),
                When(age=Lengths(above="1 day")),
                When(segments=Members(any=["loyal"])),
                When(product=["digital"]),
                When(section=["markets"]),
                When(crawler=True),
                When(dates=Dates(from_=date(2026, 1, 1), until=date(2026, 1, 31))),
                When(left={"monthly": Range(at_most=1)}),
            ]
        )
    ]
    + [POLICY.rules[-1]],
)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When(reader=["trial", "staff"]), "the reader's status is `trial` or `staff`"),
        (
            When(reader=["trial", "staff", "anonymous"]),
            "the reader's status is `anonymous`, `trial` or `staff`",
        ),
        (When(not_=When(section=["markets"])), "the section is other than `markets`"),
        (When(score=Range(equals=0.5)), "the score is 0.5"),
        (When(score=Range(below=0.2)), "the score is below 0.2"),
        (When(not_=When(score=Range(below=0.2))), "the score is at least 0.2"),
        (
            When(not_=When(score=Range(equals=0.5))),
            "the score is below 0.2, 0.2, between 0.2 and 0.5 or above 0.5",
        ),
        (When(age=Lengths(above="1 day")), "the article's age is above 1 day"),
        (When(not_=When(age=Lengths(above="1 day"))), "the article's age is at most 1 day"),
        (
            When(age=Lengths(at_least="1 day", at_most="7 days")),
            "the article's age is at least 1 day and at most 7 days",
        ),
        (When(segments=Members(none=["loyal"])), "the segments do not include `loyal`"),
        (When(crawler=True), "a verified crawler asks"),
        (When(crawler=False), "no verified crawler asks"),
        (
            When(any=[When(crawler=True), When(product=["digital"])]),
            "either a verified crawler asks or the products include `digital`",
        ),
        (When(), "anything goes"),
        (When(not_=When()), "nothing can match"),
        (When(left={"monthly": Range(at_most=1)}), "what is left of `monthly` is at most 1"),
        (
            When(dates=Dates(from_=date(2026, 1, 1), until=date(2026, 1, 31))),
            "the date is from 2026-01-01 until 2026-01-31",
        ),
        (When(dates=Dates(until=date(2026, 1, 31))), "the date is before 2026-02-01"),
        (When(dates=Dates(from_=date(2026, 1, 1))), "the date is from 2026-01-01 on"),
        (When(not_=When(dates=Dates(from_=date(2026, 1, 1), until=date(2026, 1, 31)))), None),
        (When(score=Range(at_least=0.2, at_most=0.5)), "the score is at least 0.2 and at most 0.5"),
    ],
)
def test_a_condition_in_words(when, expected):
    """What a rule asks for, as it would be said."""
    vocabulary = VOCABULARY_POLICY.rulebook.vocabulary
    said = clause(formula_of(when, vocabulary, VOCABULARY_POLICY, ["monthly"]), vocabulary)
    if expected is None:
        stretches = [
            "from 2026-02-01 until 2026-05-31",
            "from 2026-06-01 until 2026-06-30 or from 2026-07-01 on",
        ]
        expected = ", ".join(["the date is before 2026-01-01", *stretches])
    assert expected == said


def test_a_time_of_day_is_told_as_it_was_written():
    """An offer that ends at six in the evening is not over the whole day.

    A whole day is told by its date, in the zone.
    """
    ends = datetime(2026, 6, 30, 18)  # noqa: DTZ001
    publication = evolve(POLICY.publication, timezone="Asia/Tokyo")
    policy = evolve(
        POLICY,
        publication=publication,
        offers=[evolve(POLICY.offers[0], starts=date(2026, 6, 1), ends=ends)],
    )
    decision, _ = decide(
        policy,
        Reader(id="r"),
        PageView(article=Article(id="a", access="premium")),
        Usage(),
        datetime(2026, 6, 30, 9, tzinfo=UTC),
    )
    why = "the date is from 2026-06-30 18:00 on, not from 2026-06-01 and before 2026-06-30 18:00"
    assert f"  offer `summer` is left out: {why}" == explain(decision).splitlines()[1]


def test_no_referrer_at_all_has_words():
    """Somebody who typed the address came from nowhere."""
    policy = evolve(
        POLICY,
        rules=[evolve(POLICY.rules[2], when=When(referrer=["google.com", ""])), POLICY.rules[-1]],
    )
    direct, search, other = (
        explain(
            decide(
                policy,
                Reader(id="r"),
                PageView(article=Article(id="a"), referrer=referrer),
                Usage(),
                NOW,
            )[0]
        ).splitlines()
        for referrer in ("", "https://news.google.com/", "https://example.com")
    )
    assert [direct[2], search[2]] == [
        "  matched: the referrer is none at all",
        "  matched: the referrer is `google.com`",
    ]
    assert other[2:] == [
        (
            "  not rule 1 `taste`: the referrer is none of those named in the policy, not none at"
            " all or `google.com`"
        )
    ]


def test_nothing_left_is_not_no_allowance():
    """Whoever has read it all is told so."""
    usage = Usage()
    for name in ("x", "y", "z"):
        usage = decide(POLICY, Reader(id="r"), PageView(article=Article(id=name)), usage, NOW)[1]
    assert "  not rule 3 `taste`: nothing is left of `monthly`" in told(
        PageView(article=Article(id="a")), Reader(id="r"), usage
    )


def test_every_code_has_words():
    """No code of any slot is left without a word for it, missing and unmentioned ones included."""
    policy = VOCABULARY_POLICY
    for slot in policy.rulebook.vocabulary.slots:
        for code in slot.codes():
            value = frozenset({code}) if slot.kind == "set" else code
            assert value_words(slot, value, policy.zone)
    slots = {slot.name: slot for slot in policy.rulebook.vocabulary.slots}
    assert (
        value_words(slots["open"], True, policy.zone) == "the allowance of `monthly` is not spent"  # noqa: FBT003
    )
    assert (
        value_words(slots["segments"], frozenset(), policy.zone)
        == "the segments include none of those named"
    )
    assert code_words(slots["score"], None, policy.zone) == "not known"


def test_says_that_nothing_can_match():
    """An empty group of alternatives."""
    vocabulary = POLICY.rulebook.vocabulary
    assert why_not(Or(()), (), vocabulary) == "nothing can match it"
    assert clause(In(0, frozenset()), vocabulary) == "the reader's status is nothing"


def test_a_subscriber_is_told_of_no_count():
    """A decision without a meter has one line, and those of the rules before it."""
    reader = Reader(id="r", entitlements=[Entitlement(kind="subscription")])
    policy = loads_policy('[publication]\nname = "x"\n[[rules]]\nname = "all"\nshow = "article"\n')
    decision, _ = decide(policy, reader, PageView(article=Article(id="a")), Usage(), NOW)
    assert explain(decision) == "shows `article` (the whole article) by rule `all`"


ASKS = loads_policy("""
[publication]
name = "Harbour Radio"
timezone = "America/Chicago"
[meters.heard]
window = { rolling = "28 days" }
limit = "none"
counts = {}
[prompts.give]
heading = "Give"
at_most = { times = 1, window = { calendar = "day" } }
every = { meter = "heard", views = 2 }
quiet_after = { closed = "7 days", purchase = "30 days" }
instead = "bar"
[prompts.bar]
heading = "You can give too"
once = true
[experiments.price]
seed = "price-test"
variants = { control = 0.5, nine = 0.5 }
when = { section = ["markets"] }
[[rules]]
name = "dear"
when = { experiment = { price = ["nine"] }, access = ["premium"] }
show = "subscription-wall"
[[rules]]
name = "open"
show = "article"
prompt = "give"
""")


def campaign(usage, number, *, at, reader=None, about="kept back", **article):
    """Return what is said about something for one view, and the usage after it."""
    reader = reader or Reader(id="r", visitor="v1")
    view = PageView(article=Article(id=f"a{number}", **article), id=f"v{number}")
    decision, after = decide(ASKS, reader, view, usage, at)
    text = explain(decision, asked=AskedView(reader, view, usage))
    lines = [line.strip() for line in text.splitlines()]
    return [one for one in lines if about in one], after


def test_tells_why_a_prompt_was_kept_back_and_what_came():
    """Not a multiple, its cap, a closing, a purchase; what stands in may be kept back too."""
    first, usage = campaign(Usage(), 1, at=NOW)
    assert first == [
        (
            "the prompt `give` is kept back: this view brings `heard` to 1, and it comes at"
            " multiples of 2; `bar` is shown instead"
        ),
    ]
    second, usage = campaign(usage, 2, at=NOW)
    assert second == []
    third, usage = campaign(usage, 3, at=NOW)
    assert third == [
        (
            "the prompt `give` is kept back: shown once (at most once each calendar day), again"
            " from 2026-06-11T00:00:00-05:00; `bar` would be shown instead"
        ),
        (
            "the prompt `bar` is kept back: shown once (at most once ever), never again; nothing is"
            " shown instead"
        ),
    ]
    usage = close(ASKS, usage, "give", NOW)
    bought = Reader(id="r", entitlements=[Entitlement(kind="subscription", starts=NOW)])
    fourth, _ = campaign(usage, 4, at=NOW, reader=bought)
    assert fourth[0].split("; ")[0] == (
        "the prompt `give` is kept back: it was closed at 2026-06-10T07:00:00-05:00, again from"
        " 2026-06-17T07:00:00-05:00, and a right began at 2026-06-10T07:00:00-05:00, again from"
        " 2026-07-10T07:00:00-05:00, and shown once (at most once each calendar day),"
        " again from 2026-06-11T00:00:00-05:00"
    )
    nobody, _ = campaign(Usage(), 1, at=NOW, reader=Reader(id=None))
    assert nobody[0].startswith(
        "the prompt `give` is kept back: the reader has no id, so nothing can be remembered; "
    )


def test_a_closing_is_no_reason_for_a_prompt_that_is_not_silent_after_one():
    """Another of its group is; the clock of another server may be a little ahead."""
    policy = loads_policy(
        'publication.name = "x"\n'
        '[prompts.give]\nheading = "Give"\ngroup = "asks"\nonce = true\n'
        '[prompts.bar]\nheading = "Bar"\ngroup = "asks"\nquiet_after = { closed = "7 days" }\n'
        '[[rules]]\nname = "open"\nshow = "article"\nprompt = "give"\n'
    )
    view = PageView(article=Article(id="a"), id="v")
    reader = Reader(id="r")
    _, usage = decide(policy, reader, evolve(view, id="earlier"), Usage(), NOW)
    usage = close(policy, usage, "bar", NOW + timedelta(minutes=5))
    decision, _ = decide(policy, reader, view, usage, NOW)
    assert (
        "the prompt `give` is kept back: its group was shown once (at most once ever), never again;"
    ) in explain(decision, asked=AskedView(reader, view, usage))


def test_tells_who_is_in_which_variant_by_which_id():
    """Exposed, not exposed where all variants come to the same, not for this view, in none."""
    told = {}
    for access, section in [("premium", "markets"), ("free", "markets"), ("premium", "news")]:
        found, _ = campaign(Usage(), 1, at=NOW, access=access, section=section, about="experiment")
        told[access, section] = found[-1]
    name = "experiment `price`"
    assert told == {
        ("premium", "markets"): f"exposed to {name} in variant `control` by the visitor's id:"
        " another variant would have got something else here",
        ("free", "markets"): f"{name}: in variant `control` by the visitor's id, not exposed: every"
        " variant would have got the same here",
        ("premium", "news"): f"{name}: in variant `control` by the visitor's id, not exposed: it is"
        " not for this reader and page view",
    }
    nowhere, _ = campaign(Usage(), 1, at=NOW, reader=Reader(id="r"), about="experiment")
    assert nowhere[-1] == f"{name}: in no variant, not exposed: the reader has no id of a visitor"


def test_tells_an_id_that_is_in_no_variant_from_a_reader_without_one():
    """The site did not say who that is, or the experiment leaves the id out."""
    policy = loads_policy(
        'publication.name = "x"\n[experiments.price]\nseed = "p"\nunit = "reader"\n'
        "variants = { control = 0.5, nine = 0.5 }\ncoverage = 0\n"
        '[[rules]]\nname = "nine"\nwhen = { experiment = { price = ["nine"] } }\nshow = "article"\n'
        '[[rules]]\nname = "open"\nshow = "article"\n'
    )
    view = PageView(article=Article(id="a"))
    told = [
        explain(decide(policy, Reader(id=name), view, Usage(), NOW)[0]).splitlines()[1].strip()
        for name in ("r", None)
    ]
    name = "experiment `price`: in no variant"
    assert told == [
        f"{name} by the reader's id, not exposed: nobody in no variant is",
        f"{name}, not exposed: the reader has no id",
    ]
