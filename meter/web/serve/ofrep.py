"""The OpenFeature Remote Evaluation Protocol (OFREP 0.3): what a page view would get, as a flag.

A flag is an article, and its value the word of `show`. An evaluation counts nothing. It is decided
anew for every call, and only then compared with what the client has: an unchanged answer is 304.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.responses import JSONResponse, Response

from meter.errors import printable
from meter.loading.events import decision_table
from meter.web.serve.bodies import parse_body, read_body, read_id
from meter.web.serve.contexts import CONTEXT, bulk_shape, flag_shape, read_context
from meter.web.serve.gifts import Given

if TYPE_CHECKING:
    from starlette.requests import Request

    from meter.decision import Decision
    from meter.errors import Problem
    from meter.web.serve.bodies import Viewing
    from meter.web.serve.keys import Client
    from meter.web.serve.problems import RequestError
    from meter.web.serve.service import Service

__all__ = ["FLAG", "FLAGS", "evaluate", "evaluate_all", "failure_answer", "is_ofrep"]

FLAGS = "/ofrep/v1/evaluate/flags"
FLAG = f"{FLAGS}/{{article}}"

_PROTOCOL = "/ofrep/"
_REASON = "TARGETING_MATCH"
"""Never `STATIC`: clients may keep that for good, and a policy file may change."""
_METADATA = ("access", "rule", "policy", "degraded", "speculative", "offer", "prompt")
"""What is told of a decision besides its word, as `meter decide` writes it."""
_BAD_REQUEST = 400
_NOT_FOUND = 404


async def evaluate(service: Service, request: Request, client: Client) -> Response:
    """Answer what one article would show."""
    article = read_id(request.path_params["article"])
    body = await read_body(request)
    shape = flag_shape(service.paywall.policy.zone)
    asked = parse_body(body)
    context = read_context(shape, asked, client, service.clock)
    told = await _flag(service, FLAG, context.view_of_id(article), asked)
    return _answer(request, body, told)


async def evaluate_all(service: Service, request: Request, client: Client) -> Response:
    """Answer what each of the articles that the context lists would show."""
    policy = service.paywall.policy
    body = await read_body(request)
    asked = parse_body(body)
    context = read_context(bulk_shape(policy.zone), asked, client, service.clock)
    views = (context.view_of(article) for article in context.articles)
    flags = [await _flag(service, FLAGS, view, asked) for view in views]
    return _answer(request, body, {"flags": flags, "metadata": {"policy": policy.digest}})


async def _flag(service: Service, route: str, viewing: Viewing, body: object) -> dict[str, object]:
    """Return what a view would get, with the rights of its address and of the gift it brings."""
    context = body.get(CONTEXT) if isinstance(body, dict) else None
    event = await Given(service, service.admitted(viewing), context).peek()
    decision = await service.paywall.peek(event.reader, event.view, now=event.at)
    service.counters.count_decision(route, decision)
    key = viewing.event.view.article.id
    return _told(key, decision, is_identified=event.reader.id is not None)


def _told(key: str, decision: Decision, *, is_identified: bool) -> dict[str, object]:
    """Return a decision as the evaluation of a flag. Its metadata is flat, and has no `null`."""
    table = decision_table(decision)
    said = {name: table[name] for name in _METADATA} | {"identified": is_identified}
    reading = table["meter"]
    if reading is not None:
        said |= {"meter": reading.pop("name"), **reading}
    word = str(decision.show)
    metadata = {name: value for name, value in said.items() if value is not None}
    return {"key": key, "value": word, "variant": word, "reason": _REASON, "metadata": metadata}


def _answer(request: Request, body: bytes, told: dict[str, object]) -> Response:
    """Return an answer with its tag, or 304 for a client that has it.

    The tag covers the whole question, and the answer to it with the policy's digest and the count.
    """
    answer = JSONResponse(told)
    # neither the address nor the answer has a line break
    parts = (request.scope["raw_path"], body, bytes(answer.body))
    digest = sha256(b"\n".join(parts)).hexdigest()
    tag = f'"{digest}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in _known_tags(request):
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


def _known_tags(request: Request) -> set[str]:
    """Return the tags of what a client has; `*` names none, since no answer is for everyone."""
    given = ",".join(request.headers.getlist("if-none-match"))
    return {tag.strip().removeprefix("W/") for tag in given.split(",")}


def is_ofrep(request: Request) -> bool:
    """Say whether a request is one of the protocol, so that errors have its form."""
    return str(request.scope["path"]).startswith(_PROTOCOL)


def failure_answer(request: Request, error: RequestError) -> Response:
    """Return the answer that tells an error in the protocol's form, with every problem in words."""
    details = "; ".join(_words(problem) for problem in error.problems)
    told: dict[str, object] = {"errorCode": _code(error), "errorDetails": details}
    _, _, key = str(request.scope["path"]).partition(f"{FLAGS}/")
    if key:
        told = {"key": unquote(key), **told}
    headers = {"Cache-Control": "no-store", **(error.headers or {})}
    return JSONResponse(told, status_code=error.status, headers=headers)


def _code(error: RequestError) -> str:
    """Return the protocol's code: is it the context, or can nothing be read?"""
    if error.status == _NOT_FOUND:
        return "FLAG_NOT_FOUND"
    if error.status != _BAD_REQUEST:
        return "GENERAL"
    about_context = any(
        problem.path[:1] == (CONTEXT,) or problem.code == "missing-key"
        for problem in error.problems
    )
    return "INVALID_CONTEXT" if about_context else "PARSE_ERROR"


def _words(problem: Problem) -> str:
    """Return a problem as one line: its place in the body, code, words and next step."""
    place = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem.path
    ).lstrip(".")
    where = f"{printable(place)}: " if place else ""
    step = f" ({printable(problem.help)})" if problem.help else ""
    return f"{where}error[{problem.code}]: {printable(problem.message)}{step}"
