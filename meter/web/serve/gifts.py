"""Gift links over HTTP: made, listed and ended; and opened by the page views that bring one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from meter.loading.event_parts import ID, Moment, reader_table
from meter.loading.fields import Key, Table, Text
from meter.web.gifts import GiftError, UnknownGiftError
from meter.web.given import asked_again, is_open_to, is_unknown_ahead, opener, with_gift
from meter.web.page_addresses import FORM, LONGEST, PAGE
from meter.web.page_addresses import GIFT as KEY
from meter.web.serve.answers import json_answer
from meter.web.serve.bodies import AT, read_id, read_json, read_moment, read_timed
from meter.web.serve.problems import one_problem

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from starlette.requests import Request
    from starlette.responses import Response

    from meter.decision import Decision
    from meter.loading.events import Event
    from meter.policy import Policy
    from meter.view import Reader
    from meter.web.gifts import AsyncGifts, GiftLink
    from meter.web.serve.keys import Client
    from meter.web.serve.problems import RequestError
    from meter.web.serve.service import Service

__all__ = [
    "GIFT",
    "GIFTS",
    "GIVER",
    "Given",
    "end_gift",
    "gift_shape",
    "list_gifts",
    "make_gift",
]

GIFTS = "/v1/gifts"
GIFT = f"{GIFTS}/{{gift}}"
GIVER = "giver"
_BAD_REQUEST, _NOT_FOUND, _CONFLICT = 400, 404, 409
_STATUSES = {
    "bad-address": _BAD_REQUEST,
    "bad-encoding": _BAD_REQUEST,
    "unknown-gift": _NOT_FOUND,
}
_LIST = f"`GET {GIFTS}?{GIVER}=ID` lists what a reader has given, each with its id"
_NO_SECRET = ("no-secret", "this server signs no links", "start it with `--secret-file`")


class GiftOrder(NamedTuple):
    """An article that a reader gives away."""

    at: datetime
    giver: Reader
    article: str
    address: str | None = None


@lru_cache(maxsize=64)
def gift_shape(zone: ZoneInfo) -> Table:
    """Return the form of the message that a reader gives an article away."""
    return Table(
        noun="a gift",
        make=GiftOrder,
        example='{"giver": {"id": "r1"}, "article": "a1", "address": "https://…"}',
        keys={
            AT: Key(shape=Moment(), says="when it is given", required=True),
            GIVER: Key(shape=reader_table(zone), says="who gives it", required=True),
            "article": Key(shape=ID, says="the article's id", required=True),
            "address": Key(
                shape=Text(form=FORM, longest=LONGEST, pattern=PAGE),
                says="the article's address, which is answered with the token in it",
            ),
        },
    )


async def make_gift(service: Service, request: Request, client: Client) -> Response:
    """Answer a new link."""
    gifts = _gifts(service)
    shape = gift_shape(service.paywall.policy.zone)
    order = read_timed(shape, await read_json(request), GiftOrder, client, service.clock)
    try:
        link = await gifts.make(order.giver, order.article, address=order.address, now=order.at)
    except GiftError as error:
        raise _refused(error) from None
    return json_answer(link.table())


async def list_gifts(service: Service, request: Request, client: Client) -> Response:
    """Answer what a reader has given."""
    gifts = _gifts(service)
    giver = _giver(request)
    if giver is None:
        advice = f"add `?{GIVER}=ID`: the id of the reader who has given"
        raise one_problem("missing-key", "the query names no giver", advice)
    at = read_moment(request.query_params.get(AT), client)
    records = await gifts.given(giver, at or service.clock())
    return json_answer({"gifts": [record.table() for record in records]})


async def end_gift(service: Service, request: Request, _client: Client) -> Response:
    """End a link, and answer which; one of another giver than the query names is not known."""
    gift = read_id(request.path_params["gift"])
    try:
        await _gifts(service).end(gift, giver=_giver(request), now=service.clock())
    except UnknownGiftError as error:
        status = _STATUSES[error.code]
        raise one_problem(error.code, error.fault, _LIST, status=status) from None
    return json_answer({"gift": gift})


def _giver(request: Request) -> str | None:
    """Return the id that the query names; an empty one is refused."""
    giver = request.query_params.get(GIVER)
    if giver is None:
        return None
    if not giver.strip():
        advice = f"write `?{GIVER}=ID`: the id of the reader who has given"
        raise one_problem("empty-text", "the query names a giver without an id", advice)
    return read_id(giver)


def _gifts(service: Service) -> AsyncGifts:
    if service.gifts is None:
        code, message, advice = _NO_SECRET
        raise one_problem(code, message, advice, status=_CONFLICT)
    return service.gifts


def _refused(error: GiftError) -> RequestError:
    status = _STATUSES.get(error.code, _CONFLICT)
    return one_problem(error.code, error.fault, error.advice, status=status)


class Given:
    """A page view, and the gift link that its body brings, if that gives its reader something."""

    def __init__(self, service: Service, event: Event, body: object) -> None:
        self._gifts = service.gifts
        self.event = event
        self._link = self._claimed(service.paywall.policy, body)

    def _claimed(self, policy: Policy, body: object) -> GiftLink | None:
        """Return the link, if there is one, and this reader would not get the article without."""
        token = body.get(KEY) if isinstance(body, dict) else None
        at, reader, view = self.event
        if self._gifts is None or not isinstance(token, str) or view.crawler:
            return None
        link = self._gifts.claimed(token, view.article, at)
        return None if link is None or is_open_to(policy, reader, view, at) else link

    async def open(self) -> Event:
        """Return the page view with what the link gives, and count who opens it.

        What is fetched ahead is given only to whom the link was opened by.
        """
        at, reader, view = self.event
        ahead = view.prefetch
        if self._gifts is None or self._link is None or is_unknown_ahead(reader, ahead=ahead):
            return self.event
        may = await self._gifts.open(self._link, opener(reader), at, ahead=ahead)
        return self._with(self._link) if may else self.event

    async def peek(self) -> Event:
        """Return the page view with what the link would give; nobody is counted."""
        if self._gifts is None or self._link is None:
            return self.event
        at, reader, _ = self.event
        may = await self._gifts.peek(self._link, opener(reader), at)
        return self._with(self._link) if may else self.event

    def _with(self, link: GiftLink) -> Event:
        reader, view = with_gift(self.event.reader, self.event.view, link)
        return self.event._replace(reader=reader, view=view)

    def told(self, decision: Decision) -> Decision:
        """Return a decision as it is answered: what is fetched ahead is asked for again."""
        is_ahead = self._link is not None and self.event.view.prefetch
        return asked_again(decision) if is_ahead else decision
