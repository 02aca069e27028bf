"""Ask the site, for a cache that starts helpers: a line in, a line out.

`python asking.py squid|apache PORT HEADERS`. A line has the method, the address and the values of
the headers, each URL-encoded, a blank between two. The answer is what the site says: the word
`open` or the refusal, and the cookie that the reader is to have.
"""

from __future__ import annotations

import http.client
import sys
from urllib.parse import unquote, urlsplit


def ask(port, headers, line):
    """Return the word and the cookie."""
    method, address, *values = (unquote(word) for word in line.split(" "))
    parts = urlsplit(address)
    sent = {"X-Original-Method": method, "X-Original-URI": parts.path}
    if parts.query:
        sent["X-Original-URI"] += f"?{parts.query}"
    given = zip(headers, values, strict=False)  # Squid adds a word for its own use
    sent |= {name: value for name, value in given if value not in ("", "-")}
    site = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        site.request("GET", "/preflight", headers=sent)
        answer = site.getresponse()
    except OSError:
        return "wall", ""
    finally:
        site.close()
    if answer.status in (200, 204):
        return "open", answer.getheader("Set-Cookie") or ""
    return answer.getheader("Meter-Refusal") or "wall", ""


def squid(word, cookie):
    """Return a line as Squid reads it: notes whose names end in a line."""
    kept = cookie.replace("\\", "\\\\").replace('"', '\\"')
    return f'OK meter_={word} cookie_="{kept}"' if kept else f"OK meter_={word}"


def apache(word, cookie):
    """Return a line for a rewrite map."""
    return f"{word} {cookie}".strip()


def main(cache, port, headers):
    """Answer until there are no more lines."""
    put = {"squid": squid, "apache": apache}[cache]
    for line in sys.stdin:
        sys.stdout.write(put(*ask(int(port), headers.split(","), line.rstrip("\n"))) + "\n")
        sys.stdout.flush()


main(*sys.argv[1:])
