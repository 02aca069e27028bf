"""Says of a request whether it is a verified crawler's or agent's, and of which class."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from meter.clock import system_clock
from meter.errors import quoted
from meter.vocabulary import CrawlerClass
from meter.web.addresses import address_of
from meter.web.gate.kinds import SIGNATURE_INPUT
from meter.web.machines.crawlers import KnownCrawler
from meter.web.machines.directories import KeyDirectory, by_directory
from meter.web.machines.fetching import HttpsDirectory
from meter.web.machines.keys import AgentKeys, read_keys
from meter.web.machines.lookups import Ages, Lookups, Patience, UnknownAnswerError
from meter.web.machines.names import (
    NameQuestion,
    Resolver,
    SystemResolver,
    network_of,
    proven_name,
)
from meter.web.machines.ranges import AddressSet
from meter.web.machines.replays import UsedSignatures
from meter.web.machines.signatures import (
    RefusedSignatureError,
    check_signature,
    signature_claims,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.web.addresses import Address
    from meter.web.gate.edges import CrawlerWord
    from meter.web.gate.request import WebRequest
    from meter.web.machines.keys import AgentKey
    from meter.web.machines.signatures import SignatureClaim

__all__ = ["Machines"]

LOG = logging.getLogger("meter.web")

_NAMES_FOR = Ages(found=6 * 3600.0, nothing=600.0, failed=30.0)
_KEYS_FOR = Ages(found=3600.0, nothing=60.0, failed=30.0)
_KEYS_AGAIN = 60.0
"""After how many seconds a directory is asked again that does not have a key."""
_MOST_NAMES = 10_000
_HANGING = 4
"""How many times as many look-ups may hang as views may wait."""
_DAY = timedelta(days=1)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Machines:
    """Verifies crawlers and agents; give it to a `Gate` as its `crawler`.

    - `crawlers`: those that are known, each a `KnownCrawler`.
    - `hosts`: the hosts of this site as browsers ask for them, such as `harbour.example`: a
      signature that was made for another site proves nothing here. Needed where a crawler has keys.
    - `resolver`: asks for names and addresses; that of the system unless given.
    - `keys`: fetches the keys of agents, from the addresses of `crawlers` only.
    - `deadline`: how long one request waits at most for all of that. Who is not verified by then
      is not verified; the answer is there for the next request.
    - `at_once`: how many requests may wait for that at the same time; others do not wait.
    - `longest`: for how long a signature may be made.
    - `clock` returns the time, with a zone; `timer` seconds that only grow.

    Raises `TypeError` for what are no crawlers, and `ValueError` for those that cannot be told
    apart, and where `hosts` are missing.
    """

    def __init__(
        self,
        crawlers: Iterable[KnownCrawler],
        *,
        hosts: Iterable[str] = (),
        resolver: Resolver | None = None,
        keys: KeyDirectory | None = None,
        deadline: timedelta = timedelta(milliseconds=500),
        at_once: int = 4,
        longest: timedelta = _DAY,
        clock: Callable[[], datetime] = system_clock,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.crawlers = _checked_crawlers(crawlers)
        self._hosts = _checked_hosts(hosts)
        self._directories = _directories(self.crawlers, self._hosts)
        # The longest word first: `Googlebot-News` is one, and holds `Googlebot`.
        by_agent = sorted(self.crawlers, key=lambda crawler: -len(crawler.agent))
        self._named = [
            (crawler.agent.lower(), crawler, AddressSet(crawler.ranges))
            for crawler in by_agent
            if crawler.ranges or crawler.domains
        ]
        self._tokens = [
            crawler.agent.lower()
            for crawler in self.crawlers
            if crawler.ranges or crawler.domains or crawler.agent != crawler.name
        ]
        self._deadline = deadline.total_seconds()
        self._longest = longest
        self._clock = clock
        self._timer = timer
        self._waiting = BoundedSemaphore(at_once)
        self._used = UsedSignatures()
        asked = resolver or SystemResolver()
        self._names: Lookups[NameQuestion, str] = Lookups(
            lambda question: proven_name(question, asked),
            what="the name of",
            ages=_NAMES_FOR,
            most=_MOST_NAMES,
            at_once=at_once * _HANGING,
            timer=timer,
            source=network_of,
            each=at_once,
        )
        directory = keys or HttpsDirectory()
        self._keys: Lookups[str, AgentKeys] = Lookups(
            lambda address: read_keys(directory.read(address)),
            what="the keys at",
            ages=_KEYS_FOR,
            most=len(self._directories) + 1,
            at_once=at_once * _HANGING,
            timer=timer,
        )

    def __call__(self, request: WebRequest) -> CrawlerWord:
        """Return the class of a verified crawler, `True` for one without, `False` for any other.

        `client` of the request is the reader's address, `scheme` and the header `host` what the
        reader asked for. It blocks, for `deadline` at most; it raises nothing.
        """
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._verify(request, Patience(self._timer() + self._deadline))
        finally:
            self._waiting.release()

    def claims(self, request: WebRequest) -> bool:
        """Say whether a request has the `agent` of a known crawler, which proves nothing."""
        agent = request.user_agent.lower()
        return any(token in agent for token in self._tokens)

    def without_asking(self, request: WebRequest) -> CrawlerWord | None:
        """Return what a call does, without waiting; `None` where somebody has to be asked."""
        try:
            return self._verify(request, Patience(None))
        except UnknownAnswerError:
            return None

    def _verify(self, request: WebRequest, patience: Patience) -> CrawlerWord:
        if self._directories and SIGNATURE_INPUT in request.headers:
            try:
                return self._by_signature(request, patience)
            except RefusedSignatureError as error:
                LOG.debug("an agent's request is not verified: %s", error)
        agent = request.user_agent.lower()
        claimed = [each for each in self._named if each[0] in agent]
        address = address_of(request.client) if claimed else None
        if address is None:
            return False
        return self._by_address(address, claimed, patience)

    def _by_address(
        self,
        address: Address,
        claimed: list[tuple[str, KnownCrawler, AddressSet]],
        patience: Patience,
    ) -> CrawlerWord:
        """Verify one of the crawlers that a request claims to be by where it comes from."""
        for _, crawler, ranges in claimed:
            if address in ranges:
                return crawler.kind or True
        for _, crawler, _ in claimed:
            question = NameQuestion(str(address), crawler.domains)
            if crawler.domains and patience.ask(self._names, question) is not None:
                return crawler.kind or True
        return False

    def _by_signature(self, request: WebRequest, patience: Patience) -> CrawlerWord:
        """Verify the agent that has signed a request, or raise `RefusedSignatureError`."""
        host = _authority(request)
        if host not in self._hosts:
            raise RefusedSignatureError("the request is for another site")
        now = self._clock().astimezone(UTC)
        refusal = RefusedSignatureError("no signature has the tag of an agent")
        for claim in signature_claims(request, now, self._longest):
            try:
                crawler, key = self._key(claim, patience)
                check_signature(request, claim, key)
            except RefusedSignatureError as error:
                refusal = error
                continue
            target = f"{request.method} {request.scheme}://{host}{request.url}"
            if self._used.may_use(claim, target, now):
                return crawler.kind or CrawlerClass.AGENT
            refusal = RefusedSignatureError("the signature was used before")
        raise refusal

    def _key(self, claim: SignatureClaim, patience: Patience) -> tuple[KnownCrawler, AgentKey]:
        """Return whose key a claim names, and the key: from a directory that is listed."""
        for address, crawler in self._directories.items():
            if claim.keys in (None, address):
                key = self._found(address, claim.keyid, patience)
                if key is not None:
                    return crawler, key
        raise RefusedSignatureError("no listed directory has the key")

    def _found(self, address: str, keyid: str, patience: Patience) -> AgentKey | None:
        keys = patience.ask(self._keys, address)
        if keys is not None and keyid not in keys:
            keys = patience.ask(self._keys, address, younger=_KEYS_AGAIN)
        return None if keys is None else keys.get(keyid)


def _authority(request: WebRequest) -> str:
    """Return the host that was asked for, without the port that goes without saying."""
    host = request.header("host").lower()
    return host.removesuffix(_DEFAULT_PORTS.get(request.scheme, " "))


def _checked_crawlers(crawlers: Iterable[KnownCrawler]) -> tuple[KnownCrawler, ...]:
    found = tuple(crawlers) if isinstance(crawlers, Iterable) else ()
    is_list = isinstance(crawlers, Iterable) and not isinstance(crawlers, str)
    if is_list and all(isinstance(each, KnownCrawler) for each in found):
        return found
    raise TypeError(
        f"crawlers are a list of `KnownCrawler`, not {quoted(crawlers)}; write"
        ' `Machines(load_crawlers("crawlers.toml"), hosts=["www.example.com"])`'
    )


def _checked_hosts(hosts: Iterable[str]) -> frozenset[str]:
    if isinstance(hosts, str):
        raise TypeError('`hosts` are a list such as `["harbour.example"]`, not one text')
    words = [host.strip().lower() for host in hosts]
    for host in words:
        if not host or any(mark in host for mark in "/@ ?#"):
            raise ValueError(f"{quoted(host)} is no host; write one such as `harbour.example`")
    return frozenset(words)


def _directories(
    crawlers: tuple[KnownCrawler, ...], hosts: frozenset[str]
) -> dict[str, KnownCrawler]:
    """Return whose keys are at which address."""
    found = {}
    for address, numbers in by_directory(crawler.keys for crawler in crawlers).items():
        theirs = [crawlers[number] for number in numbers]
        if len(theirs) > 1:
            raise ValueError(
                f"{quoted(theirs[0].name)} and {quoted(theirs[1].name)} have the same keys:"
                " which of them has signed, nobody could tell"
            )
        (found[address],) = theirs
    if found and not hosts:
        raise ValueError(
            'agents sign for a host: name those of this site, `hosts=["harbour.example"]`'
        )
    return found
