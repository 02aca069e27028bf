"""Everything that can be asked of the server, in one table.

Routes, the OpenAPI document and the labels of metrics are made from it: to add an operation, write
its function here (or in a module beside this one) and add its row to `OPERATIONS`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from meter.errors import PromptError, StoreError
from meter.loading.events import decision_table
from meter.view import counted_article
from meter.web.serve.answers import NO_STORE, json_answer
from meter.web.serve.bodies import (
    AT,
    Rendering,
    Viewing,
    read_id,
    read_json,
    read_moment,
    read_timed,
    rendering_shape,
    viewing_shape,
)
from meter.web.serve.contexts import bulk_shape, flag_shape
from meter.web.serve.document import document
from meter.web.serve.gifts import (
    GIFT,
    GIFTS,
    GIVER,
    Given,
    end_gift,
    gift_shape,
    list_gifts,
    make_gift,
)
from meter.web.serve.messages import closes_shape, dismiss, join, join_shape, start, starts_shape
from meter.web.serve.metrics import CONTENT_TYPE
from meter.web.serve.ofrep import FLAG, FLAGS, evaluate, evaluate_all
from meter.web.serve.operation import Operation
from meter.web.serve.problems import store_error

if TYPE_CHECKING:
    from starlette.requests import Request

    from meter.decision import Decision
    from meter.paywall import Counted
    from meter.policy import Policy
    from meter.web.serve.keys import Client
    from meter.web.serve.service import Service

__all__ = ["OPERATIONS"]


async def _decide(service: Service, request: Request, client: Client) -> Response:
    given = await _view(service, request, client)
    event = await given.open()
    decision = given.told(await service.paywall.check(event.reader, event.view, now=event.at))
    service.counters.count_decision(request.scope["route"].path, decision)
    return json_answer(decision_table(decision))


async def _peek(service: Service, request: Request, client: Client) -> Response:
    event = await (await _view(service, request, client)).peek()
    decision = await service.paywall.peek(event.reader, event.view, now=event.at)
    service.counters.count_decision(request.scope["route"].path, decision)
    return json_answer(decision_table(decision))


async def _render(service: Service, request: Request, client: Client) -> Response:
    shape = rendering_shape(service.paywall.policy.zone)
    body = await read_json(request)
    asked = read_timed(shape, body, Rendering, client, service.clock)
    given = Given(service, service.admitted(asked.viewing), body)
    event = await given.open()
    decision = given.told(await service.paywall.check(event.reader, event.view, now=event.at))
    service.counters.count_decision(request.scope["route"].path, decision)
    return json_answer({**decision_table(decision), "rendered": _words(service, asked, decision)})


def _words(service: Service, asked: Rendering, decision: Decision) -> str | None:
    """Return the words of a decision; a broken template costs the words, never the decision."""
    try:
        return service.render(
            decision, format=asked.form.value, locale=asked.locale, layout=asked.layout.value
        )
    except (PromptError, OSError) as error:
        service.log.warning("the prompt `%s` cannot be written: %s", decision.prompt, error)
        return None


async def _view(service: Service, request: Request, client: Client) -> Given:
    """Return the page view in a body, with the gift link that it brings."""
    shape = viewing_shape(service.paywall.policy.zone)
    body = await read_json(request)
    viewing = read_timed(shape, body, Viewing, client, service.clock)
    return Given(service, service.admitted(viewing), body)


async def _ledger(service: Service, request: Request, client: Client) -> Response:
    reader_id = read_id(request.path_params["id"])
    at = read_moment(request.query_params.get(AT), client)
    ledger = await service.paywall.ledger(reader_id, now=at)
    is_known = any(counted.reads for counted in ledger.values())
    is_known = is_known or await service.paywall.knows(reader_id)
    meters = {name: _counted(counted) for name, counted in ledger.items()}
    return json_answer({"known": is_known, "meters": meters})


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
    if service.gifts is not None:
        await service.gifts.forget(reader_id)
    return json_answer({"reader": reader_id})


async def _health(service: Service, _request: Request, _client: Client) -> Response:
    try:
        await service.paywall.ready(within=service.patience)
    except StoreError as error:
        raise store_error(error) from error
    source = service.policies
    return json_answer(
        {"status": "ok", "policy": source.policy.digest, "policy_problems": len(source.problems)}
    )


async def _metrics(service: Service, _request: Request, _client: Client) -> Response:
    return Response(service.counters.page(), media_type=CONTENT_TYPE, headers=NO_STORE)


async def _openapi(service: Service, _request: Request, client: Client) -> Response:
    policy = service.paywall.policy
    return json_answer(
        _document(policy, may_set_clock=client.may_set_clock, needs_key=service.keys.needs_key)
    )


@lru_cache(maxsize=16)
def _document(policy: Policy, *, may_set_clock: bool, needs_key: bool) -> dict[str, Any]:
    return document(OPERATIONS, policy, may_set_clock=may_set_clock, needs_key=needs_key)


_VIEW = {"reader": {"id": "r1"}, "article": {"id": "a1", "access": "metered"}}
_READER = "/v1/readers/{id}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="POST",
        path="/v1/decide",
        says="Decide a page view, and count it where a rule says so.",
        answer=_decide,
        body=lambda policy: viewing_shape(policy.zone),
        returns="Decision",
        asks_store=False,
        example=_VIEW,
    ),
    Operation(
        method="POST",
        path="/v1/peek",
        says="Decide what a page view would get, and count nothing.",
        answer=_peek,
        body=lambda policy: viewing_shape(policy.zone),
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
        answer=start,
        needs_offers=True,
        body=starts_shape,
        returns="StartedOffer",
    ),
    Operation(
        method="POST",
        path="/v1/dismissed",
        says="Say that a reader has closed a prompt: one that is silent after that is not shown.",
        answer=dismiss,
        body=closes_shape,
        returns="DismissedPrompt",
        example={"reader": "r1", "prompt": "countdown"},
    ),
    Operation(
        method="POST",
        path="/v1/join",
        says="Bring what one id has counted to another, as when a device signs in to an account.",
        answer=join,
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
        method="POST",
        path=FLAG,
        name="evaluateFlag",
        says="Evaluate an article as an OpenFeature flag (OFREP 0.3), and count nothing.",
        answer=evaluate,
        body=lambda policy: flag_shape(policy.zone),
        returns="Evaluation",
        errors="EvaluationFailure",
        asks_store=False,
        takes_api_key=True,
        takes_slashes=True,
        revalidates=True,
        example={"context": {"targetingKey": "r1", "article": {"access": "metered"}}},
    ),
    Operation(
        method="POST",
        path=FLAGS,
        name="evaluateFlagsBulk",
        says="Evaluate the articles that the context lists (OFREP 0.3), and count nothing.",
        answer=evaluate_all,
        body=lambda policy: bulk_shape(policy.zone),
        returns="Evaluations",
        errors="EvaluationFailure",
        asks_store=False,
        takes_api_key=True,
        revalidates=True,
        example={"context": {"targetingKey": "r1", "articles": [_VIEW["article"]]}},
    ),
    Operation(
        method="POST",
        path=GIFTS,
        says="Give an article away: make a link through which a few may read it.",
        answer=make_gift,
        body=lambda policy: gift_shape(policy.zone),
        returns="Gift",
        refuses=("409",),
        example={"giver": {"id": "r1"}, "article": "a1", "address": "https://my.example/a1"},
    ),
    Operation(
        method="GET",
        path=GIFTS,
        says="Return what a reader has given, and how often each link was opened.",
        answer=list_gifts,
        returns="Gifts",
        takes_at=True,
        query=GIVER,
        refuses=("409",),
    ),
    Operation(
        method="DELETE",
        path=GIFT,
        says=(
            "End a link, by the gift's id or the link's token: it opens for nobody any more. With"
            f" `{GIVER}` only one that this reader has made; without, whose it is is not asked."
        ),
        answer=end_gift,
        returns="EndedGift",
        may_name=GIVER,
        refuses=("404", "409"),
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
