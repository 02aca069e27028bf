"""What a real browser does with the gate: Debian's chromium, over a real server.

It announces what it fetches ahead, keeps pages for its back button, and opens tabs at once.
"""

from __future__ import annotations

import pytest

from tests.studio.browsing import launched
from tests.web.pages import STORY, running

REFUSED = ("prefetch", 503)
READ = ("", 200)
ANNOUNCED = {"prefetch": "prefetch", "link": "prefetch", "prerender": "prefetch;prerender"}


@pytest.fixture(scope="module")
def site():
    """A site that runs."""
    with running() as site:
        yield site


@pytest.fixture(scope="module")
def browser(chromium):
    """One browser for all of these: it keeps pages for its back button, as people's do."""
    with launched(chromium, without=["--disable-back-forward-cache"]) as browser:
        yield browser


@pytest.fixture
def people(browser, site):
    """Open browsers of people who were never here."""
    opened = []

    def new():
        context = browser.new_context(base_url=site.url)
        context.set_default_timeout(20_000)
        opened.append(context)
        return context

    yield new
    for context in opened:
        context.close()


@pytest.fixture
def page(people):
    """A window of somebody who was never here."""
    return people().new_page()


def is_whole(page):
    """Say whether the window shows a story."""
    return STORY in page.inner_text("body")


def read(page, name):
    """Open an article by its address; say whether the whole of it is shown."""
    page.goto(f"/articles/{name}")
    return is_whole(page)


def fetch(page, name):
    """Ask for an article with this browser's cookies, and show it nowhere; say whether it is whole.

    That is quicker, where only what is counted matters.
    """
    return STORY in page.context.request.get(f"/articles/{name}").text()


def follow(page, name):
    """Press the link to an article; say whether the whole of it is shown."""
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url(f"**/articles/{name}", wait_until="commit")
    page.wait_for_selector("#who")
    return is_whole(page)


def sign_in(page, account):
    """Sign in by the form, and come back to the page that this began on."""
    before = page.url
    page.click("#sign-in")
    page.fill("[name=account]", account)
    page.click("text=Go on")
    page.wait_for_url(before, wait_until="commit")
    page.wait_for_selector("#who")


def sign_out(page):
    """Press the button."""
    page.click("text=Sign out")
    page.wait_for_url("**/links?*")


def back(page):
    """Press the back button; return whose page is shown and whether it is whole."""
    page.go_back(wait_until="commit")
    page.wait_for_selector("#who")
    return page.inner_text("#who"), is_whole(page)


def counted(page):
    """Return what is counted for whoever uses this browser."""
    return page.context.request.get("/me/ledger").json()


def test_a_reader_reads_to_the_wall_and_registers_there(page):
    """Three as a stranger, two more with an account, and the device's three are the account's."""
    page.goto("/links?to=a,b,c,d")
    for name in "ab":
        assert follow(page, name)
        page.go_back(wait_until="commit")
    assert fetch(page, "c")
    assert not follow(page, "d")
    assert "Register to continue reading" in page.inner_text("body")
    sign_in(page, "rita")
    assert ("rita", True) == (page.inner_text("#who"), is_whole(page))
    assert [True, False] == [fetch(page, name) for name in "ef"]
    assert [*"abcde"] == counted(page)


def test_two_accounts_on_one_browser_never_meet(page, site):
    """The kiosk: what one account counted or was shown is neither the next one's nor the device's.

    The back button brings nobody the page of another: the server is asked again.
    """
    assert read(page, "device")
    sign_in(page, "ana")
    assert [True] * 4 == [fetch(page, f"ana-{number}") for number in range(4)]
    assert not read(page, "ana-4")
    sign_out(page)
    asked = len(site.of("ana-4"))
    assert ("nobody", True) == back(page)  # in the device's own allowance
    assert asked + 1 == len(site.of("ana-4"))
    sign_in(page, "ben")
    assert ("ben", True) == (page.inner_text("#who"), fetch(page, "ben-1"))
    assert ["ana-4", "ben-1", "device"] == counted(page)
    sign_out(page)
    assert ["ana-4", "device"] == counted(page)
    assert read(page, "device")
    sign_in(page, "ana")
    assert ["ana-0", "ana-1", "ana-2", "ana-3", "ana-4", "device"] == counted(page)


def test_what_is_fetched_ahead_is_refused_and_asked_for_again_by_the_click(page, site):
    """Chromium says that it looks ahead, gets 503, and the click counts, once."""
    clicked = []
    for hint, purpose in ANNOUNCED.items():
        name = f"ahead-{hint}"
        page.goto(f"/links?hint={hint}&to={name}")
        assert [(purpose, 503)] == site.wait_for(name)
        assert clicked == counted(page)
        assert follow(page, name)
        assert [(purpose, 503), READ] == site.of(name)
        clicked = sorted([*clicked, name])
        assert clicked == counted(page)


def test_a_refusal_that_says_200_would_be_shown_and_nobody_counted(page, site):
    """The planted bug: with any page for an answer the click asks no second time."""
    site.refuses_with = 200
    try:
        page.goto("/links?hint=prefetch&to=planted")
        assert [REFUSED] == site.wait_for("planted")
        page.get_by_role("link", name="planted").click()
        page.wait_for_url("**/articles/planted")
    finally:
        site.refuses_with = None
    assert "ask again then" in page.inner_text("body")
    assert [REFUSED] == site.of("planted")
    assert [] == counted(page)


def test_what_counts_nothing_may_be_fetched_ahead(page, site):
    """A free article, and one that was counted already: the click is answered by what is there."""
    assert fetch(page, "known")
    for name, before in (("free-ahead", []), ("known", [READ])):
        page.goto(f"/links?hint=prefetch&to={name}")
        fetched = [*before, ("prefetch", 200)]
        assert fetched == site.wait_for(name, len(fetched))
        assert follow(page, name)
        assert fetched == site.of(name)
    assert ["known"] == counted(page)


def test_of_two_tabs_at_once_one_gets_the_last_article(page):
    """One article is left, and two are opened at the same time."""
    assert [True, True] == [fetch(page, name) for name in ("tab-1", "tab-2")]
    page.goto("/links?to=tab-3,tab-4")
    with page.expect_popup(lambda tab: tab.url.endswith("tab-4")):
        page.evaluate("['tab-3', 'tab-4'].forEach(name => open(`/articles/${name}`))")
    tabs = page.context.pages[1:]
    for tab in tabs:
        tab.wait_for_selector("#who")
    assert [False, True] == sorted(is_whole(tab) for tab in tabs)
    assert 3 == len(counted(page))


def test_back_and_reload_count_nothing_again(page):
    """What was read is read again, from the browser's memory or from the site, and counts once."""
    assert [True, True] == [read(page, name) for name in ("back-1", "back-2")]
    assert ("nobody", True) == back(page)
    page.go_forward(wait_until="commit")
    page.wait_for_selector("#who")
    page.reload()
    assert is_whole(page)
    assert ["back-1", "back-2"] == counted(page)


def test_the_wall_is_gone_from_the_back_button_once_somebody_signs_in(page):
    """The wall that a stranger met is no page of the account's."""
    assert [True, True, True] == [fetch(page, f"stale-{number}") for number in range(3)]
    assert not read(page, "stale-3")
    page.goto("/articles/free-1")
    sign_in(page, "cleo")
    page.go_back(wait_until="commit")  # the form
    page.wait_for_selector("[name=account]")
    page.go_back(wait_until="commit")  # the free article, before
    page.wait_for_selector("#who")
    assert ("cleo", True) == back(page)


def test_a_browser_that_claims_to_be_a_crawler_is_counted_nowhere(browser, site):
    """It gets no story, and no cookie; one without a screen claims nothing, as above."""
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1) HeadlessChrome/120.0.0.0 Safari/537.36"
    context = browser.new_context(user_agent=agent, base_url=site.url)
    page = context.new_page()
    assert not read(page, "machine")
    assert [] == context.cookies()
    context.close()
