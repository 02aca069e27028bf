"""What clients send: bounded, JSON, read by the table of events and by tables of its kind."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from attrs import evolve, frozen

from meter.errors import Problem, meant, quoted
from meter.loading.event_parts import ID, Moment
from meter.loading.events import MOST_CHARACTERS, Event, event_shape, json_problem, parse_json
from meter.loading.fields import REFUSED, Choice, Key, List, OneOf, Table, Text
from meter.loading.problems import ProblemCollector
from meter.loading.started import DISMISSED
from meter.loading.started import KEY as STARTED
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
    "DismissedPrompt",
    "Join",
    "Rendering",
    "StartedOffer",
    "dismissed_prompt_shape",
    "join_shape",
    "read_id",
    "read_json",
    "read_moment",
    "read_table",
    "read_timed",
    "rendering_shape",
    "started_offer_shape",
    "view_shape",
]

T = TypeVar("T")

MOST_BYTES = MOST_CHARACTERS
"""The largest body that is read."""

_MOST_DRAINED = 4 * 1024 * 1024
"""How much of a larger one is let pass, so that whoever sends it reads the answer."""

AT = "at"
"""The key that says what time it is; without it the server's clock does."""


class Join(NamedTuple):
    """What one id has counted is brought to another."""

    at: datetime
    source: str
    target: str


class StartedOffer(NamedTuple):
    """An account has started an offer."""

    reader: str
    offer: str


class DismissedPrompt(NamedTuple):
    """A reader has closed a prompt."""

    reader: str
    prompt: str


class Rendering(NamedTuple):
    """A page view, and how its prompt is to be written."""

    event: Event
    form: PromptFormat = PromptFormat.HTML
    locale: str | tuple[str, ...] | None = None
    layout: PromptLayout = PromptLayout.WIDE


async def read_json(request: Request) -> object:
    """Return what the body of a request holds. Never keeps more than can be refused."""
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
        if AT not in value:
            value = {**value, AT: clock().isoformat()}
        elif not client.may_set_clock:
            raise _no_clock((AT,))
        if STARTED in value:
            message = "that an offer was started is not asked here"
            raise one_problem("unknown-key", message, "send it to `/v1/started`")
        if DISMISSED in value:
            message = "that a prompt was closed is not asked here"
            raise one_problem("unknown-key", message, "send it to `/v1/dismissed`")
    return read_table(shape, value, kind)


def read_moment(text: str | None, client: Client) -> datetime | None:
    """Return the time that a client gives in a query, if it gives one and may."""
    if text is None:
        return None
    if not client.may_set_clock:
        raise _no_clock(())
    # a `+` in a query is a blank
    moment = text.replace(" ", "+")
    return read_table(Table(noun="a query", make=_only, keys={AT: _at("")}), {AT: moment}, datetime)


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
    """Return the id of a reader that an address names."""
    return read_table(ID, value, str)


def _at(says: str) -> Key:
    return Key(shape=Moment(), says=says, required=True)


def view_shape(zone: ZoneInfo) -> Table:
    """Return the form of a page view."""
    return event_shape(zone)


@lru_cache(maxsize=64)
def rendering_shape(zone: ZoneInfo) -> Table:
    """Return the form of a page view with how its prompt is to be written."""
    view = event_shape(zone)
    locale = Text(form="a tag or an `Accept-Language` header", longest=8000, empty=True)
    tags = List(item=Text(form='a tag such as `"ja"`', longest=2000), least=0)

    def make(
        *,
        format: PromptFormat = PromptFormat.HTML,  # noqa: A002 - the key is called so
        locale: str | tuple[str, ...] | None = None,
        layout: PromptLayout = PromptLayout.WIDE,
        **event: object,
    ) -> Rendering:
        return Rendering(cast("Event", view.make(**event)), format, locale, layout)

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


@lru_cache(maxsize=1)
def join_shape() -> Table:
    """Return the form of a sign-in."""
    return Table(
        noun="a join",
        make=Join,
        example='{"source": "device-1", "target": "account-1"}',
        keys={
            AT: _at("when they signed in"),
            "source": Key(
                shape=ID, says="the id whose counts are brought, such as a device's", required=True
            ),
            "target": Key(
                shape=ID, says="the id they are brought to, such as an account's", required=True
            ),
        },
    )


@frozen
class _NameInPolicy:
    """A name of the policy: of an offer or a prompt."""

    names: tuple[str, ...]
    noun: str
    example: str

    @property
    def form(self) -> str:
        return f'the name of {self.noun} such as `"{self.example}"`'

    def read(self, value: object, path: tuple[str | int, ...], report: ProblemCollector) -> object:
        """Return the name, or report."""
        name = Text(form=self.form).read(value, path, report)
        if name is REFUSED or name in self.names:
            return name
        message = f"{quoted(name)} is not {self.noun} of the policy"
        report.add(f"unknown-{path[-1]}", path, message, meant(str(name), self.names))
        return REFUSED

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"enum": list(self.names)} if self.names else Text().schema()


@lru_cache(maxsize=64)
def started_offer_shape(offers: tuple[str, ...]) -> Table:
    """Return the form of the message that an account has started one of some offers."""
    return Table(
        noun="a start",
        make=StartedOffer,
        example='{"reader": "account-1", "offer": "summer"}',
        keys={
            "reader": Key(shape=ID, says="the id of the account", required=True),
            "offer": Key(
                shape=_NameInPolicy(offers, "an offer", "summer"),
                says="the name of an offer of the policy",
                required=True,
            ),
        },
    )


@lru_cache(maxsize=64)
def dismissed_prompt_shape(prompts: tuple[str, ...]) -> Table:
    """Return the form of the message that a reader has closed one of some prompts."""
    return Table(
        noun="a closing",
        make=DismissedPrompt,
        example='{"reader": "r1", "prompt": "give"}',
        keys={
            "reader": Key(shape=ID, says="the id of the reader", required=True),
            "prompt": Key(
                shape=_NameInPolicy(prompts, "a prompt", "give"),
                says="the name of a prompt: as a decision says it",
                required=True,
            ),
        },
    )
