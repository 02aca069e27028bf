"""A visitor closes a prompt: it stays away from the browser, and from the account of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from meter import loads_policy
from meter.errors import MeterError
from meter.web import CrossSiteError
from tests.web.site import Browser, Site, article

POLICY = loads_policy("""
[publication]
name = "The Harbour Review"

[meters.monthly]
window = { calendar = "month" }
limit = 9

[prompts.give]
heading = "Give what you can"
quiet_after = { closed = "7 days" }

[[rules]]
name = "on the meter"
spend = "monthly"
show = "countdown"
prompt = "give"

[[rules]]
name = "else"
show = "wall"
""")


def prompt_of(browser, name):
    """Return the prompt that comes with an article."""
    return browser.read(article(name)).decision.prompt


def close(browser, **given):
    """Close the prompt, as a button of the page does."""
    visit = browser.visit(method="POST", **given)
    visit.dismissed("give")
    browser.keep(visit)


def test_a_closed_prompt_stays_away_from_the_device_and_from_its_account():
    """For as long as the prompt says; other browsers are asked as ever."""
    site = Site(policy=POLICY)
    browser = Browser(site)
    assert prompt_of(browser, "a1") == "give"
    close(browser)
    assert prompt_of(browser, "a2") is None
    browser.sign_in("anna")
    assert prompt_of(browser, "a3") is None
    assert prompt_of(Browser(site), "a1") == "give"
    site.clock.advance(timedelta(days=7))
    assert prompt_of(browser, "a4") == "give"


def test_an_account_closes_a_prompt_on_every_browser():
    """It is the account's, where somebody is signed in."""
    site = Site(policy=POLICY)
    one, other = Browser(site), Browser(site)
    for browser in (one, other):
        browser.sign_in("anna")
    close(one)
    assert prompt_of(other, "a1") is None


def test_who_has_no_record_closes_nothing():
    """No record is written of whom nobody can know again; what is no prompt is told."""
    site = Site(policy=POLICY, settings={"secret": "new", "consent": lambda _: False})
    browser = Browser(site)
    close(browser)
    assert not browser.cookies
    known = Browser(Site(policy=POLICY))
    known.sign_in("anna")
    with pytest.raises(MeterError, match="did you mean `give`"):
        known.visit(method="POST").dismissed("giev")


def test_another_site_closes_nothing():
    """What a page elsewhere sends is refused before anything is looked up."""
    browser = Browser(Site(policy=POLICY))
    assert prompt_of(browser, "a1") == "give"
    with pytest.raises(CrossSiteError):
        close(browser, sec_fetch_site="cross-site")
    assert prompt_of(browser, "a2") == "give"


def test_closing_can_be_awaited():
    """The same, in a site that is."""
    browser = Browser(Site(policy=POLICY))
    assert prompt_of(browser, "a1") == "give"
    visit = browser.visit(method="POST")
    asyncio.run(visit.adismissed("give"))
    browser.keep(visit)
    assert prompt_of(browser, "a2") is None
