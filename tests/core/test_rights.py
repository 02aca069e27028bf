"""Rights that name what they cover, products, lists of offers, and what is started once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from meter import (
    Article,
    AsyncPaywall,
    Entitlement,
    MeterError,
    PageView,
    Paywall,
    Reader,
    Usage,
    decide,
    explain,
    loads_policy,
    open_store,
)
from meter.engine import expires_at, join, start
from meter.errors import CorruptUsageError
from meter.errors.values import InvalidValueError
from meter.facts.attributes import since
from meter.loading import dumps_policy
from meter.policy import Offer, Product, Then, When
from meter.testing.strategies import usages
from meter.windows import Term

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
VIEW = PageView(article=Article(id="a1"))
LATER = 1_780_000_000_000_000
HEAD = '[publication]\nname = "The Harbour Review"\n'
OFFERS = """
[offers.guest]
price = 0
currency = "USD"
term = "1 day"
once = true
[offers.year]
kind = "subscription"
price = 90
currency = "USD"
term = "1 year"
"""
ONCE = loads_policy(
    f"""{HEAD}{OFFERS}
[[rules]]
name = "wall"
show = "trial-offer"
offer = ["guest", "year"]
"""
)
VIEW = PageView(article=Article(id="a1", section="markets/asia", tags=["live"]))


def offered(usage: Usage, reader: str | None = "r1") -> tuple[str, ...]:
    return decide(ONCE, Reader(id=reader), VIEW, usage, NOW)[0].offers


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "subscription", "article": "a1"}, "right-names"),
        ({"kind": "staff", "tags": ["live"]}, "right-names"),
        ({"kind": "trial", "section": "markets"}, "right-names"),
        ({"kind": "purchase"}, "right-names"),
        ({"kind": "purchase", "tags": []}, "right-names"),
        ({"kind": "purchase", "product": "digital", "article": "a1"}, "right-names"),
        ({"kind": "gift", "section": "/"}, "empty-text"),
        ({"kind": "gift", "article": " "}, "empty-text"),
        ({"kind": "gift", "tags": "live"}, "wrong-type"),
    ],
)
def test_a_right_names_only_what_such_a_one_can(given, code):
    """A purchase names something, and only purchases and gifts may."""
    with pytest.raises(InvalidValueError) as caught:
        Entitlement(**given)
    assert code == caught.value.fault.code


@pytest.mark.parametrize(
    ("right", "covers"),
    [
        ({"article": "a1"}, True),
        ({"article": "a2"}, False),
        ({"section": "markets"}, True),
        ({"section": "/markets/asia/"}, True),
        ({"section": "markets/asia/japan"}, False),
        ({"section": "mark"}, False),
        ({"tags": ["sport", "live"]}, True),
        ({"tags": ["sport"]}, False),
        ({"article": "a2", "section": "markets"}, True),
        ({"section": "sport", "tags": ["sport"]}, False),
    ],
)
def test_a_right_covers_what_any_of_its_names_names(right, covers):
    """An article by its id, a section with all below it, any of some tags."""
    reader = Reader(id="r1", entitlements=[Entitlement(kind="purchase", **right)])
    assert covers is reader.names_at(VIEW.article, 0)


@pytest.mark.parametrize("kind", ["purchase", "gift"])
@pytest.mark.parametrize("ends", [None, NOW - timedelta(days=1)])
@pytest.mark.parametrize("registered", [True, False])
def test_a_right_that_names_something_changes_no_status(kind, ends, registered):
    """Running or ended, it leaves the reader what the reader was, also one who lapsed before."""
    named = Entitlement(kind=kind, article="a1", ends=ends)
    over = Entitlement(kind="subscription", ends=NOW - timedelta(days=9))
    for rights in ([], [over]):
        plain = Reader(id="r1", registered=registered, entitlements=rights)
        buyer = Reader(id="r1", registered=registered, entitlements=[*rights, named])
        at = NOW
        assert plain.status(at) is buyer.status(at)
        lapsed = since("expiry", None)
        assert lapsed(plain, VIEW, LATER) == lapsed(buyer, VIEW, LATER)


@pytest.mark.parametrize("kind", ["group", "gift", "purchase"])
def test_what_was_given_or_bought_leaves_no_status_behind(kind):
    """A group, a gift or a purchase of a product reads like a subscription while it runs."""
    right = Entitlement(kind=kind, product="digital", ends=NOW)
    reader = Reader(id="r1", registered=True, entitlements=[right])
    assert "subscriber" == reader.status(NOW - timedelta(seconds=1))
    assert "registered" == reader.status(NOW)


def test_ids_of_bought_articles_are_compared_as_the_paywall_compares_articles():
    """With `article_ids="path"` a purchase of one address covers the other of the same page."""
    policy = loads_policy(
        HEAD
        + """
[[rules]]
name = "covered"
when = { covered = true }
show = "article"
[[rules]]
name = "wall"
show = "subscription-wall"
"""
    )
    right = Entitlement(kind="purchase", article="https://news.example/a/b?utm=1")
    reader = Reader(id="r1", entitlements=[right])
    view = PageView(article=Article(id="https://m.news.example/a/b"))
    exact = Paywall(policy, open_store("memory://"))
    by_path = Paywall(policy, open_store("memory://"), article_ids="path")
    assert "subscription-wall" == exact.check(reader, view, now=NOW).show
    assert "article" == by_path.check(reader, view, now=NOW).show


def test_writing_and_reading_keeps_products_and_offers():
    """A policy with products, `then`, `once`, lists and offers side by side is written back."""
    text = f"""{HEAD}{OFFERS}
[products.cooking]
opens = {{ any = [ {{ section = ["cooking"] }}, {{ not = {{ access = ["premium"] }} }} ] }}
[products.mail]
opens = "nothing"
[products.all]
[offers.taste]
price = 1
currency = "USD"
term = "4 weeks"
then = {{ price = 19.5, per = "month" }}
[[rules]]
name = "list"
when = {{ covered = false }}
show = "trial-offer"
offer = ["guest", "year"]
[[rules]]
name = "side by side"
show = "trial-offer"
offers = ["taste", "year"]
"""
    policy = loads_policy(text)
    assert policy == loads_policy(dumps_policy(policy))
    assert Then(price="19.5", per=Term.parse("1 month")) == policy.offer("taste").then
    assert Product(name="all", opens=When()) == policy.products[2]


def test_a_list_of_one_is_that_one():
    """`offer = ["summer"]` and `offer = "summer"` are the same policy."""
    rule = '[[rules]]\nname = "wall"\nshow = "trial-offer"\noffer = {}\n'
    one = loads_policy(HEAD + OFFERS + rule.format('"guest"'))
    listed = loads_policy(HEAD + OFFERS + rule.format('["guest"]'))
    assert one.digest == listed.digest


def test_what_is_started_once_is_not_offered_again():
    """The next of the list is, from the next view on; and whoever has no id gets none of it."""
    assert ("guest",) == offered(Usage())
    assert ("year",) == offered(start(ONCE, Usage(), "guest"))
    assert ("year",) == offered(Usage(), None)
    decision, _ = decide(ONCE, Reader(id="r1"), VIEW, start(ONCE, Usage(), "guest"), NOW)
    assert "offer `guest` is left out: the offers started before include `guest`" in explain(
        decision
    )


def test_a_view_that_counts_keeps_what_was_started():
    """The record is written anew, with all of it."""
    policy = loads_policy(
        f"""{HEAD}{OFFERS}
[meters.monthly]
window = {{ calendar = "month" }}
limit = 2
[[rules]]
name = "allowance"
spend = "monthly"
show = "countdown"
offer = ["guest", "year"]
[[rules]]
name = "wall"
show = "subscription-wall"
"""
    )
    usage = start(policy, Usage(), "guest")
    decision, after = decide(policy, Reader(id="r1"), VIEW, usage, NOW)
    assert decision.counted
    assert ("year",) == decision.offers
    assert {"guest"} == after.started
    assert expires_at(policy, after, NOW) is None


def shown(rules: str, *rights: Entitlement, section: str | None = None) -> str:
    """Return the rule that decides for a reader with some rights, where cooking is a product."""
    policy = loads_policy(f'{HEAD}[products.cooking]\nopens = {{ section = ["cooking"] }}\n{rules}')
    view = PageView(article=Article(id="a1", section=section))
    return decide(policy, Reader(id="r1", entitlements=rights), view, Usage(), NOW)[0].rule


COVERED = """
[[rules]]
name = "yes"
when = { covered = true }
show = "article"
[[rules]]
name = "no"
when = { covered = false }
show = "subscription-wall"
[[rules]]
name = "not known"
show = "subscription-wall"
"""


@pytest.mark.parametrize(
    ("product", "section", "rule"),
    [
        ("cooking", "cooking/bread", "yes"),
        ("cooking", "markets", "no"),
        ("cooking", None, "no"),
        ("print", "cooking", "no"),
        (None, "markets", "yes"),
        (None, None, "yes"),
    ],
)
def test_whether_a_right_covers_an_article_is_always_known(product, section, rule):
    """A product opens what it says; what is not known of an article is not opened."""
    right = Entitlement(kind="subscription", product=product)
    assert rule == shown(COVERED, right, section=section)
    negated = COVERED.replace("covered = false", "not = { covered = true }")
    assert rule == shown(negated, right, section=section)


def test_an_offer_that_may_be_started_again_is_not_written():
    """Only what an account starts once is remembered; an offer that is none is an error."""
    usage = Usage()
    assert usage is start(ONCE, usage, "year")
    with pytest.raises(MeterError, match="no offer `gest`; did you mean `guest`"):
        start(ONCE, usage, "gest")


@given(usages(ONCE), usages(ONCE))
def test_what_was_started_is_joined_written_and_never_ends(source, target):
    """A sign-in brings it along, bytes keep it, and such a record has no end."""
    joined = join(ONCE, source, target, NOW)
    assert source.started | target.started == joined.started
    assert joined == Usage.from_bytes(joined.to_bytes())
    assert joined is join(ONCE, source, joined, NOW)
    if joined.started:
        assert expires_at(ONCE, joined, NOW) is None


@given(usages())
def test_where_nothing_was_started_bytes_are_what_they_were(usage):
    """Version 1 is written and read as ever; version 2 of a record without starts is none."""
    raw = usage.to_bytes()
    assert b"1" == raw[:1]
    with pytest.raises(CorruptUsageError):
        Usage.from_bytes(b"2" + raw[1:])
    with pytest.raises(CorruptUsageError):
        Usage.from_bytes(b"2[" + raw[1:] + b",[]]")


@pytest.mark.parametrize(
    "raw", [b'2[{},["b","a"]]', b'2[{},["a","a"]]', b"2[{},[1]]", b'2[{},"a"]', b"2[{}]", b"3{}"]
)
def test_other_bytes_are_corrupt(raw):
    """Names in order, each once, and nothing else."""
    with pytest.raises(CorruptUsageError):
        Usage.from_bytes(raw)


def test_a_paywall_remembers_brings_along_and_forgets_what_was_started():
    """Written in one swap, it goes where the reader signs in, and only with `forget`."""
    paywall = Paywall(ONCE, open_store("memory://"), clock=lambda: NOW)

    def shown(name):
        return paywall.check(Reader(id=name), VIEW).offers

    paywall.started("device", "guest")
    paywall.started("device", "guest")
    assert ("year",) == shown("device")
    assert ("guest",) == shown("account")
    paywall.join("device", "account")
    assert ("year",) == shown("account")
    paywall.forget("account")
    assert ("guest",) == shown("account")
    assert ("year",) == shown("device")


async def _started_and_shown(paywall: AsyncPaywall) -> tuple[str, ...]:
    await paywall.started("r1", "guest")
    decision = await paywall.check(Reader(id="r1"), VIEW, now=NOW)
    return decision.offers


def test_an_awaited_paywall_does_the_same():
    """`AsyncPaywall.started` is `Paywall.started`."""
    paywall = AsyncPaywall(ONCE, open_store("memory://"))
    assert ("year",) == asyncio.run(_started_and_shown(paywall))


def test_an_offer_has_a_price_for_each_term_afterwards():
    """A bare unit is one of it; a price below nothing and a term that is none are refused."""
    assert Term.parse("1 month") == Then(price=19, per="month").per
    with pytest.raises(ValueError, match="term"):
        Then(price=19, per="fortnight")
    offer = Offer(name="a", price=1, currency="USD", term="4 weeks", then=Then(price=2, per="year"))
    assert "1 year" == str(offer.then.per)
