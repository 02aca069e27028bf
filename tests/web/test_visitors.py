"""By which id experiments go: from the first visit of a browser on, and after sign-in."""

from __future__ import annotations

import pytest

from meter import Article, loads_policy
from meter.web import Gate
from tests.web.site import Browser, Site

POLICY = loads_policy("""
[publication]
name = "The Harbour Review"
[experiments.wall]
seed = "wall-test"
variants = { control = 0.5, open = 0.5 }
[[rules]]
name = "open"
when = { experiment = { wall = ["open"] } }
show = "article"
[[rules]]
name = "else"
show = "wall"
""")
ARTICLE = Article(id="a1", access="premium")


def variant_of(answer):
    """Return the variant that a view was exposed to."""
    (exposure,) = answer.decision.exposures
    return exposure.variant


def test_a_browser_stays_in_its_variant_through_sign_in_and_out():
    """It is the device's from the first visit on, also where nothing is counted."""
    site = Site(policy=POLICY)
    met = set()
    for number in range(12):
        browser = Browser(site)
        first = variant_of(browser.read(ARTICLE))
        assert browser.cookies, "who was exposed has to be known again"
        browser.sign_in(f"account-{number}")
        assert variant_of(browser.read(ARTICLE)) == first
        browser.sign_out()
        assert variant_of(browser.read(ARTICLE)) == first
        met.add(first)
    assert met == {"control", "open"}


def test_a_site_says_the_id_of_its_analytics():
    """The same id is in the same variant on any browser; what is too long is no id."""

    def analytics(request):
        return request.header("x-client")

    site = Site(policy=POLICY, settings={"secret": "new", "visitor": analytics})
    by = POLICY.assignments["wall"].by
    for number in range(6):
        client = f"GA1.{number}"
        answer = Browser(site).read(ARTICLE, x_client=client)
        assert variant_of(answer) == by.variant(client)
    browser = Browser(site)
    own = variant_of(browser.read(ARTICLE))
    for given in ("", " ", "x" * 201, "x" * 60_000):
        assert variant_of(browser.read(ARTICLE, x_client=given)) == own


def test_without_consent_there_is_no_visitor():
    """The site is not even asked for the id, and nobody is exposed."""

    def analytics(_request):
        raise AssertionError("it was asked")

    settings = {"secret": "new", "visitor": analytics, "consent": lambda _request: False}
    answer = Browser(Site(policy=POLICY, settings=settings)).read(ARTICLE)
    assert answer.decision.exposures == ()
    assert answer.decision.facts["experiment wall"] is None


def test_what_is_no_id_is_a_mistake():
    """A number is told, not hashed."""
    site = Site(policy=POLICY, settings={"secret": "new", "visitor": lambda _request: 7})
    with pytest.raises(TypeError, match="`visitor` returns an id"):
        Browser(site).read(ARTICLE)


def test_a_policy_without_experiments_asks_for_no_visitor():
    """Nothing is asked of the site for a policy that needs it not."""

    def analytics(_request):
        raise AssertionError("it was asked")

    site = Site(settings={"secret": "new", "visitor": analytics})
    assert isinstance(site.gate, Gate)
    assert Browser(site).read(Article(id="a1")).decision.counted
