"""Whom a prompt speaks to, and in which direction: sign-in links, and texts from right to left."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from unicodedata import bidirectional

import pytest

from meter import Article, Entitlement, PageView, Policy, Reader, Rule, Usage, decide, render
from meter.policy import Copy, Publication
from meter.prompts.locales import money, name_text
from meter.resources.locales import locale_of
from meter.vocabulary import Show
from tests.prompts.markup import read
from tests.prompts.staging import NOW, Stage, every_state, make_offer, make_policy

OVER = datetime(2026, 5, 1, tzinfo=UTC)
READERS = {
    "anonymous": Reader(id="r"),
    "registered": Reader(id="r", registered=True),
    "trial": Reader(id="r", entitlements=[Entitlement(kind="trial")]),
    "subscriber": Reader(id="r", entitlements=[Entitlement(kind="subscription")]),
    "staff": Reader(id="r", entitlements=[Entitlement(kind="staff")]),
    "trial-expired": Reader(id="r", entitlements=[Entitlement(kind="trial", ends=OVER)]),
    "subscription-expired": Reader(
        id="r", entitlements=[Entitlement(kind="subscription", ends=OVER)]
    ),
}
WALLS = ["registration-wall", "trial-offer", "subscription-wall"]
FSI, LRI, PDI = "\u2068", "\u2066", "\u2069"


def wall(show: str, reader: Reader) -> dict[str, object]:
    """The parts of a wall that everybody meets."""
    policy = Policy(
        publication=Publication(name="H"),
        offers=[make_offer()],
        rules=[Rule(name="all", show=show, offer="summer")],
    )
    view = PageView(article=Article(id="a", access="premium"))
    decision = decide(policy, reader, view, Usage(), NOW)[0]
    parts = {
        form: render(decision, policy, locale="en", format=form)
        for form in ("html", "text", "json")
    }
    return {**parts, "sign_in": json.loads(parts["json"])["sign_in"]}


@pytest.mark.parametrize("status", READERS)
@pytest.mark.parametrize("show", [*WALLS, "trial-expired", "subscription-expired"])
def test_who_is_signed_in_is_not_asked_to_sign_in(show, status):
    """In no format; whoever is anonymous is, on the walls that have the link."""
    said = wall(show, READERS[status])
    asks = status == "anonymous" and show in WALLS
    assert asks == (said["sign_in"] is not None)
    for form in ("html", "text", "json"):
        assert asks == ("Sign in" in said[form])


def test_the_status_is_that_of_the_moment_of_the_decision():
    """One policy and one kind of page: the first to be rendered settles nothing for the next."""
    for _ in range(2):
        assert "Sign in" in wall("subscription-wall", READERS["anonymous"])["text"]
        assert "Sign in" not in wall("subscription-wall", READERS["registered"])["text"]


@pytest.mark.parametrize(
    ("amount", "currency", "language", "said"),
    [
        ("9", "USD", "ar", f"{FSI}\u200f9\u00a0{LRI}US${PDI}{PDI}"),
        ("9.5", "USD", "ar-EG", f"{FSI}\u200f9.50\u00a0{LRI}US${PDI}{PDI}"),
        ("900", "JPY", "ar", f"{FSI}\u200f900\u00a0{LRI}JP¥{PDI}{PDI}"),
        ("9", "EUR", "ar", "\u200f9\u00a0€"),
        ("9", "USD", "he", "\u200f9\u00a0\u200f$"),
        ("9", "AED", "he", f"{FSI}\u200f9\u00a0\u200f{LRI}AED{PDI}{PDI}"),
        ("9", "USD", "en", "$9"),
        ("9", "AED", "en", "AED\u00a09"),
        ("9", "USD", "ja", "$9"),
    ],
)
def test_a_price_stands_apart_from_what_runs_the_other_way(amount, currency, language, said):
    """Its letters keep their order, and so does the sentence around it."""
    assert ascii(said) == ascii(money(Decimal(amount), currency, locale_of(language)))


@pytest.mark.parametrize(
    ("text", "language", "is_isolated"),
    [
        ("The Harbour Review", "ar", True),
        ("مجلة الميناء", "ar", False),
        ("مجلة Review الميناء", "ar", True),
        ("مجلة الميناء", "en", True),
        ("The Harbour Review", "en", False),
        ("2026", "ar", False),
        ("Review\u202e", "ar", True),
        ("\u2067Review\u2069\u2069", "en", False),
        ("", "ar", False),
    ],
)
def test_only_what_runs_the_other_way_is_isolated(text, language, is_isolated):
    """Whichever way the language runs; a name turns no direction beyond its own end."""
    plain = re.sub("[\u202e\u2067\u2069]", "", text)
    whole = plain.replace(" ", "\u00a0")
    expected = f"{FSI}{whole}{PDI}" if is_isolated else plain
    assert expected == name_text(text, locale_of(language))


def outside_of_isolates(text: str) -> str:
    """A text without what is isolated in it."""
    while re.search(f"[{FSI}{LRI}]", text):
        text = re.sub(f"[{FSI}{LRI}][^{FSI}{LRI}{PDI}]*{PDI}", "", text)
    return text


@pytest.mark.parametrize("currency", ["USD", "JPY", "EUR", "AED", "CHF", "GBP"])
@pytest.mark.parametrize("form", ["html", "text", "json"])
def test_no_latin_letter_stands_loose_in_an_arabic_sentence(form, currency):
    """In any state, format and currency: but for links, and the publisher's own English copy."""
    offer = make_offer(currency=currency, ends=datetime(2028, 6, 1, tzinfo=UTC))
    base = make_policy(offer=offer)
    policy = Policy(
        publication=base.publication,
        meters=base.meters,
        offers=base.offers,
        rules=base.rules,
        copy={"ar": Copy(headline="عنوان")},
    )
    for decision in every_state(policy).values():
        rendered = render(decision, policy, locale="ar", format=form)
        lines = rendered.splitlines()
        if form == "html":
            lines = read(rendered).lines
        elif form == "json":
            parts = json.loads(rendered)
            links = [parts[key]["label"] for key in ("call_to_action", "sign_in") if parts[key]]
            lines = [parts["heading"], *parts["lines"], *links]
        for line in lines:
            text = re.sub(r"\u200e/[a-z-]+$", "", outside_of_isolates(line))
            loose = [char for char in text if bidirectional(char) == "L"]
            assert not loose, ascii(line)
            assert line.count(PDI) == line.count(FSI) + line.count(LRI)


def test_the_publishers_benefits_find_their_own_direction():
    """As its headline does."""
    stage = Stage(make_policy(copy=Copy(benefits=["The archive."])))
    decision = stage.view(PageView(article=Article(id="p", access="premium")))
    page = read(render(decision, stage.policy, locale="ar"))
    assert 1 == sum(tag == "bdi" for tag, _ in page.elements)


def test_texts_from_left_to_right_have_no_isolates():
    """Nothing is added where nothing is needed."""
    policy = make_policy(offer=make_offer())
    for language in ("en", "ja", "pl", "ru", "cy"):
        for decision in every_state(policy).values():
            for form in ("html", "text", "json"):
                said = render(decision, policy, locale=language, format=form)
                assert not re.search("[\u200e\u200f\u2066-\u2069]", said)


def test_every_wall_is_tried():
    """A new one comes with its answer to who is asked to sign in."""
    closed = {str(show) for show in Show if show.access == "preview"}
    assert closed - {"gate"} == {*WALLS, "trial-expired", "subscription-expired"}
