"""The forms in which words are compared and lengths of time are written.

Words of the publisher's own come as an editor, an address or a database has them: with blanks, with
slashes, in either of Unicode's forms. None of that decides anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import cast
from unicodedata import normalize
from urllib.parse import SplitResult, unquote, urlsplit

from meter.errors.kinds import as_set, length, span
from meter.errors.values import MOST_DAYS

__all__ = [
    "LENGTH",
    "SPAN",
    "Words",
    "as_length",
    "as_span",
    "countries",
    "country_code",
    "covering",
    "covers",
    "host",
    "hosts",
    "language_tag",
    "languages",
    "length_text",
    "parse_length",
    "parse_span",
    "plain",
    "section_path",
    "sections",
    "span_text",
    "split_address",
    "words",
]

Words = list[str] | tuple[str, ...] | AbstractSet[str]
"""Several words; one word alone is a mistake that the type tells."""

# What browsers do to an address before they look for its host (the URL standard, whatwg.org).
_BLANK = "".join(map(chr, range(0x21)))
_IGNORED = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORT = re.compile(r"[0-9]+(?:[/?#]|$)")
_FORBIDDEN = re.compile(r"[\x00-\x20#%/<>?@\\^|\[\]]")
_WEB = frozenset({"http", "https", "ws", "wss", "ftp"})

_SLASHES = "/ \t\n"
_CODE = re.compile("[A-Za-z]{1,3}(-[A-Za-z0-9]{1,3})?")
_LENGTH = re.compile(r"([0-9]{1,6}) (hour|day|week)s?", re.ASCII)
_LONGEST = timedelta(days=MOST_DAYS)
_UNITS = {"week": 10_080, "day": 1440, "hour": 60, "minute": 1}
"""How many minutes each unit of a length has."""
_SPAN = re.compile(r"([0-9]{1,9}) (minute|hour|day|week)s?", re.ASCII)
_FRACTION = re.compile(r"([0-9]{1,6}[.,][0-9]{1,6}) (minute|hour|day|week)s?", re.ASCII)
MOST_SPAN_DAYS = 200_000
"""The longest time since something happened, in days: further back than any archive goes."""


def plain(word: str) -> str:
    """Return a word as it is compared: without blanks at its ends, in Unicode's form NFC."""
    word = word.strip()
    return word if word.isascii() else normalize("NFC", word)


def _compared(value: Words, form: Callable[[str], str]) -> frozenset[str]:
    """Return several words, each in the form in which it is compared."""
    found = as_set(value)
    if not found or type(found) is not frozenset:
        return found
    return frozenset(form(word) if isinstance(word, str) else word for word in found)


def words(value: Words) -> frozenset[str]:
    """Return several words as they are compared."""
    found = as_set(value)
    if type(found) is not frozenset:
        return found
    for word in found:
        if type(word) is not str or word.strip() is not word or not word.isascii():
            return _compared(found, plain)
    return found


def language_tag(language: str) -> str:
    """Return a language as it is compared: in lower case, with hyphens (BCP 47)."""
    return language.strip().replace("_", "-").lower()


def host(referrer: str) -> str:
    r"""Return the host of a referrer, as a browser reads it: an address, or a bare domain.

    No referrer at all, and what no browser would go to, is the empty host. An international name is
    in its ASCII form (`xn--…`), so that both forms of one host are one.

    >>> host(r"https://evil.example\@google.com/"), host("google.com/url?q=https://evil.example/x")
    ('evil.example', 'google.com')
    """
    address = _IGNORED.sub("", referrer.strip(_BLANK)).replace("\\", "/")
    try:
        name = unquote(urlsplit(_with_authority(address)).hostname or "")
        if not name.isascii():
            name = name.encode("idna").decode()
        return "" if _FORBIDDEN.search(name) else name.lower().rstrip(".")
    except ValueError:  # brackets that do not close, a name that cannot be one
        return ""


def split_address(address: str) -> SplitResult | None:
    r"""Split an address of a page as a browser reads it; without a scheme or `//` it is a path.

    `None` for one that no browser would go to, such as `urn:isbn:0`. Raises `ValueError` for a host
    that cannot be one.

    >>> split_address("https:\\example.com\markets?page=2").path
    '/markets'
    """
    address = _IGNORED.sub("", address.strip(_BLANK)).replace("\\", "/")
    scheme = _SCHEME.match(address)
    if scheme is None and not address.startswith("//"):
        return urlsplit(address)
    if scheme is not None and scheme[1].lower() not in _WEB:
        return None
    return urlsplit(_with_authority(address))


def _with_authority(address: str) -> str:
    """Return an address with `//` before its host, as the URL standard's parser would find it."""
    scheme = _SCHEME.match(address)
    if scheme is None:
        bare = not address.startswith(("/", "?", "#"))
        return f"//{address.removeprefix('//')}" if bare or address.startswith("//") else ""
    rest = address[scheme.end() :]
    if scheme[1].lower() in _WEB:
        return f"{scheme[1]}://{rest.lstrip('/')}"
    if rest.startswith("//"):
        return address
    # `example.com:8080/path` has a port, not a scheme; `mailto:` and its like have no host.
    return f"//{address}" if _PORT.match(rest) else ""


def covering(value: str, mark: str) -> Iterator[str]:
    """Yield every word that covers a value, the most specific first.

    `mark` joins its parts. A host is covered from its end (`google.com` covers `news.google.com`),
    anything else from its start (`markets` covers `markets/asia`).
    """
    yield value
    while mark and mark in value:
        value = value.partition(mark)[2] if mark == "." else value.rpartition(mark)[0]
        yield value


def covers(word: str, value: str, mark: str) -> bool:
    """Say whether a word covers a value; see `covering`."""
    return word in covering(value, mark)


def hosts(value: Words) -> frozenset[str]:
    """Return several referrers as their hosts."""
    return _compared(value, host)


def languages(value: Words) -> frozenset[str]:
    """Return several languages as they are compared."""
    return _compared(value, language_tag)


def country_code(country: str) -> str:
    """Return a country as it is compared: its code, or one of its regions', in capitals."""
    code = country.strip()
    return code.upper() if _CODE.fullmatch(code) else code


def countries(value: Words) -> frozenset[str]:
    """Return several countries as they are compared."""
    return _compared(value, country_code)


def section_path(section: str) -> str:
    """Return a section as it is compared: without slashes and blanks at its ends.

    >>> section_path(" /markets/asia/ "), section_path("markets")
    ('markets/asia', 'markets')
    """
    return plain(section.strip(_SLASHES))


def sections(value: Words) -> frozenset[str]:
    """Return several sections as they are compared."""
    return _compared(value, section_path)


def parse_length(text: str) -> timedelta:
    """Read an absolute length: a whole number of hours, days or weeks (a day is 24 hours).

    >>> parse_length("30 days").days
    30
    """
    match = _LENGTH.fullmatch(text)
    if not match:
        raise ValueError(f"`{text}` is not a length such as `30 days`, `36 hours` or `2 weeks`")
    length = timedelta(**{f"{match[2]}s": int(match[1])})
    if not timedelta() < length <= _LONGEST:
        raise ValueError(f"`{text}` is not between 1 hour and 3660 days")
    return length


def length_text(length: timedelta) -> str:
    """Write a length as a policy file does: in days where it is whole days, otherwise in hours."""
    hours = length // timedelta(hours=1)
    count, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def parse_span(text: str) -> timedelta:
    """Read the time since something: a whole number of minutes, hours, days or weeks.

    >>> parse_span("90 minutes").seconds, parse_span("2 weeks").days
    (5400, 14)
    """
    match = _SPAN.fullmatch(text)
    if not match:
        step = _whole_units(text)
        raise ValueError(f"`{text}` is not a length such as `1 hour`, `7 days` or `2 weeks`{step}")
    minutes = int(match[1]) * _UNITS[match[2]]
    if minutes > MOST_SPAN_DAYS * _UNITS["day"]:
        raise ValueError(f"`{text}` is longer than {MOST_SPAN_DAYS} days")
    return timedelta(minutes=minutes)


def _whole_units(text: str) -> str:
    """Return what to write in place of a fraction of a unit: `1.5 hours` is `90 minutes`."""
    match = _FRACTION.fullmatch(text)
    if not match:
        return ""
    minutes = float(match[1].replace(",", ".")) * _UNITS[match[2]]
    whole = span_text(timedelta(minutes=minutes))
    return f": units are whole, so write `{whole}`" if minutes.is_integer() else ": units are whole"


def span_text(length: timedelta) -> str:
    """Write the time since something as a policy file does: in days, or in hours, or in minutes.

    >>> span_text(timedelta(days=7)), span_text(timedelta(minutes=90))
    ('7 days', '90 minutes')
    """
    minutes = length // timedelta(minutes=1)
    for unit in ("day", "hour", "minute"):
        count, rest = divmod(minutes, _UNITS[unit])
        if not rest:
            break
    return f"{count} {unit}{'' if count == 1 else 's'}"


SPAN = length(parse_length, "a length such as `30 days`", timedelta(hours=1))
"""The kind of a length of time that is not nothing."""


LENGTH = span(parse_span)
"""The kind of the time since something."""


def as_span(value: str | timedelta) -> timedelta:
    """Return the time since something that may be written as a text; what is none stays."""
    if isinstance(value, str) and LENGTH(value, "") is None:
        return parse_span(value)
    return cast("timedelta", value)


def as_length(value: str | timedelta) -> timedelta:
    """Return a length that may be written as a text; what is none stays, to be refused."""
    if isinstance(value, str) and SPAN(value, "") is None:
        return parse_length(value)
    return cast("timedelta", value)
