"""What an editor previews is what such a reader gets, and it leaves no trace anywhere."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Article, Entitlement, Meter, PageView, Paywall, Policy, Reader, Rule
from meter.policy import When
from meter.stores.memory import MemoryStore
from meter.testing import strategies
from meter.vocabulary import ArticleAccess, Status
from meter.web import Gate, WebRequest
from meter.web.gate.kinds import RequestKind
from meter.web.previews import PreviewLink, Previews
from meter.web.previews.link import most_read
from meter.web.signed import SignedLinks
from meter.windows import instant
from tests.web.site import BROWSER, START, Browser, Site, article, header

SECRET = "a-key-of-editors"
DAY = timedelta(days=1)
RIGHTS = {
    "trial": {"kind": "trial"},
    "subscriber": {"kind": "subscription"},
    "staff": {"kind": "staff"},
    "trial-expired": {"kind": "trial", "ends": DAY},
    "subscription-expired": {"kind": "subscription", "ends": DAY},
}
MOST = 4
"""So many reads a meter are drawn: past the usual limits of what is drawn."""


def real_reader(status, at, country):
    """Return a reader with an account as a shop knows it: rights run, or ended a day ago."""
    right = RIGHTS.get(status)
    if right is not None and "ends" in right:
        right = {**right, "ends": at - right["ends"]}
    return Reader(
        id="rita",
        registered=status != "anonymous",
        entitlements=[] if right is None else [Entitlement(**right)],
        country=country,
    )


def reading_room(policy):
    """Return a policy with the same meters, on which anybody reads whatever names one."""
    names = [meter.name for meter in policy.meters]
    return Policy(
        publication=policy.publication,
        meters=[
            Meter(name=meter.name, window=meter.window, count=meter.count, limit=1000)
            for meter in policy.meters
        ],
        rules=[
            *(
                Rule(name=name, when=When(kind=[name]), spend=name, show="article")
                for name in names
            ),
            Rule(name="else", show="subscription-wall"),
        ],
    )


def really_reads(policy, store, reader, used, at):
    """Let a reader read so many articles on each meter, each counted by a real paywall."""
    paywall = Paywall(reading_room(policy), store)
    for name, count in used.items():
        for number in range(count):
            old = Article(id=f"old-{name}-{number}", kind=name)
            assert paywall.check(reader, PageView(article=old), now=at).counted


TELLING = [{"country": ["JP"]}, {"country": ["US"]}, {"gift": True}, {"crawler": True}]


@st.composite
def telling_policies(draw):
    """Draw a policy whose first rules tell apart what a link says, and what an editor is."""
    policy = draw(strategies.policies())
    when = When(**draw(st.sampled_from(TELLING)))
    first = [Rule(name="first of all", when=when, show="registration-wall")]
    first += [
        Rule(name=f"reads on {meter.name}", spend=meter.name, show="countdown")
        for meter in draw(st.permutations(policy.meters))[:1]
    ]
    return evolve(policy, rules=[*first, *policy.rules])


@st.composite
def asked(draw):
    """Draw a policy, a view, and a link whose reader could be."""
    policy = draw(telling_policies())
    view = draw(strategies.page_views(policy))
    view = evolve(
        view,
        country=draw(st.sampled_from([None, "JP", "US"])),
        gift=draw(st.booleans()),
        crawler=draw(st.booleans()),
        prefetch=draw(st.booleans()),
    )
    at = draw(strategies.edge_times(policy)).astimezone(UTC)
    status = draw(st.sampled_from(list(Status)))
    used = {
        meter.name: min(most_read(policy, meter.name, status), draw(st.integers(0, MOST)))
        for meter in policy.meters
    }
    country = draw(st.sampled_from([None, "JP", "US", "SE-M"]))
    said = {"status": status, "used": used, "country": country, "at": at}
    return policy, view, PreviewLink(ends=START + DAY, **said)


@settings(max_examples=60)
@given(asked=asked())
def test_a_preview_shows_what_such_a_reader_gets(asked):
    """Every part of the decision, under any policy; and the figures of meters among it.

    Only facts that no rule needs may be looked at further.
    """
    policy, view, link = asked
    store = MemoryStore()
    reader = real_reader(link.status, link.at, link.country)
    assert link.status == reader.status(link.at)
    really_reads(policy, store, reader, link.used, link.at)
    person = evolve(view, country=None, gift=False, crawler=False, prefetch=False)
    real = Paywall(policy, store).check(reader, person, now=link.at)
    previews = Previews(SECRET)
    preview = previews.read(previews.token(link), START)
    seen = preview.decide(policy, view, START)
    assert evolve(real, counted=False, facts=seen.facts) == seen
    assert str(preview.bar(seen)).startswith('<section class="meter-preview"')


class Asked(MemoryStore):
    """A store that counts what it is asked."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def load(self, *args, **kwargs):
        self.calls.append("load")
        return super().load(*args, **kwargs)

    def swap(self, *args, **kwargs):
        self.calls.append("swap")
        return super().swap(*args, **kwargs)


@pytest.fixture
def previews():
    """The preview links of a site."""
    return Previews(SECRET)


@pytest.fixture
def site(previews):
    """A site whose editors have previews, and whose store counts what it is asked."""
    return Site(store=Asked(), settings={"secret": "new", "previews": previews})


def path(previews, **said):
    """Return the path of a page with a link in it that holds for a day."""
    return f"/articles/a1?preview={previews.token(PreviewLink(ends=START + DAY, **said))}"


@pytest.mark.parametrize("status", list(Status))
def test_a_preview_leaves_no_trace(site, previews, caplog, status):
    """No store, no hook, no cookie, no log; a browser with a cookie counts as before."""
    caplog.set_level(logging.DEBUG)
    told = []
    site.paywall = Paywall(site.policy, site.store, clock=site.clock, on_decision=told.append)
    site.gate = evolve(site.gate, paywall=site.paywall)
    browser = Browser(site)
    browser.read(article("b1"))
    browser.read(article("b1"))
    before = (list(site.store.calls), len(told), dict(browser.cookies), browser.ledger())
    site.store.calls.clear()
    caplog.clear()
    for name, access in (("a1", "metered"), ("a2", "premium"), ("a3", "free")):
        visit = browser.visit(url=path(previews, status=status, used={"monthly": 1}))
        answer = visit.open(article(name, access))
        assert answer.bar
        finished = browser.keep(visit)
        assert ["private, no-store"] == header(finished, "cache-control")
        assert ["noindex"] == header(finished, "x-robots-tag")
        assert [] == header(finished, "set-cookie")
    assert ([], []) == (site.store.calls, caplog.records)
    assert (before[1], before[2]) == (len(told), browser.cookies)
    assert before[3] == browser.ledger()


def test_a_new_browser_gets_no_cookie(site, previews):
    """Nobody becomes a reader by looking."""
    browser = Browser(site)
    browser.read(article("a1"), url=path(previews))
    assert {} == browser.cookies


@pytest.mark.parametrize(
    ("said", "shown", "whole"),
    [
        ({}, "countdown", True),
        ({"used": {"monthly": 1}}, "last-free-article", True),
        ({"used": {"monthly": 2}}, "subscription-wall", False),
        ({"status": "registered", "used": {"monthly": 2}}, "countdown", True),
        ({"status": "subscriber", "used": {"monthly": 2}}, "article", True),
        ({"status": "trial-expired", "used": {"monthly": 4}}, "trial-expired", False),
    ],
)
def test_the_page_is_that_of_the_reader(site, previews, said, shown, whole):
    """With the bar, and below it the prompt that this reader sees."""
    answer = Browser(site).read(article("a1"), url=path(previews, **said))
    assert (shown, whole) == (answer.decision.show, answer.whole)
    words = answer.rendered()
    assert answer.bar + type(answer.bar)(words) == answer.prompt


def test_the_editor_plays_no_part(site, previews):
    """A crawler's name, a fetch ahead, an account or a gift that the site says change nothing."""
    url = path(previews, used={"monthly": 2})
    for sent in (
        {"user_agent": "Googlebot/2.1"},
        {"sec_purpose": "prefetch"},
        {"account": Reader(id="ana", entitlements=[Entitlement(kind="subscription")])},
    ):
        answer = site.visit(url=url, **sent).open(article("a1"), gift=True)
        assert ("subscription-wall", False) == (answer.decision.show, answer.whole)
        assert RequestKind.READ is answer.kind


def test_a_list_of_articles_previews_too(site, previews):
    """`peek` says what that reader would get, and lets no text out."""
    answer = site.visit(url=path(previews, status="subscriber")).peek(article("a1"))
    assert ("article", False) == (answer.decision.show, answer.whole)
    assert [] == site.store.calls


def test_the_link_is_valid_for_every_page_until_it_ends(site, previews):
    """Half-open, as every stretch of time here."""
    link = path(previews, status="subscriber").partition("?")[2]
    for url in (f"/?{link}", f"/other/page?x=1&{link}", f"/articles/a2?{link}#top"):
        assert site.visit(url=url).open(article("p1", "premium")).whole
    site.clock.move_to(START + DAY - timedelta(seconds=1))
    assert site.visit(url=f"/?{link}").open(article("p1", "premium")).whole
    site.clock.move_to(START + DAY)
    assert not site.visit(url=f"/?{link}").open(article("p1", "premium")).whole


def outcome(visit, name="p1", access="premium"):
    """Return all that goes out of an answer."""
    answer = visit.open(Article(id=name, access=access))
    words = (answer.decision.show, answer.whole, answer.prompt, answer.bar)
    finished = visit.finish(200, [])
    kept = [pair for pair in finished.headers if pair[0].lower() != "set-cookie"]
    return (*words, finished.status, kept)


TOKEN = Previews(SECRET).token(PreviewLink(ends=START + DAY, status="staff", used={"monthly": 1}))
FOREIGN = [
    Previews("the key of another").token(PreviewLink(ends=START + DAY, status="staff")),
    Previews(SECRET).token(PreviewLink(ends=START, status="staff")),
    SignedLinks(SECRET, "gift").sign({"article": "p1"}, START + DAY),
    SignedLinks(SECRET, "gift").sign(PreviewLink(ends=START + DAY).payload(), START + DAY),
    "",
    "preview",
    TOKEN + TOKEN,
    TOKEN * 30,
]


@given(
    token=st.sampled_from(FOREIGN)
    | st.text(max_size=40)
    | st.integers(0, len(TOKEN) - 1).map(lambda length: TOKEN[:length])
    | st.tuples(st.integers(0, len(TOKEN) - 1), st.sampled_from("Aa0-_.")).map(
        lambda change: TOKEN[: change[0]] + change[1] + TOKEN[change[0] + 1 :]
    )
)
def test_what_is_no_link_of_ours_is_not_there(token):
    """Forged, cut, over, of another purpose or key: the page is as without it, with no hint."""
    site = Site(settings={"secret": "new", "previews": Previews(SECRET)})
    if token == TOKEN:
        assert site.visit(url=f"/?preview={token}").open(article("p1", "premium")).whole
        return
    plain = outcome(site.visit(url="/articles/p1"))
    assert plain == outcome(site.visit(url=f"/articles/p1?preview={token}"))
    assert Previews(SECRET).read(token, START) is None


PAYLOADS = [
    {},
    {"pages": "one", "as": "staff", "used": {}, "ends": "2026-06-11T09:00:00+00:00"},
    {"pages": "all", "as": "boss", "used": {}, "ends": "2026-06-11T09:00:00+00:00"},
    {"pages": "all", "as": "staff", "used": {"monthly": -1}, "ends": "2026-06-11T09:00:00+00:00"},
    {"pages": "all", "as": "staff", "used": {"monthly": "3"}, "ends": "2026-06-11T09:00:00+00:00"},
    {"pages": "all", "as": "staff", "used": {"monthly": 10**9}, "ends": "2026-06-11T09:00:00Z"},
    {"pages": "all", "as": "staff", "used": [], "ends": "2026-06-11T09:00:00+00:00"},
    {"pages": "all", "as": "staff", "used": {}, "ends": "soon"},
    {"pages": "all", "as": "staff", "used": {}, "ends": "2026-06-11"},
    *(
        {"pages": "all", "as": "staff", "used": {}, "ends": "2026-06-11T09:00:00+00:00", **more}
        for more in (
            {"at": "noon"},
            {"at": "2026-06-11T09:00:00"},
            {"at": 3},
            {"country": ["JP"]},
            {"draft": "../secret"},
            {"draft": "a/b"},
            {"draft": ""},
            {"draft": ".hidden"},
            {"draft": "a\x00b"},
        )
    ),
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_what_another_release_signed_is_not_there(payload, tmp_path):
    """Signed with the site's own key, and not understood: the page is as without it."""
    token = SignedLinks(SECRET, "preview").sign(payload, START + DAY)
    assert Previews(SECRET, drafts=tmp_path).read(token, START) is None


@given(asked=asked())
def test_a_link_says_what_it_was_made_of(asked):
    """Whatever it was, to the microsecond."""
    _, _, link = asked
    previews = Previews(SECRET)
    read = previews.read(previews.token(link), START).link
    assert evolve(link, at=read.at) == read
    assert instant(link.at) == instant(read.at)


def test_a_planted_gate_that_spends_is_found(site, previews):
    """The planted bug: a preview that asks the paywall as a reader does would be counted."""

    class Spending:
        def read(self, token, now):
            preview = previews.read(token, now)
            reader = Reader(id="device:editor")
            view = PageView(article=Article(id="a1"))
            site.paywall.check(reader, view, now=now)
            return preview

    site.gate = Gate(site.paywall, secret="new", previews=Spending(), clock=site.clock)
    request = WebRequest(method="GET", url=path(previews), headers={"user-agent": BROWSER})
    site.gate.visit(request).open(article("a1"))
    assert site.store.calls


def test_older_secrets_still_read():
    """A secret that is no longer the newest keeps its links; one that is gone ends them."""
    old = Previews("an older key of all").token(PreviewLink(ends=START + DAY))
    assert Previews(["the newest of the keys", "an older key of all"]).read(old, START)
    assert Previews(["the newest of the keys"]).read(old, START) is None


def test_accesses_are_all_tried():
    """A subscriber's link opens everything: it is a key."""
    previews = Previews(SECRET)
    site = Site(settings={"secret": "new", "previews": previews})
    url = path(previews, status="subscriber")
    assert all(site.visit(url=url).open(article("x", word)).whole for word in ArticleAccess)


def test_the_date_is_that_of_the_link(site, previews):
    """A page of next month tells of next month; without a date it is whenever it is opened."""
    christmas = datetime(2026, 12, 24, tzinfo=UTC)
    answer = site.visit(url=path(previews, at=christmas, used={"monthly": 1})).open("a1")
    assert (christmas, datetime(2027, 1, 1, tzinfo=UTC)) == (
        answer.decision.at,
        answer.decision.meter.resets_at,
    )
    assert START == site.visit(url=path(previews)).open("a1").decision.at
