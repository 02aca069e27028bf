"""A visitor closes a prompt: it stays away from the browser, and from the account of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from meter import loads_policy
from meter.errors import UnknownPromptError
from meter.web import CrossSiteError
from meter.web.fastapi import CurrentVisit, FastAPIPaywall
from meter.web.flask import FlaskPaywall, visit
from meter.web.starlette import StarlettePaywall, visit_of
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

UNKNOWN = "the policy has no prompt `giev`; did you mean `give`?"


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
    """No record is written of whom nobody can know again."""
    site = Site(policy=POLICY, settings={"secret": "new", "consent": lambda _: False})
    browser = Browser(site)
    close(browser)
    assert not browser.cookies


def without_consent():
    """Return a browser that may be given no cookie."""
    return Browser(Site(policy=POLICY, settings={"secret": "new", "consent": lambda _: False}))


def first_time():
    """Return a browser that comes for the first time."""
    return Browser(Site(policy=POLICY))


def counted():
    """Return a browser of which something is counted."""
    browser = first_time()
    assert prompt_of(browser, "a1") == "give"
    return browser


def signed_in():
    """Return a browser that has signed in to an account."""
    browser = first_time()
    browser.sign_in("anna")
    return browser


@pytest.mark.parametrize("who", [without_consent, first_time, counted, signed_in])
def test_a_prompt_that_there_is_not_is_an_error_for_everybody(who):
    """In the same words, whether or not anything is remembered of the reader."""
    with pytest.raises(UnknownPromptError) as told:
        who().visit(method="POST").dismissed("giev")
    assert str(told.value) == UNKNOWN


@pytest.mark.parametrize("sent", [None, 5, ["give"], {"prompt": "give"}])
def test_what_a_page_sends_that_is_no_name_is_an_error_of_the_page(sent):
    """Not one of the site, which would answer 500."""
    with pytest.raises(UnknownPromptError, match="`prompt` is a name in quotes, not "):
        first_time().visit(method="POST").dismissed(sent)


def starlette_site():
    """Yield how a first-time visitor posts to a Starlette site."""
    paywall = StarlettePaywall(POLICY, "memory://", secret="new")

    async def closed(request):
        await visit_of(request).adismissed(request.path_params["name"])
        return PlainTextResponse("", 204)

    routes = [Route("/closed/{name}", closed, methods=["POST"])]
    app = Starlette(routes=routes, lifespan=paywall.lifespan)
    paywall.install(app)
    with TestClient(app) as client:
        yield client.post


def fastapi_site():
    """Yield the same of a FastAPI site, whose view blocks."""
    paywall = FastAPIPaywall(POLICY, "memory://", secret="new")
    app = FastAPI(lifespan=paywall.lifespan)
    paywall.install(app)

    @app.post("/closed/{name}", status_code=204)
    def closed(name: str, visit: CurrentVisit) -> None:
        visit.dismissed(name)

    with TestClient(app) as client:
        yield client.post


def flask_site():
    """Yield the same of a Flask site."""
    app = Flask(__name__)
    app.config.update(METER_POLICY=POLICY, METER_STORE="memory://", METER_SECRET="new")
    FlaskPaywall(app)

    @app.post("/closed/<name>")
    def closed(name):
        visit.dismissed(name)
        return "", 204

    yield app.test_client().post


@pytest.fixture(params=[starlette_site, fastapi_site, flask_site], ids=lambda of: of.__name__)
def post(request):
    """Post to a site, as a browser that comes for the first time."""
    yield from request.param()


def test_a_site_answers_400_for_a_prompt_that_there_is_not(post):
    """A browser has sent its name: it is told what is meant, and the page of nobody fails."""
    assert post("/closed/give").status_code == 204
    refused = post("/closed/giev")
    assert (400, f"{UNKNOWN}\n") == (refused.status_code, refused.text)
    assert "text/plain" in refused.headers["Content-Type"]


def test_a_long_name_is_cut_where_it_is_told(post):
    """Whatever a browser sends, the answer stays short and on one line."""
    refused = post(f"/closed/{'x' * 5_000}%1b%0a")
    assert refused.status_code == 400
    assert len(refused.text) < 1_500
    assert refused.text.count("\n") == 1


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
