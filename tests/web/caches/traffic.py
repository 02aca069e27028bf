"""What readers ask for through a cache, held against what each of them may see."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from urllib.parse import urlencode

from tests.web.caches.readers import ANONYMOUS, Browser, Person, crumbs

WHOLE = "THE WHOLE STORY"


class Findings:
    """What was seen; every list but `exchanges` names something that must not happen."""

    def __init__(self):
        self.exchanges = 0
        self.delivered = Counter()
        self.wrong_bodies = []
        self.foreign_cookies = []
        self.uncounted = []
        self.other = []
        self.owners = {}
        self.lock = threading.Lock()
        self.stopped = threading.Event()

    @property
    def leaks(self):
        """Everything that was wrong."""
        return [*self.wrong_bodies, *self.foreign_cookies, *self.uncounted, *self.other]


class Traffic:
    """One line of readers in front of one address; several may share their findings."""

    def __init__(self, port, findings, fetched):
        self.port = port
        self.found = findings
        self.fetched = fetched
        self.asked = 0
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.browsers = []

    def browser(self, *, keeps=True):
        """Add a browser that has never been here, or a robot."""
        browser = Browser(keeps=keeps)
        if keeps:
            self.browsers.append(browser)
        return browser

    def ask(self, browser, method, path, headers=(), body=None):
        """Send one request with what the browser keeps; return status, headers and text."""
        sent = browser.header() | dict(headers)
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        except (ConnectionError, http.client.BadStatusLine):  # a cache closed an idle connection
            self.connection.close()
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", errors="replace")
        self.asked += 1
        with self.found.lock:
            self.found.exchanges += 1
        self._judge_headers(browser, answer, f"{method} {path} by {browser.person.name}")
        return answer, text

    def _judge_headers(self, browser, answer, what):
        """A cookie is one person's, and never on an answer that a cache may store."""
        rule = answer.getheader("Cache-Control") or ""
        for header in answer.headers.get_all("Set-Cookie") or ():
            browser.keep(header)
            if not ("private" in rule and "no-store" in rule):
                self.found.other.append(f"{what}: a cookie on an answer with `{rule}`")
            for name, crumb in crumbs(header):
                self._note_cookie(browser, name, crumb, what)

    def _note_cookie(self, browser, name, crumb, what):
        if not crumb.value or crumb["max-age"] == "0":
            return
        with self.found.lock:
            owner = self.found.owners.setdefault((name, crumb.value), browser.person)
        if owner is not browser.person:
            self.found.foreign_cookies.append(f"{what}: `{name}` was given to {owner.name}")

    def read(self, browser, article, method="GET", ahead=None):
        """Ask for an article and hold the answer against the book-keeping."""
        person = browser.person if browser.keeps else Person("a robot", ANONYMOUS)
        may = person.may_read(article)
        counts = person.would_count(article)
        headers = {"Sec-Purpose": ahead} if ahead else {}
        answer, text = self.ask(browser, method, f"/articles/{article}", headers)
        whole = WHOLE in text
        what = f"{method} {article} by {person.name}{' ahead' if ahead else ''}: {answer.status}"
        due = may and method == "GET" and not (ahead and counts)
        if whole != due:
            wrong = "has the whole text" if whole else "lacks the text"
            self.found.wrong_bodies.append(f"{what}, {wrong}")
        expected = {503} if ahead and counts else {200}
        if method == "HEAD":
            expected = {200, 503}
        if answer.status not in expected:
            self.found.other.append(f"{what}, expected {expected}")
        self._judge_lifetime(article, answer, what)
        if due and counts:
            person.seen.add(article)
        if whole and method == "GET":
            with self.found.lock:
                self.found.delivered["free" if article.startswith("free-") else "asked"] += 1

    def _judge_lifetime(self, article, answer, what):
        rule = answer.getheader("Cache-Control") or ""
        if not article.startswith("free-") and not ("private" in rule and "no-store" in rule):
            self.found.other.append(f"{what}, `Cache-Control: {rule}`")

    def sign_in(self, browser, account):
        """Sign in from the site's own page; what the browser has read goes to the account."""
        here = f"http://127.0.0.1:{self.port}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": here,  # browsers before 2023 send no `Sec-Fetch-Site` beside it
        }
        account.seen |= browser.person.seen
        browser.person = account
        answer, _ = self.ask(
            browser, "POST", "/sign-in", headers, urlencode({"account": account.name})
        )
        if answer.status not in (302, 303):
            self.found.other.append(f"sign-in: {answer.status}")
        rule = answer.getheader("Cache-Control") or ""
        if "no-store" not in rule:
            self.found.other.append(f"sign-in: `Cache-Control: {rule}`")

    def lure(self, browser, account):
        """Let another site's page sign a browser in: it must be refused."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "https://other.example",
        }
        answer, _ = self.ask(browser, "POST", "/sign-in", headers, urlencode({"account": account}))
        if answer.status != 403:
            self.found.other.append(f"sign-in from another site: {answer.status}, expected 403")

    def expect_one_fetch(self, article):
        """Expect that the site was asked once for an article that several readers were given."""
        times = self.fetched(f"/articles/{article}")
        if times != 1:
            self.found.other.append(f"{article}: the site was asked {times} times, expected once")

    def missing(self, browser, path):
        """Ask for a page that is not there, or not for readers."""
        answer, text = self.ask(browser, "GET", path)
        if answer.status not in (403, 404) or WHOLE in text:
            self.found.other.append(f"GET {path}: {answer.status}, expected 404")

    def forge(self, browser, article, headers):
        """Ask for what is not this reader's with headers that only a cache may send."""
        answer, text = self.ask(browser, "GET", f"/articles/{article}", headers)
        if answer.status >= 500:
            self.found.other.append(f"{article} with {headers}: {answer.status}")
        if WHOLE in text:
            self.found.wrong_bodies.append(f"{article} with {headers}: has the whole text")

    def settle(self):
        """Ask every browser's own list, and compare it with the book-keeping."""
        for browser in self.browsers:
            if not browser.person.seen and not browser.cookies:
                continue
            answer, text = self.ask(browser, "GET", "/me/ledger")
            listed = _listed(text) if answer.status == 200 else None
            if listed != browser.person.seen:
                said = answer.status if listed is None else sorted(listed)
                self.found.uncounted.append(
                    f"{browser.person.name} read {sorted(browser.person.seen)}; counted: {said}"
                )
        self.connection.close()


def _listed(text):
    """Return every article of a ledger, whatever its meters are called."""
    return {article for articles in json.loads(text).values() for article in articles}
