"""The crawlers that a publisher knows, and by what each is verified."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import Factory, field, frozen
from attrs.converters import optional

from meter.errors import quoted
from meter.errors.kinds import TEXT, as_tuple, choice, each, maybe, text
from meter.errors.values import Fault, check_fields, refuse
from meter.vocabulary import CrawlerClass, crawler_class
from meter.web.addresses import AddressRange, parse_range
from meter.web.machines.browsers import is_said_by_people
from meter.web.machines.directories import keys_address

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DIRECTORY_FORM", "DOMAIN_FORM", "KnownCrawler", "directory_step", "domain_step"]

DOMAIN_FORM = "a domain such as `googlebot.com`"
DIRECTORY_FORM = "where its keys are, such as `https://agent.example`"
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_LONGEST_DOMAIN = 253
_LEAST_AGENT = 3


def domain_step(domain: str) -> str | None:
    """Return the next step if a text is no domain that an operator can have, else nothing.

    >>> domain_step("googlebot.com"), domain_step("com")
    (None, 'write two parts at least, as in `googlebot.com`')
    """
    if len(domain) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(domain):
        return None
    if domain != domain.lower() and domain_step(domain.lower()) is None:
        return f"write it in small letters: `{domain.lower()}`"
    bare = domain.removeprefix("*").removeprefix(".")
    if bare != domain and domain_step(bare) is None:
        return f"leave out what stands before it: `{bare}` covers all names below it"
    if "." not in domain:
        return "write two parts at least, as in `googlebot.com`"
    return f"write {DOMAIN_FORM}"


def agent_step(agent: str) -> str | None:
    """Return the next step if a word of a `User-Agent` tells no crawler from people."""
    if len(agent) < _LEAST_AGENT:
        return "write three letters at least"
    if is_said_by_people(agent):
        return "browsers of people say that: write a word nobody else has, such as `Googlebot`"
    return None


def directory_step(address: str) -> str | None:
    """Return the next step if a text is not where keys can be, else nothing."""
    if keys_address(address) is not None:
        return None
    if address.startswith("http://"):
        return "keys are only fetched over `https`"
    return f"write {DIRECTORY_FORM}"


def _ranges(given: Iterable[str | AddressRange]) -> tuple[AddressRange, ...]:
    if isinstance(given, str):
        raise TypeError('`ranges` are a list such as `["192.0.2.0/24"]`, not one text')
    return tuple(parse_range(word) if isinstance(word, str) else word for word in given)


def _domains(given: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(given)


@frozen(kw_only=True)
class KnownCrawler:
    """One crawler or agent, and by what it is verified: one of the three at least.

    - `name`: what files and messages call it.
    - `kind`: its `CrawlerClass`, or its word; `None` where that is not known.
    - `agent`: the word of its `User-Agent` by which it says who it is; its name unless given. Only
      requests with that word are looked at for ranges and domains.
    - `ranges`: its addresses, as `parse_range` reads them or `published_ranges` returns them.
    - `domains`: the domains that its addresses have names in, such as `googlebot.com`.
    - `keys`: where the keys are that sign its requests: the `https` address of its site, whose
      directory is then asked, or of the very list of keys.

    Raises `ValueError` for what cannot be, and for one that nothing could ever verify.
    """

    name: str
    kind: CrawlerClass | None = field(default=None, converter=optional(crawler_class))
    agent: str = Factory(lambda crawler: crawler.name, takes_self=True)
    ranges: tuple[AddressRange, ...] = field(default=(), converter=_ranges)
    domains: tuple[str, ...] = field(default=(), converter=_domains)
    keys: str | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, _KINDS)
        for domain in self.domains:
            step = domain_step(domain)
            if step is not None:
                message = f"`domains` holds {DOMAIN_FORM}, not {quoted(domain)}"
                refuse(self, "domains", Fault("bad-domain", message, step))
        step = None if self.keys is None else directory_step(self.keys)
        if step is not None:
            message = f"`keys` is {DIRECTORY_FORM}, not {quoted(self.keys)}"
            refuse(self, "keys", Fault("bad-link", message, step))
        step = agent_step(self.agent) if self.ranges or self.domains else None
        if step is not None:
            message = f"`agent` is a word of its own `User-Agent`, not {quoted(self.agent)}"
            refuse(self, "agent", Fault("bad-value", message, step))
        if not (self.ranges or self.domains or self.keys):
            refuse(self, "name", _UNPROVABLE)


_UNPROVABLE = Fault(
    "unprovable-crawler",
    "nothing could prove that a request is this crawler's",
    "add its published ranges, the domains of its addresses, or where its keys are",
)
_KINDS = {
    "name": text(may_be_empty=False),
    "kind": maybe(choice(CrawlerClass)),
    "agent": text(may_be_empty=False),
    "domains": each(TEXT, '["googlebot.com"]'),
    "keys": maybe(TEXT),
}
