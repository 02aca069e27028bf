"""A proxy between a cache and the site: it counts what reaches the site, without a header's help.

It can also be told to spoil the site's answers, as a plug-in or a neighbour's edit would.
"""

from __future__ import annotations

import http.client
import itertools
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.web.caches.running import BODY_KEY

_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te"}
_NUMBER = itertools.count(1)


def with_a_cookie(headers):
    """Give every answer that a cache may store a cookie of its own."""
    if any(name.lower() == "cache-control" and "public" in value for name, value in headers):
        return [*headers, ("Set-Cookie", f"visitor={next(_NUMBER)}; Path=/")]
    return headers


def without_a_lifetime(headers):
    """Take away what tells a cache to keep its hands off."""
    return [(name, value) for name, value in headers if name.lower() != "cache-control"]


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        """Ask the site the same, note that it was asked, and pass on its answer."""
        between = self.server.between
        between.note(self.command, self.path, self.headers.get("Meter-Body") == BODY_KEY)
        size = int(self.headers.get("Content-Length") or 0)
        sent = [
            (name, value)
            for name, value in self.headers.items()
            if name.lower() not in _OF_ONE_CONNECTION
        ]
        site = http.client.HTTPConnection("127.0.0.1", between.site, timeout=30)
        with suppress(ConnectionError):
            site.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent:
                site.putheader(name, value)
            site.endheaders(self.rfile.read(size))
            self._pass_on(site.getresponse())
        site.close()

    def __getattr__(self, name):
        """Do the same for every method."""
        if name.startswith("do_"):
            return self.do_GET
        raise AttributeError(name)

    def _pass_on(self, answer):
        body = answer.read()
        headers = [
            (name, value)
            for name, value in answer.getheaders()
            if name.lower() not in _OF_ONE_CONNECTION
        ]
        if not any(name.lower() == "content-length" for name, _ in headers):
            headers.append(("Content-Length", str(len(body))))
        if answer.status in (204, 304):
            headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        headers = self.server.between.spoil(headers)
        self.server.between.judge(f"{self.command} {self.path}", headers)
        self.send_response_only(answer.status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle_one_request(self):
        """Take the end of a connection for what it is."""
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True


class Between:
    """How often each page, and each body to be stored, was asked of the site.

    `spoil` changes the headers of its answers.
    """

    def __init__(self, site, spoil=list):
        self.site = site
        self.spoil = spoil
        self.pages = Counter()
        self.bodies = Counter()
        self.cookies_to_store = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
        self.server.daemon_threads = True
        self.server.between = self
        self.port = self.server.server_address[1]

    def note(self, method, path, stored):
        """Count what a reader's browser or the cache fetches; nothing else has a body."""
        if method == "GET":
            with self.lock:
                (self.bodies if stored else self.pages)[path] += 1

    def judge(self, what, headers):
        """Remember an answer that a cache may store and that sets a cookie."""
        named = {name.lower(): value for name, value in headers}
        rule = named.get("cache-control", "")
        if "set-cookie" in named and not ("private" in rule and "no-store" in rule):
            self.cookies_to_store.append(f"{what}: the site sent a cookie with `{rule}`")

    @contextmanager
    def running(self):
        """Answer in a thread until the end of the block."""
        thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join()
