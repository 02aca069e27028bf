"""Mistakes in the printed files, and neighbours that spoil answers: each must be found.

`python -m tests.web.caches --planted` makes them one at a time and sends readers through.
"""

from __future__ import annotations

from attrs import frozen

from tests.web.caches.between import with_a_cookie, without_a_lifetime
from tests.web.caches.configurations import MODES
from tests.web.caches.running import folder, site
from tests.web.caches.trial import through

EXCHANGES = 200


@frozen
class Mistake:
    """What is taken out of a file as printed, and what is put in its place."""

    mode: str
    cache: str
    line: str
    instead: str = ""

    def made(self, text):
        """Return the file with the mistake."""
        if self.line not in text:
            raise LookupError(f"`{self.line}` is not in the file of {self.cache}, {self.mode}")
        return text.replace(self.line, self.instead)


NOT_STORED = '        add_header Cache-Control "private, no-store" always;\n        add_header Set'
URI = "set req.http.X-Original-URI = req.url;"
MISTAKES = (
    Mistake("private", "nginx", "        proxy_cache_convert_head off;"),
    Mistake("private", "nginx", "Host $http_host", "Host $host"),
    Mistake("private", "varnish", "return (pass);"),
    Mistake("preflight", "nginx", NOT_STORED, "        add_header Set"),
    Mistake("preflight", "nginx", "        add_header Set-Cookie $meter_cookie always;"),
    Mistake("preflight", "nginx", "401 403 500 =", "401 403 ="),
    Mistake("preflight", "nginx", "proxy_set_header X-Original-Method $request_method;"),
    Mistake("preflight", "nginx", "proxy_set_header X-Original-URI $request_uri;"),
    Mistake("preflight", "varnish", URI, f"if (!req.http.X-Original-URI) {{ {URI} }}"),
    Mistake("preflight", "varnish", "set resp.http.Set-Cookie = req.http.Meter-Cookie;"),
)
SPOILS = (with_a_cookie, without_a_lifetime)


def try_mistakes():
    """Yield each mistake in words, and how many leaks it made."""
    for mode in MODES:
        with folder() as place, site(mode, place) as port:
            seed = 100
            for mistake in [each for each in MISTAKES if each.mode == mode]:
                seed += 1
                found = through(
                    mistake.cache, mode, port, EXCHANGES, seed=seed, changed=mistake.made
                )
                first = mistake.line.strip().splitlines()[0]
                yield f"{mode} {mistake.cache}: {first}", len(found.leaks)
            for spoil in SPOILS:
                seed += 1
                found = through("nginx", mode, port, EXCHANGES, seed=seed, spoil=spoil)
                yield f"{mode} nginx: {spoil.__doc__}", len(found.leaks)
