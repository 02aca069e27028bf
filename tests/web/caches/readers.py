"""Who reads, and what each of them may see, kept without `meter`.

The book-keeping is a set of articles for each person, and a limit. It knows nothing of how the site
counts.
"""

from __future__ import annotations

import itertools
from http.cookies import CookieError, SimpleCookie

ANONYMOUS, REGISTERED, NO_LIMIT = 3, 5, 10**9


class Person:
    """Somebody who is counted: a browser before it signs in, or an account."""

    def __init__(self, name, limit):
        self.name = name
        self.limit = limit
        self.seen = set()

    def may_read(self, article):
        """Say whether the whole text of an article is for this person."""
        if article.startswith("free-") or self.limit == NO_LIMIT:
            return True
        if article.startswith("premium-"):
            return False
        return article in self.seen or len(self.seen) < self.limit

    def would_count(self, article):
        """Say whether reading it would be counted."""
        if article.startswith(("free-", "premium-")) or self.limit == NO_LIMIT:
            return False
        return article not in self.seen and len(self.seen) < self.limit


class Browser:
    """A jar of cookies and the person behind it; a robot keeps no cookie."""

    _number = itertools.count(1)

    def __init__(self, *, keeps=True):
        self.keeps = keeps
        self.cookies = {}
        self.person = Person(f"browser {next(self._number)}", ANONYMOUS)

    def keep(self, header):
        """Take a `Set-Cookie`."""
        if not self.keeps:
            return
        for name, crumb in crumbs(header):
            if crumb["max-age"] == "0" or not crumb.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = crumb.value

    def header(self):
        """Return the `Cookie` header, if there is one."""
        if not self.cookies:
            return {}
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}


def crumbs(header):
    """Return the cookies of a `Set-Cookie`, by name."""
    jar = SimpleCookie()
    try:
        jar.load(header)
    except CookieError:
        return []
    return list(jar.items())
