"""What a site tells of its readers: an offer started, a prompt closed, two ids that are one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import frozen

from meter.errors import meant, quoted
from meter.loading.event_parts import ID
from meter.loading.fields import REFUSED, Key, Table, Text
from meter.policy.faults.frequency import known_prompts
from meter.web.serve.answers import json_answer
from meter.web.serve.bodies import AT, moment_key, read_json, read_table, read_timed

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from meter.loading.problems import ProblemCollector
    from meter.policy import Policy
    from meter.web.serve.keys import Client
    from meter.web.serve.service import Service

__all__ = ["closes_shape", "dismiss", "join", "join_shape", "start", "starts_shape"]


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


async def start(service: Service, request: Request, _client: Client) -> Response:
    """Note that an account has started an offer."""
    shape = starts_shape(service.paywall.policy)
    asked = read_table(shape, await read_json(request), StartedOffer)
    await service.paywall.started(asked.reader, asked.offer)
    return json_answer({"reader": asked.reader, "offer": asked.offer})


def starts_shape(policy: Policy) -> Table:
    """Return the form of the message that an account has started an offer of a policy."""
    return _starts_shape(tuple(offer.name for offer in policy.offers))


async def dismiss(service: Service, request: Request, _client: Client) -> Response:
    """Note that a reader has closed a prompt."""
    shape = closes_shape(service.paywall.policy)
    asked = read_table(shape, await read_json(request), DismissedPrompt)
    await service.paywall.dismissed(asked.reader, asked.prompt)
    return json_answer({"reader": asked.reader, "prompt": asked.prompt})


def closes_shape(policy: Policy) -> Table:
    """Return the form of the message that a reader has closed a prompt of a policy."""
    return _closes_shape(tuple(sorted(known_prompts(policy))))


async def join(service: Service, request: Request, client: Client) -> Response:
    """Bring what one id has counted to another."""
    body = await read_json(request)
    is_dated = isinstance(body, dict) and AT in body
    asked = read_timed(join_shape(), body, Join, client, service.clock)
    now = asked.at if is_dated else None
    await service.paywall.join(asked.source, asked.target, now=now)
    return json_answer({"source": asked.source, "target": asked.target})


@lru_cache(maxsize=1)
def join_shape() -> Table:
    """Return the form of a sign-in."""
    return Table(
        noun="a join",
        make=Join,
        example='{"source": "device-1", "target": "account-1"}',
        keys={
            AT: moment_key("when they signed in"),
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
def _starts_shape(offers: tuple[str, ...]) -> Table:
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
def _closes_shape(prompts: tuple[str, ...]) -> Table:
    return Table(
        noun="a closing",
        make=DismissedPrompt,
        example='{"reader": "r1", "prompt": "give"}',
        keys={
            "reader": Key(shape=ID, says="the id of the reader", required=True),
            "prompt": Key(
                shape=_NameInPolicy(prompts, "a prompt", "give"),
                says="the name of a prompt, as a decision says it",
                required=True,
            ),
        },
    )
