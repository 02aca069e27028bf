"""What the headers of an answer have to be, so that no cache gives one reader's page to another.

Measured on six shared caches: `private` or `no-store` holds on all of them, `Vary: Cookie` does
not, an answer without any header is stored by some, and two hand a stored `Set-Cookie` to the next
reader. Hence: an answer that hung on the reader is `private, no-store`, whatever its status; one
that sets a cookie is never storable; one that is storable never sets a cookie.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["PRIVATE", "Finished", "Headers", "finish"]

Headers = list[tuple[str, str]]

PRIVATE = "private, no-store"
# What tells some cache, or all of them, something else than `Cache-Control` does.
_CACHING = frozenset(
    {"age", "expires", "pragma", "surrogate-control", "x-accel-expires", "edge-control"}
)
_AGE = re.compile(r'(?:s-maxage|max-age)\s*=\s*"?(\d{1,9})', re.IGNORECASE)
_FOREVER = 10**9
_VALIDATORS = ("etag", "last-modified", "accept-ranges")
_OK = 200
_USAGE = "content-usage"
_STORABLE = (200, 203, 206, 304)
_PARTS = (206, 304)
_OF_CONDITIONS = (412, 416)
"""What is answered to what a request says of ranges and of copies that it has."""
_OF_A_WHOLE = ("content-range", *_VALIDATORS)
_RESTRICTED = ("private", "no-store", "no-cache")
_REFUSAL = "the page is only for somebody who reads it: ask again then\n"
_ON_TERMS = "machines read this on other terms: ask for the whole page\n"


class Finished(NamedTuple):
    """An answer as it goes out. Where `body` is not `None`, it stands in for the view's."""

    status: int
    headers: Headers
    body: bytes | None = None


def finish(
    status: int,
    headers: Iterable[tuple[str, str]],
    *,
    refused: bool,
    max_age: int,
    set_cookie: str | None,
    answered: int = 200,
    more: Iterable[tuple[str, str]] = (),
    terms: Iterable[tuple[str, str]] = (),
) -> Finished:
    """Return what goes out of a view's answer that has asked about its reader.

    `refused`: nothing of the view's goes out but a 503. `max_age`: the seconds for which everybody
    gets the same, 0 for none; where the view's own headers allow fewer, it is those. `set_cookie`:
    the reader's cookie, if one has to be set. `answered` is the status that the articles have,
    where it is not 200, `more` are headers that they bring, and `terms` those of that status. A
    part of a page, or word that it has not changed, is no answer of that status: our own text is.
    """
    given = list(headers)
    brought = [pair for pair in more if not _says_itself(given, pair[0])]
    if refused:
        return _refusal(503, _REFUSAL, set_cookie)
    if status not in _OF_CONDITIONS:
        brought += terms
    if answered != _OK and status in _PARTS:
        return _refusal(answered, _ON_TERMS, set_cookie, brought)
    given += brought
    if answered != _OK and status in _STORABLE:
        status = answered
        given = [pair for pair in given if pair[0].lower() not in _OF_A_WHOLE]
    seconds = min(max_age, *_ages(given)) if max_age else 0
    if seconds and set_cookie is None and _may_be_stored(status, given):
        kept = [pair for pair in given if not _is_caching(pair[0])]
        return Finished(status, [*kept, ("Cache-Control", f"public, max-age={seconds}")])
    kept = [
        pair for pair in given if not _is_caching(pair[0]) and pair[0].lower() not in _VALIDATORS
    ]
    kept.append(("Cache-Control", PRIVATE))
    if set_cookie is not None:
        kept.append(("Set-Cookie", set_cookie))
    return Finished(status, kept)


def _says_itself(headers: Headers, name: str) -> bool:
    """Say whether a view has set a header itself of which there is one."""
    return name.lower() == _USAGE and any(given.lower() == _USAGE for given, _ in headers)


def _is_caching(name: str) -> bool:
    lower = name.lower()
    return lower in _CACHING or lower.endswith("cache-control")


def _ages(headers: Headers) -> Iterator[int]:
    """Yield the seconds for which a view says that its answer may be kept; `_FOREVER` at last."""
    for name, value in headers:
        if name.lower() == "cache-control":
            yield from (int(seconds) for seconds in _AGE.findall(value))
    yield _FOREVER


def _may_be_stored(status: int, headers: Headers) -> bool:
    """Say whether everybody gets this answer: nothing in it is one reader's."""
    if status not in _STORABLE:
        return False
    for name, value in headers:
        lower = name.lower()
        if lower == "set-cookie":
            return False
        if _is_caching(lower) and any(word in value.lower() for word in _RESTRICTED):
            return False
        if lower == "vary" and ("*" in value or "cookie" in value.lower()):
            return False
    return True


def _refusal(
    status: int, words: str, set_cookie: str | None, more: Iterable[tuple[str, str]] = ()
) -> Finished:
    body = words.encode()
    headers = [
        *more,
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", PRIVATE),
    ]
    if set_cookie is not None:
        headers.append(("Set-Cookie", set_cookie))
    return Finished(status, headers, body)
