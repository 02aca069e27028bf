"""Hostile requests: no example site crashes, and nobody reads what is not theirs.

Run it: `python -m tests.web.hostile [EXAMPLE…] [--whole]`.

Each request is bytes on a socket. A crash is an answer of 500 and more (503 aside, where a browser
looks ahead), a traceback in the log, or a site that answers no more. A bypass is the whole text
where it may not be, a header that somebody else wrote, an element that an id has brought into a
page, or the ledger of another reader. Without `--whole` a tenth of the requests is sent, drawn with
a seed. Exit code 1 if there is one of these.
"""

from __future__ import annotations

import argparse
import random
import re
import socket
import sys
import time
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote_from_bytes

import html5lib

from meter.web.gate.cookie import CookieJar
from tests.web.sites import NAMES, NEW, STORY, Site

MARK = "X-Injected"
_PATIENCE = 10.0
_HANGING = 0.2
_LONGEST = 5.0
_KEPT_WALL = 3
_MOST_OF_A_COOKIE = 50_000

JUNK = (
    b"",
    b"null",
    b"\xff\xfe\x80",
    b"=;=;=;;;",
    b'"',
    b"a" * 5000,
    b"%00%0d%0a",
    b"../../etc/passwd",
    b"{{7*7}}${7*7}<%= 7 %>",
    b"<script>alert(1)</script>",
    b"2026-01-01T00:00:00Z",
    b"-1",
    b"9" * 400,
    "naïve 日本 🙂".encode(),
    b"\x01\x02\x7f",
)
"""What stands where something else is expected."""

HEADERS = (
    "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Real-IP",
    "User-Agent", "Accept-Language", "Referer", "Accept", "Sec-Purpose", "Purpose",
    "If-None-Match", "If-Modified-Since", "Range", "Accept-Encoding", "Authorization",
    "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "CF-IPCountry",
)  # fmt: off

TITLES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</h1><svg/onload=alert(1)>",
    "<iframe srcdoc='<script>1</script>'>",
    "<!--",
    "]]><b>",
    "<style>*{display:none}</style>",
    "<a href=javascript:alert(1)>x</a>",
    "&lt;script&gt;",
    "{{7*7}}{% raw %}",
    "\u2028\u202e\ufeff\u0000<b>",
    "<textarea><title>",
    "'-alert(1)-'",
    "<template><base href=//evil.example>",
)
"""Ids that would be mark-up."""

BODIES = (
    b"",
    b"account",
    b"account=",
    b"account=%20%09",
    b"account=%00",
    b"account=%0d%0aX-Injected:%201",
    b"account=%ff%fe",
    b"account=%",
    b"account=%zz",
    b"account=a&account=b",
    b"account[]=a",
    b"&&&===",
    b'{"account": "a"}',
    b"\xff\x00\xfe",
    b"account=" + b"a" * 100_000,
    b"a=1&" * 2000,
    b"account=%ed%a0%80",
    b"account=device:x",
    b"account=account:x",
    b"account=<script>",
    b"--x\r\nContent-Disposition: form-data; name=account\r\n\r\nsub\r\n--x",
)
"""Forms for signing in that are none, or that hold what no account is called."""

RAW = (
    b"\r\n\r\n",
    b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
    b"GET\r\n\r\n",
    b"GET /articles/premium-1\r\n",
    b"GET /articles/premium-1 HTTP/9.9\r\n\r\n",
    b"GET /articles/premium-1 HTTP/1.1\r\n\r\n",
    b"GET /articles/premium-1\r\nX-Injected: 1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /articles/premium-\xff\xfe\x80 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /articles/premium- b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET //evil.example/articles/premium-1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET http://evil.example/articles/premium-1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET /articles/premium-1 HTTP/1.1\r\nHost: a\r\nCookie: reader=a\r\n  folded\r\n\r\n",
    b"GET /articles/premium-1 HTTP/1.1\r\nHost: a\r\nCookie: reader=\x00\r\n\r\n",
    b"GET /articles/premium-1 HTTP/1.1\r\nHost: a\r\nno colon here\r\n\r\n",
    b"GET /articles/premium-1 HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\naccount=a",
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /me HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0",
    b"POST /me HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\nGET /articles/premium-1",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"DELETE /me HTTP/1.1\r\nHost: \xff\r\nOrigin: http://\xff\r\nConnection: close\r\n\r\n",
)
"""What is hardly HTTP."""

METHODS = ("HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "BREW", "G" * 300)


class Attack(NamedTuple):
    """A request, or what is none."""

    label: str
    raw: bytes
    refusable: bool = False
    """Whether it announces that it looks ahead, so that 503 is a right answer."""
    whole: bool = True
    """Whether it is a request that a site answers, and then closes the connection."""


def request(method, target, headers=(), body=None):
    """Return the bytes of a request; header values are text, or bytes as they are."""
    lines = [
        f"{method} ".encode() + target + b" HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Connection: close",
    ]
    for name, value in headers:
        lines.append(
            name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
        )
    if body is not None:
        lines.append(b"Content-Length: " + str(len(body)).encode())
    return b"\r\n".join([*lines, b"", body or b""])


def _article(name):
    return b"/articles/" + quote_from_bytes(name.encode(errors="surrogatepass"), safe="/").encode()


def forged(cookie, draws):
    """Yield cookies that are nearly one that was given: none of them may be believed."""
    letters = "ABCxyz019-_."
    for _ in range(60):
        at = draws.randrange(len(cookie))
        letter = draws.choice([each for each in letters if each != cookie[at]])
        yield cookie[:at] + letter + cookie[at + 1 :]
    for cut in (1, 5, 27, len(cookie) // 2):
        yield cookie[:-cut]
        yield cookie[cut:]
    yield cookie.replace(".", "..")
    yield cookie + "." + cookie
    yield (
        CookieJar("reader", "another key")
        .set(CookieJar("reader", NEW).read(f"reader={cookie}", int(time.time()))[0], secure=False)
        .partition("=")[2]
        .partition(";")[0]
    )
    yield from ("a.b.c", ".", "....", "W10.x", "e30", '"', "%22", "ey" * 3000, "\u00e9")


def attacks_on_premium(cookie, draws):
    """Yield what comes with no cookie that counts: premium is whole for none of them."""
    target = b"/articles/premium-1"
    for value in forged(cookie, draws):
        for name in ("reader", "session", "sessionid"):
            yield Attack(f"forged {name}", request("GET", target, [("Cookie", f"{name}={value}")]))
    for junk in JUNK:
        yield Attack("junk cookie", request("GET", target, [("Cookie", b"reader=" + junk)]))
        yield Attack("junk session", request("GET", target, [("Cookie", b"session=" + junk)]))
    many = "; ".join(f"reader=v{number}" for number in range(1000))
    yield Attack("a thousand cookies", request("GET", target, [("Cookie", many)]))
    yield Attack("cookies twice", request("GET", target, [("Cookie", "reader=a")] * 50))
    for raw in RAW:
        yield Attack(f"raw {raw[:60]!r}", raw, whole=False)


def attacks_at_the_wall(cookies):
    """Yield what a reader sends whose allowance is spent: nothing new opens."""
    number = 0
    for name in HEADERS:
        for junk in (*JUNK, b"127.0.0.1", b"prefetch", b"bytes=0-", b"https", b"*"):
            number += 1
            headers = [("Cookie", cookies), (name, junk)]
            raw = request("GET", _article(f"n{number}"), headers)
            yield Attack(f"{name}: {junk[:20]!r}", raw, refusable="urpose" in name)
        headers = [("Cookie", cookies), (name, b"x" * 100_000)]
        yield Attack(f"{name}: 100 kB", request("GET", _article("huge"), headers))
        headers = [("Cookie", cookies), (name, "127.0.0.1"), (name, "prefetch"), (name, "https")]
        yield Attack(f"{name} thrice", request("GET", _article("thrice"), headers), refusable=True)
    several = [("Cookie", cookies), *((f"X-{number}", "y" * 90) for number in range(1000))]
    yield Attack("a thousand headers", request("GET", _article("many"), several))
    padded = "; ".join([*(f"c{number}=1" for number in range(12_000)), cookies])
    yield Attack("100 kB of cookies", request("GET", b"/articles/premium-2", [("Cookie", padded)]))
    for method in METHODS:
        headers = [("Cookie", cookies)]
        yield Attack(f"method {method[:9]}", request(method, _article("method"), headers, b"a=b"))
    for path in (
        b"/articles/%0d%0aX-Injected:%201",
        b"/articles/%00",
        b"/articles/%ff%fe",
        b"/articles/%ed%a0%80",
        b"/articles/..%2f..%2fpremium-1",
        b"/articles/" + b"x" * 60_000,
        b"/articles/" + b"/" * 3000,
        b"/articles/" + b"%2e%2e/" * 500,
        b"/articles/%",
        b"/articles/%zz",
        b"/articles/premium-1%00free-1",
        b"/articles/PREMIUM-1",
        b"/articles/a?" + b"q=1&" * 10_000,
        b"/articles/a;free-1",
        b"/articles/a#free-1",
        b"/articles/%E2%80%AEfree-1",
        b"/nothing/%0d%0aX-Injected:%201",
        b"/sign-in/%0d%0aX-Injected:%201",
        b"/me/ledger/../../articles/premium-1",
    ):
        yield Attack(f"path {path[:40]!r}", request("GET", path, [("Cookie", cookies)]))


def attacks_on_forms(cookies):
    """Yield what is no form, or comes from elsewhere."""
    kinds = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain")
    for body in BODIES:
        for kind in (*kinds, "multipart/form-data", "application/json", "\u00e9"):
            headers = [("Cookie", cookies), ("Content-Type", kind.encode())]
            yield Attack(f"form {body[:20]!r}", request("POST", b"/sign-in", headers, body))
    for name in ("Origin", "Sec-Fetch-Site", "Host"):
        for junk in (*JUNK, b"http://[::1", b"http://a:99999999", b"file://", b"http://\xc3\xa9"):
            for method, path in (("POST", b"/sign-out"), ("DELETE", b"/me")):
                yield Attack(f"{name} {junk[:20]!r}", request(method, path, [(name, junk)], b""))


def sent(site, attack):
    """Send a request, and return the answer: all of it, or what comes until the site hangs up.

    A site that waits for the rest of what is no whole request is not waited for.
    """
    patience = _PATIENCE if attack.whole else _HANGING
    with socket.create_connection(("127.0.0.1", site.port), patience) as connection:
        parts = []
        with suppress(OSError):
            connection.sendall(attack.raw)
        with suppress(OSError):
            while not is_complete(b"".join(parts)) and (part := connection.recv(65_536)):
                parts.append(part)
    return b"".join(parts)


def is_complete(answer):
    """Say whether an answer has all of the body that it announces."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return length is not None and 0 < int(length[1]) <= len(body)


def judged(attack, answer):
    """Yield what is wrong with an answer."""
    head, _, _ = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if status and status[0].isdigit() and int(status[0]) >= 500:
        known = status[0] == b"501" or (status[0] == b"503" and attack.refusable)
        if not known:
            yield f"crash: {attack.label} is answered with {head[:60]!r}"
    if STORY.encode() in answer:
        yield f"bypass: {attack.label} gets the whole text"
    for line in head.split(b"\r\n")[1:]:
        if line.lower().startswith(MARK.lower().encode()):
            yield f"bypass: {attack.label} writes a header"


def skeleton(page):
    """Return the elements of a page, each with the names of its attributes."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    return [(element.tag, sorted(element.attrib)) for element in tree.iter()]


def titles(site, chosen=TITLES):
    """Yield each id that has changed the elements of its page, as a whole page and at the wall."""
    whole = skeleton(site.jar().open("title").text)
    wall_jar, _ = walled(site)
    wall = skeleton(wall_jar.open("title").text)
    for title in chosen:
        if skeleton(site.jar().open(title).text) != whole:
            yield f"bypass: the id {title!r} is mark-up in a page"
        language = "de-" + title.encode("ascii", "replace").decode().replace("\0", "?")
        if skeleton(wall_jar.open(title, Accept_Language=language).text) != wall:
            yield f"bypass: the id {title!r} is mark-up at the wall"


def accounts(site, chosen=BODIES):
    """Yield each form whose account, once it is signed in to, gets no page and no ledger."""
    for body in chosen:
        if len(body) > _MOST_OF_A_COOKIE:  # browsers keep no session of that size
            continue
        jar = site.jar()
        steps = [("POST", "/sign-in", body), ("GET", "/articles/a1", None)]
        steps += [("GET", "/me/ledger", None), ("DELETE", "/me", None)]
        answers = [jar.send(*step).status for step in steps]
        if max(answers) >= 500 or answers[1] != 200:
            yield f"crash: after the form {body[:30]!r} the site answers {answers}"


def impostors(site):
    """Yield what somebody learns or loses who signs in with the name of another's device."""
    reader = site.jar()
    for article in ("a1", "a2"):
        reader.open(article)
    cookie, _ = CookieJar("reader", NEW).read(f"reader={reader.cookies['reader']}", 0)
    for name in (cookie.reader_id, cookie.device, f"account:{cookie.reader_id}"):
        impostor = site.jar()
        impostor.sign_in(name)
        if impostor.ledger():
            yield f"bypass: the account {name!r} sees a device's ledger"
        impostor.send("DELETE", "/me")
    if reader.ledger() != ["a1", "a2"]:
        yield "bypass: a device was forgotten by somebody else"


def walled(site):
    """Return a browser whose allowance is spent, and its cookies as a header."""
    jar = site.jar()
    for number in range(_KEPT_WALL):
        jar.open(f"spent-{number}")
    return jar, "; ".join(f"{name}={value}" for name, value in jar.cookies.items())


def raised(told):
    """Return the last line of each traceback in a log but those of clients that hung up."""
    last = re.findall(r"^Traceback.*(?:\n +.*|\n)*?\n(\S.*)$", told, re.MULTILINE)
    return [line for line in last if "ClientDisconnect" not in line]


def attacked(site, share=1.0):
    """Send what a share of the attacks is; return how many were sent, and what went wrong."""
    draws = random.Random(13)
    jar, cookies = walled(site)
    planned = [
        *attacks_on_premium(jar.cookies["reader"], draws),
        *attacks_at_the_wall(cookies),
        *attacks_on_forms(cookies),
    ]

    def drawn(all_of_them):
        return draws.sample(all_of_them, max(3, round(len(all_of_them) * share)))

    chosen, ids, forms = drawn(planned), drawn(TITLES), drawn(BODIES)
    before = len(site.told())
    faults = []
    for attack in chosen:
        began = time.monotonic()
        faults += judged(attack, sent(site, attack))
        if time.monotonic() - began > _LONGEST:
            faults.append(f"crash: {attack.label} takes {time.monotonic() - began:.0f} s")
    faults += [*titles(site, ids), *accounts(site, forms), *impostors(site)]
    told = site.told()[before:]
    faults += [f"crash: {error}" for error in raised(told)]
    faults += [
        f"bypass: a line of the log is somebody's: {line!r}"
        for line in told.splitlines()
        if line.startswith(MARK)
    ]
    if site.jar().open("a1").status != 200:
        faults.append("crash: the site answers no more")
    return len(chosen) + 2 * len(ids) + 4 * len(forms), faults


def main(words=None):
    """Attack each example, and print what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.hostile")
    parser.add_argument("sites", nargs="*", metavar="EXAMPLE", help=", ".join(NAMES))
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args(words)
    wrong = 0
    for name in given.sites or NAMES:
        site = Site(name)
        try:
            count, faults = attacked(site, 1.0 if given.whole else 0.1)
        finally:
            site.close()
        crashes = sum(fault.startswith("crash") for fault in faults)
        sys.stdout.write(
            f"{name}: {count} requests, {crashes} crashes, {len(faults) - crashes} bypasses\n"
        )
        for fault in faults:
            sys.stdout.write(f"  {fault}\n")
        wrong += len(faults)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
