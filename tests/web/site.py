"""A small site behind a gate, and browsers that keep their cookies, without any framework."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from http.cookies import SimpleCookie

from attrs import define, field

from meter import Article, ManualClock, Paywall, Reader, loads_policy
from meter.stores.memory import MemoryStore
from meter.web import Gate, WebRequest

START = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "UTC"

[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 2, registered = 4 }

[[rules]]
name = "subscribers"
when = { covered = true }
show = "article"

[[rules]]
name = "search engines"
when = { crawler = true, access = ["metered"] }
show = "article"

[[rules]]
name = "open"
when = { access = ["free"] }
show = "article"

[[rules]]
name = "on the meter"
spend = "monthly"
show = "countdown"

[[rules]]
name = "else"
show = "wall"
"""


@cache
def loaded(text):
    """Return the policy of a text, read once."""
    return loads_policy(text)


@define
class Site:
    """A gate over a store in memory, and its clock."""

    policy: object = field(factory=lambda: loaded(POLICY))
    store: object = field(factory=MemoryStore)
    clock: object = field(factory=lambda: ManualClock(START))
    settings: dict = field(factory=lambda: {"secret": "new"})
    paywall: object = field(init=False)
    gate: Gate = field(init=False)

    def __attrs_post_init__(self):
        self.paywall = Paywall(self.policy, self.store, clock=self.clock)
        self.gate = Gate(paywall=self.paywall, clock=self.clock, **self.settings)

    def visit(self, *, method="GET", url="/", account=None, scheme="http", client=None, **headers):
        """Return a visit; a header's name has `_` for `-`."""
        given = {"user-agent": BROWSER}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = WebRequest(method=method, url=url, headers=given, scheme=scheme, client=client)
        return self.gate.visit(request, None if account is None else lambda: account)


@define
class Browser:
    """Keeps the cookies that a site sets, and signs in and out."""

    site: Site
    cookies: dict = field(factory=dict)
    account: str | None = None

    def visit(self, **given):
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        account = self.account and Reader(id=self.account, registered=True)
        return self.site.visit(account=account, **given)

    def keep(self, visit, status=200, headers=()):
        """Finish a visit, keep what it sets, and return what went out."""
        finished = visit.finish(status, headers)
        for name, value in finished.headers:
            if name.lower() == "set-cookie":
                self._set(value)
        return finished

    def _set(self, value):
        for name, morsel in SimpleCookie(value).items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value

    def read(self, *articles, **given):
        """Open articles with one request; return the last answer."""
        visit = self.visit(**given)
        answers = [visit.open(article) for article in articles]
        self.keep(visit)
        return answers[-1]

    def sign_in(self, account):
        self.account = account
        visit = self.visit(method="POST")
        visit.sign_in(account)
        self.keep(visit, 303)

    def sign_out(self):
        visit = self.visit(method="POST")
        visit.sign_out()
        self.keep(visit, 303)
        self.account = None

    def forget(self):
        visit = self.visit(method="DELETE")
        visit.forget()
        self.keep(visit)

    def ledger(self):
        """Return the ids of what is counted for this browser's reader."""
        visit = self.visit()
        counted = visit.ledger()
        self.keep(visit)
        return sorted(read.id for meter in counted.values() for read in meter.reads)


def article(name, access="metered"):
    return Article(id=name, access=access)


def header(finished, name):
    """Return the values of a header that went out."""
    return [value for given, value in finished.headers if given.lower() == name]
