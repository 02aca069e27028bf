"""Everything that can be asked of the server, in one table.

Routes, the OpenAPI document and the labels of metrics are made from it: to add an operation, write
its function here (or in a module beside this one) and add its row to `OPERATIONS`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from meter.errors import PromptError, StoreError
from meter.loading.events import Event, decision_table
from meter.policy.frequency_faults import known_prompts
from meter.view import counted_article
from meter.web.serve.bodies import (
    AT,
    DismissedPrompt,
    Join,
    Rendering,
    StartedOffer,
    dismissed_prompt_shape,
    join_shape,
    read_id,
    read_json,
    read_moment,
    read_table,
    read_timed,
    rendering_shape,
    started_offer_shape,
    view_shape,
)
from meter.web.serve.document import document
from meter.web.serve.metrics import CONTENT_TYPE
from meter.web.serve.operation import Operation
from meter.web.serve.problems import store_error

if TYPE_CHECKING:
    from starlette.requests import Request

    from meter.decision import Decision
    from meter.loading.fields import Table
    from meter.paywall import Counted
    from meter.policy import Policy
    from meter.web.serve.keys import Client
    from meter.web.serve.service import Service

__all__ = ["OPERATIONS"]


async def _decide(service: Service, request: Request, client: Client) -> Response:
    event = await _event(service, request, client)
    decision = await service.paywall.check(event.reader, event.view, now=event.at)
    service.counters.count_decision(request.scope["route"].path, decision)
    return _json(decision_table(decision))


async def _peek(service: Service, request: Request, client: Client) -> Response:
    event = await _event(service, request, client)
    decision = await service.paywall.peek(event.reader, event.view, now=event.at)
    service.counters.count_decision(request.scope["route"].path, decision)
    return _json(decision_table(decision))


async def _render(service: Service, request: Request, client: Client) -> Response:
    shape = rendering_shape(service.paywall.policy.zone)
    body = await read_json(request)
    asked = read_timed(shape, body, Rendering, client, service.clock)
    event = asked.event
    decision = await service.paywall.check(event.reader, event.view, now=event.at)
    service.counters.count_decision(request.scope["route"].path, decision)
    return _json({**decision_table(decision), "rendered": _words(service, asked, decision)})


def _words(service: Service, asked: Rendering, decision: Decision) -> str | None:
    """Return the words of a decision; a broken template costs the words, never the decision."""
    try:
        return service.render(
            decision, format=asked.form.value, locale=asked.locale, layout=asked.layout.value
        )
    except (PromptError, OSError) as error:
        service.log.warning("the prompt `%s` cannot be written: %s", decision.prompt, error)
        return None


async def _event(service: Service, request: Request, client: Client) -> Event:
    shape = view_shape(service.paywall.policy.zone)
    return read_timed(shape, await read_json(request), Event, client, service.clock)


async def _started(service: Service, request: Request, _client: Client) -> Response:
    shape = _starts(service.paywall.policy)
    asked = read_table(shape, await read_json(request), StartedOffer)
    await service.paywall.started(asked.reader, asked.offer)
    return _json({"reader": asked.reader, "offer": asked.offer})


def _starts(policy: Policy) -> Table:
    return started_offer_shape(tuple(offer.name for offer in policy.offers))


async def _dismissed(service: Service, request: Request, _client: Client) -> Response:
    shape = _closes(service.paywall.policy)
    asked = read_table(shape, await read_json(request), DismissedPrompt)
    await service.paywall.dismissed(asked.reader, asked.prompt)
    return _json({"reader": asked.reader, "prompt": asked.prompt})


def _closes(policy: Policy) -> Table:
    return dismissed_prompt_shape(tuple(sorted(known_prompts(policy))))


async def _join(service: Service, request: Request, client: Client) -> Response:
    body = await read_json(request)
    is_dated = isinstance(body, dict) and AT in body
    asked = read_timed(join_shape(), body, Join, client, service.clock)
    now = asked.at if is_dated else None
    await service.paywall.join(asked.source, asked.target, now=now)
    return _json({"source": asked.source, "target": asked.target})


async def _ledger(service: Service, request: Request, client: Client) -> Response:
    reader_id = read_id(request.path_params["id"])
    at = read_moment(request.query_params.get(AT), client)
    ledger = await service.paywall.ledger(reader_id, now=at)
    is_known = any(counted.reads for counted in ledger.values())
    is_known = is_known or await service.paywall.knows(reader_id)
    meters = {name: _counted(counted) for name, counted in ledger.items()}
    return _json({"known": is_known, "meters": meters})


def _counted(counted: Counted) -> dict[str, object]:
    ends = counted.resets_at
    return {
        "articles": [
            {"id": counted_article(read.id), "at": read.at.isoformat()} for read in counted.reads
        ],
        "resets_at": None if ends is None else ends.isoformat(),
    }


async def _forget(service: Service, request: Request, _client: Client) -> Response:
    reader_id = read_id(request.path_params["id"])
    await service.paywall.forget(reader_id)
    return _json({"reader": reader_id})


async def _health(service: Service, _request: Request, _client: Client) -> Response:
    try:
        await service.paywall.ready(within=service.patience)
    except StoreError as error:
        raise store_error(error) from error
    source = service.policies
    return _json(
        {"status": "ok", "policy": source.policy.digest, "policy_problems": len(source.problems)}
    )


async def _metrics(service: Service, _request: Request, _client: Client) -> Response:
    return Response(service.counters.page(), media_type=CONTENT_TYPE, headers=_NO_STORE)


async def _openapi(service: Service, _request: Request, client: Client) -> Response:
    policy = service.paywall.policy
    return _json(
        _document(policy, may_set_clock=client.may_set_clock, needs_key=service.keys.needs_key)
    )


@lru_cache(maxsize=16)
def _document(policy: Policy, *, may_set_clock: bool, needs_key: bool) -> dict[str, Any]:
    return document(OPERATIONS, policy, may_set_clock=may_set_clock, needs_key=needs_key)


_NO_STORE = {"Cache-Control": "no-store"}


def _json(table: dict[str, Any]) -> Response:
    return JSONResponse(table, headers=_NO_STORE)


_VIEW = {"reader": {"id": "r1"}, "article": {"id": "a1", "access": "metered"}}
_READER = "/v1/readers/{id}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="POST",
        path="/v1/decide",
        says="Decide a page view, and count it where a rule says so.",
        answer=_decide,
        body=lambda policy: view_shape(policy.zone),
        returns="Decision",
        asks_store=False,
        example=_VIEW,
    ),
    Operation(
        method="POST",
        path="/v1/peek",
        says="Decide what a page view would get, and count nothing.",
        answer=_peek,
        body=lambda policy: view_shape(policy.zone),
        returns="Decision",
        asks_store=False,
        example=_VIEW,
    ),
    Operation(
        method="POST",
        path="/v1/render",
        says="Decide and count like `/v1/decide`, and write the prompt's words.",
        answer=_render,
        body=lambda policy: rendering_shape(policy.zone),
        returns="RenderedDecision",
        asks_store=False,
        example={**_VIEW, "format": "html", "locale": "en", "layout": "wide"},
    ),
    Operation(
        method="POST",
        path="/v1/started",
        says="Say that an account has started an offer: one with `once` is not for it any more.",
        answer=_started,
        needs_offers=True,
        body=_starts,
        returns="StartedOffer",
    ),
    Operation(
        method="POST",
        path="/v1/dismissed",
        says="Say that a reader has closed a prompt: one that is silent after that is not shown.",
        answer=_dismissed,
        body=_closes,
        returns="DismissedPrompt",
        example={"reader": "r1", "prompt": "countdown"},
    ),
    Operation(
        method="POST",
        path="/v1/join",
        says="Bring what one id has counted to another, as when a device signs in to an account.",
        answer=_join,
        body=lambda _policy: join_shape(),
        returns="Join",
        example={"source": "device-1", "target": "account-1"},
    ),
    Operation(
        method="GET",
        path=f"{_READER}/ledger",
        says="Return what each meter has counted for a reader in its running window.",
        answer=_ledger,
        returns="Ledger",
        takes_at=True,
    ),
    Operation(
        method="DELETE",
        path=_READER,
        says="Forget a reader: remove everything that is kept under the id.",
        answer=_forget,
        returns="Reader",
    ),
    Operation(
        method="GET",
        path="/health",
        says="Say whether this server and its store answer.",
        answer=_health,
        returns="Health",
        is_open=True,
    ),
    Operation(
        method="GET",
        path="/metrics",
        says="Return the counts of all workers, in Prometheus' text format.",
        answer=_metrics,
        returns="Metrics",
        is_open=True,
        asks_store=False,
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        says="Return this document.",
        answer=_openapi,
        returns="Document",
        is_open=True,
        asks_store=False,
    ),
)
