"""What clients send: bounded, JSON, read by the table of events and by tables of its kind."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from attrs import evolve

from meter.errors import Problem
from meter.loading.event_parts import ID, Moment
from meter.loading.events import MOST_CHARACTERS, Event, event_shape, json_problem, parse_json
from meter.loading.fields import Choice, Key, List, OneOf, Table, Text
from meter.loading.other_events import DISMISSED, STARTED
from meter.loading.problems import ProblemCollector
from meter.web.institutions.keys import ReaderAddress
from meter.web.page_addresses import GIFT
from meter.web.serve.problems import RequestError, one_problem
from meter.web.serve.words import PromptFormat, PromptLayout

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from starlette.requests import Request

    from meter.loading.fields.shape import Shape
    from meter.web.serve.keys import Client

__all__ = [
    "AT",
    "MOST_BYTES",
    "Rendering",
    "Viewing",
    "dated",
    "moment_key",
    "parse_body",
    "read_body",
    "read_id",
    "read_json",
    "read_moment",
    "read_table",
    "read_timed",
    "rendering_shape",
    "viewing_shape",
]

T = TypeVar("T")

MOST_BYTES = MOST_CHARACTERS
"""The largest body that is read."""

_MOST_DRAINED = 4 * 1024 * 1024
"""How much of a larger one is let pass, so that whoever sends it reads the answer."""

AT = "at"
"""The key that says what time it is; without it the server's clock does."""

_TOKEN = Text(form="the token of a gift link", longest=8000, empty=True)


class Viewing(NamedTuple):
    """A page view, and the address that its reader comes from, where the client says it."""

    event: Event
    address: str | None = None


class Rendering(NamedTuple):
    """A page view, and how its prompt is to be written."""

    viewing: Viewing
    form: PromptFormat = PromptFormat.HTML
    locale: str | tuple[str, ...] | None = None
    layout: PromptLayout = PromptLayout.WIDE


async def read_json(request: Request) -> object:
    """Return what the body of a request holds. Raises `RequestError` for what is no JSON."""
    return parse_body(await read_body(request))


async def read_body(request: Request) -> bytes:
    """Return the body of a request. Never keeps more than can be refused."""
    body = bytearray()
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= MOST_BYTES:
            body += part
        elif size > _MOST_DRAINED:
            break
    if size > MOST_BYTES:
        raise _too_large()
    return bytes(body)


def parse_body(body: bytes) -> object:
    """Return what a body holds. Raises `RequestError` for what is no JSON."""
    try:
        return parse_json(body.decode().removeprefix("\ufeff"))
    except UnicodeDecodeError:
        raise one_problem("bad-encoding", "the body is not UTF-8", "send it as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise RequestError([_json_problem(error)]) from None


def _json_problem(error: ValueError | RecursionError) -> Problem:
    problem = json_problem(error)
    if problem.code == "json-syntax":
        return evolve(problem, help="send one JSON object, keys and words in double quotes")
    return problem


def _too_large() -> RequestError:
    return one_problem(
        "too-large",
        f"the body is larger than {MOST_BYTES // 1024} KiB",
        "an event is a few hundred characters",
        status=413,
        headers={"Connection": "close"},
    )


def read_table(shape: Shape, value: object, kind: type[T]) -> T:
    """Return what a table of keys makes of a value. Raises `RequestError` with every problem."""
    report = ProblemCollector()
    made = shape.read(value, (), report)
    if report.found or not isinstance(made, kind):
        raise RequestError(report.unlocated("body"))
    return made


def read_timed(
    shape: Shape, value: object, kind: type[T], client: Client, clock: Callable[[], datetime]
) -> T:
    """Return what a table with `at` makes of a value.

    `at` is the client's only if its key may set the clock; else, and without one, it is the time
    of this server.
    """
    if isinstance(value, dict):
        value = dated(value, client, clock)
        if STARTED in value:
            message = "that an offer was started is not asked here"
            raise one_problem("unknown-key", message, "send it to `/v1/started`")
        if DISMISSED in value:
            message = "that a prompt was closed is not asked here"
            raise one_problem("unknown-key", message, "send it to `/v1/dismissed`")
    return read_table(shape, value, kind)


def dated(
    table: dict[str, object],
    client: Client,
    clock: Callable[[], datetime],
    path: tuple[str, ...] = (),
) -> dict[str, object]:
    """Return a table, which is at `path` of the body, with the time: the client's or the clock's.

    Raises `RequestError` where the client says what time it is and may not.
    """
    if AT not in table:
        return {**table, AT: clock().isoformat()}
    if not client.may_set_clock:
        raise _no_clock((*path, AT))
    return table


def read_moment(text: str | None, client: Client) -> datetime | None:
    """Return the time that a client gives in a query, if it gives one and may."""
    if text is None:
        return None
    if not client.may_set_clock:
        raise _no_clock(())
    # a `+` in a query is a blank
    moment = text.replace(" ", "+")
    return read_table(
        Table(noun="a query", make=_only, keys={AT: moment_key("")}), {AT: moment}, datetime
    )


def _only(*, at: datetime) -> datetime:
    return at


def _no_clock(path: tuple[str, ...]) -> RequestError:
    problem = Problem(
        code="clock-refused",
        message="this client may not say what time it is: `at` is refused",
        help="leave `at` out, or write `clock` behind the client's key in the key file",
        path=path,
    )
    return RequestError([problem])


def read_id(value: str) -> str:
    """Return the id that an address names: of a reader, an article or a gift."""
    return read_table(ID, value, str)


def moment_key(says: str) -> Key:
    """Return the key of a moment that a client may say."""
    return Key(shape=Moment(), says=says, required=True)


@lru_cache(maxsize=64)
def viewing_shape(zone: ZoneInfo) -> Table:
    """Return the form of a page view, of its reader's address and of the gift link it brings."""
    view = event_shape(zone)

    def make(*, address: str | None = None, gift: object = False, **event: object) -> Viewing:
        made = view.make(gift=gift is True, **event)
        return Viewing(cast("Event", made), address)

    address = Key(
        shape=ReaderAddress(),
        says="the address that the reader comes from, for institutions that are known by theirs",
    )
    gift = Key(
        shape=OneOf(by={str: _TOKEN}, otherwise=view.keys[GIFT].resolve()),
        says=f"{view.keys[GIFT].says}; or the link's token, which is opened then",
    )
    return evolve(view, make=make, keys={**view.keys, GIFT: gift, "address": address})


@lru_cache(maxsize=64)
def rendering_shape(zone: ZoneInfo) -> Table:
    """Return the form of a page view with how its prompt is to be written."""
    view = viewing_shape(zone)
    locale = Text(form="a tag or an `Accept-Language` header", longest=8000, empty=True)
    tags = List(item=Text(form='a tag such as `"ja"`', longest=2000), least=0)

    def make(
        *,
        format: PromptFormat = PromptFormat.HTML,  # noqa: A002 - the key is called so
        locale: str | tuple[str, ...] | None = None,
        layout: PromptLayout = PromptLayout.WIDE,
        **viewing: object,
    ) -> Rendering:
        return Rendering(cast("Viewing", view.make(**viewing)), format, locale, layout)

    words = {
        "format": Key(
            shape=Choice(words=PromptFormat), says="how the words are written; `html` if unsaid"
        ),
        "locale": Key(
            shape=OneOf(by={list: tags}, otherwise=locale),
            says="the language: a tag, a list of tags or an `Accept-Language` header",
        ),
        "layout": Key(
            shape=Choice(words=PromptLayout), says="the layout of the page; `wide` if unsaid"
        ),
    }
    return evolve(view, make=make, keys={**view.keys, **words})
