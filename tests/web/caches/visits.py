"""Which readers come, in what order: first the situations in which caches leak, then all mixed."""

from __future__ import annotations

from tests.web.caches.readers import NO_LIMIT, REGISTERED, Person

AHEAD = ("prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip")
METERED = (*"abcdefgh", "2026/11/i", "2026/11/j", "k", "l")
FREE = ("free-1", "free-2", "free-3")
PREMIUM = ("premium-1", "premium-2")
MISSING = ("/not-there", "/articles/%20", "/preflight", "/preflight?x")
FORGED = (
    {"meter-body": "guessed"},
    {"meter-body": "\xe9"},
    {"x-original-uri": "/articles/free-1"},
    {"X-Original-URI": "/articles/free-1", "X-Original-Method": "OPTIONS"},
    {"meter-step": "body", "meter-cookie": "reader=mine"},
    {"x-meter": "open", "meter": "open", "meter_": "open"},
)
BROWSERS_AT_ONCE = 12


def _account(name, *, subscriber=False):
    if subscriber:
        return Person(f"sub-{name}", NO_LIMIT)
    return Person(f"reader-{name}", REGISTERED)


def opening(traffic, name):
    """Go through the situations in which caches are known to leak."""
    for _ in range(2):
        traffic.read(traffic.browser(keeps=False), "free-1")
    traffic.expect_one_fetch("free-1")
    first, second = traffic.browser(), traffic.browser()
    for article in ("a", "b", "c", "d", "a", "free-2", "premium-1"):
        for browser in (first, second):  # right after each other
            traffic.read(browser, article)
    robot = traffic.browser(keeps=False)
    for article in ("a", "b", "c", "2026/11/i", "e"):
        traffic.read(robot, article)
        traffic.read(robot, article, method="HEAD")
    early = traffic.browser()
    for article in ("a", "free-2", "premium-1", "b"):
        traffic.read(early, article, ahead=AHEAD[0])
        traffic.read(early, article, method="HEAD")
        traffic.read(early, article)
        traffic.read(early, article, ahead=AHEAD[1])
    traffic.read(early, "h", method="HEAD")  # and nobody reads it afterwards
    traffic.read(early, "k", ahead=AHEAD[0])
    _sign_in_everywhere(traffic, name, first)
    for browser in (first, robot):
        for path in MISSING:
            traffic.missing(browser, path)
        for headers in FORGED:
            traffic.forge(browser, "premium-2", headers)


def _sign_in_everywhere(traffic, name, first):
    """Sign in at the wall, in a second browser, and as a subscriber."""
    account, subscriber = _account(name), _account(name, subscriber=True)
    traffic.lure(first, "sub-lured")
    traffic.sign_in(first, account)
    for article in ("a", "d", "e", "f", "premium-1"):
        traffic.read(first, article)
    other, paying, fresh = traffic.browser(), traffic.browser(), traffic.browser()
    traffic.sign_in(other, account)
    traffic.sign_in(paying, subscriber)
    for article in ("f", "a", "g", "premium-1", "free-2"):
        for browser in (paying, fresh, other):
            traffic.read(browser, article)


def _article(chance):
    kind = chance.random()
    if kind < 0.2:
        return chance.choice(FREE)
    if kind < 0.27:
        return chance.choice(PREMIUM)
    return METERED[min(int(chance.paretovariate(0.7)), len(METERED)) - 1]


def mingle(traffic, name, asks, chance):
    """Let readers of every kind come and go until so many requests were made."""
    end = traffic.asked + asks
    present = []
    accounts = [_account(f"{name}-{number}", subscriber=number % 4 == 3) for number in range(8)]
    while traffic.asked < end and not traffic.found.stopped.is_set():
        if len(present) < BROWSERS_AT_ONCE:
            present.append(traffic.browser())
        elif chance.random() < 0.08:
            present.remove(chance.choice(present))
        _one_request(traffic, chance.choice(present or [None]), accounts, chance)


def _one_request(traffic, browser, accounts, chance):
    article = _article(chance)
    kind = chance.random()
    if kind < 0.12:
        traffic.read(traffic.browser(keeps=False), article)
    elif kind < 0.20:
        traffic.read(browser, article, ahead=chance.choice(AHEAD))
    elif kind < 0.26:
        traffic.read(browser, article, method="HEAD")
    elif kind < 0.29:
        if browser.person not in accounts:
            traffic.sign_in(browser, chance.choice(accounts))
            traffic.read(browser, chance.choice(METERED))
    elif kind < 0.31:
        traffic.missing(browser, chance.choice(MISSING))
    else:
        traffic.read(browser, article)
