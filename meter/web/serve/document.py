"""The OpenAPI document, made from the table of operations and the table of events."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from meter.loading.event_parts import Moment
from meter.vocabulary import Access, Show
from meter.web.serve.bodies import AT
from meter.web.serve.problems import PROBLEMS_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.loading.fields import Table
    from meter.policy import Policy
    from meter.web.serve.operation import Operation

__all__ = ["document"]

_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
_PLAIN = f"^[^{_CONTROLS}]*$"
_SAID = rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$"
"""A text that says something: not only blanks, and no control characters."""

_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
_MAYBE_TIME: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_MAYBE_COUNT: dict[str, Any] = {"type": ["integer", "null"], "minimum": 0}
_FLAG: dict[str, Any] = {"type": "boolean"}

_STATUSES = {
    "400": "The request cannot be read; every problem is listed.",
    "401": "The key is missing or not valid.",
    "403": "A web page of another site asks through somebody's browser.",
    "413": "The body is larger than 64 KiB.",
    "503": "The store does not answer; ask again.",
}


def document(
    operations: Iterable[Operation], policy: Policy, *, may_set_clock: bool, needs_key: bool
) -> dict[str, Any]:
    """Return the document for a client that may set the clock, or may not."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        if operation.needs_offers and not policy.offers:
            continue  # no body could be valid
        described = _operation(operation, policy, may_set_clock=may_set_clock, needs_key=needs_key)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    components: dict[str, Any] = {"schemas": {**_answers(), "Problems": PROBLEMS_SCHEMA}}
    if needs_key:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "meter",
            "version": version("meter-paywall"),
            "description": "Decisions of a paywall, over HTTP.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": components,
    }


def _operation(
    operation: Operation, policy: Policy, *, may_set_clock: bool, needs_key: bool
) -> dict[str, Any]:
    name = operation.path.removeprefix("/v1").replace("{id}", "").strip("/")
    words = [operation.method.lower(), *filter(None, name.replace(".", "/").split("/"))]
    described: dict[str, Any] = {
        "operationId": "_".join(words),
        "summary": operation.says,
        "responses": _responses(operation, needs_key=needs_key),
    }
    if needs_key and not operation.is_open:
        described["security"] = [{"key": []}]
    parameters = []
    if "{id}" in operation.path:
        parameters.append(_ID)
    if operation.takes_at and may_set_clock:
        parameters.append({"name": AT, "in": "query", "schema": Moment().schema()})
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        schema = _body(operation.body(policy), may_set_clock=may_set_clock)
        content: dict[str, Any] = {"schema": schema}
        if operation.example is not None:
            content["example"] = operation.example
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    return described


_ID: dict[str, Any] = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "the reader's id, percent-encoded: a slash in it is written `%2F`",
    "schema": {"type": "string", "minLength": 1, "maxLength": 2000, "pattern": _SAID},
}


def _responses(operation: Operation, *, needs_key: bool) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{operation.returns}"}
    kind = "text/plain" if operation.returns == "Metrics" else "application/json"
    responses: dict[str, Any] = {
        "200": {"description": "The answer.", "content": {kind: {"schema": schema}}}
    }
    statuses = ["403"]
    if operation.body is not None or "{id}" in operation.path:
        statuses.append("400")
    if operation.body is not None:
        statuses.append("413")
    if needs_key and not operation.is_open:
        statuses.append("401")
    if operation.asks_store:
        statuses.append("503")
    problems = {"application/json": {"schema": {"$ref": "#/components/schemas/Problems"}}}
    for status in sorted(statuses):
        responses[status] = {"description": _STATUSES[status], "content": problems}
    return responses


def _body(table: Table, *, may_set_clock: bool) -> dict[str, Any]:
    """Return the schema of a body, as the server reads it."""
    schema = table.definition()
    properties = dict(schema["properties"])
    required = [key for key in schema.get("required", ()) if key != AT]
    if AT in properties and not may_set_clock:
        del properties[AT]
    exact = _exact({**schema, "properties": properties, "required": required})
    if AT in properties:
        # without it the server's clock says what time it is; `null` is no time
        exact["properties"][AT] = {"description": "the time it is", **Moment().schema()}
    return exact


def _exact(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that says all that is checked.

    A text is not only blanks and holds no control characters, a time lies in years that somebody
    means, and what may be left out may be `null`.
    """
    told = dict(schema)
    if "properties" in schema:
        required = schema.get("required", ())
        told["properties"] = {
            name: _exact(item) if name in required else _nullable(_exact(item))
            for name, item in schema["properties"].items()
        }
    if "items" in schema:
        told["items"] = _exact(schema["items"])
        # the size of the body bounds a list as well, and is answered with 413
        told["description"] = f"at most {told.pop('maxItems')} items"
    if "anyOf" in schema and "properties" not in schema:
        told["anyOf"] = [_exact(item) for item in schema["anyOf"]]
    if schema.get("type") == "string" and "pattern" not in schema:
        told["pattern"] = _text_pattern(schema)
    return told


def _text_pattern(schema: dict[str, Any]) -> str:
    return _SAID if schema.get("minLength") else _PLAIN


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    described = {key: schema[key] for key in ("description",) if key in schema}
    rest = {key: value for key, value in schema.items() if key not in described}
    return {**described, "anyOf": [rest, {"type": "null"}]}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _answers() -> dict[str, dict[str, Any]]:
    """Return the schemas of what comes back."""
    meter = _object(
        name=_TEXT, limit=_MAYBE_COUNT, used=_COUNT, left=_MAYBE_COUNT, resets_at=_MAYBE_TIME
    )
    decision: dict[str, dict[str, Any]] = {
        "at": _TIME,
        "show": {"enum": [str(word) for word in Show]},
        "access": {"enum": [str(word) for word in Access]},
        "rule": _TEXT,
        "offer": _MAYBE_TEXT,
        "offers": {"type": "array", "items": _TEXT},
        "prompt": _MAYBE_TEXT,
        "meter": {"anyOf": [meter, {"type": "null"}]},
        "counted": _FLAG,
        "speculative": _FLAG,
        "degraded": _FLAG,
        "policy": _TEXT,
    }
    read = _object(id=_TEXT, at=_TIME)
    counted = _object(articles={"type": "array", "items": read}, resets_at=_MAYBE_TIME)
    return {
        "Decision": _object(**decision),
        "RenderedDecision": _object(**decision, rendered=_MAYBE_TEXT),
        "StartedOffer": _object(reader=_TEXT, offer=_TEXT),
        "DismissedPrompt": _object(reader=_TEXT, prompt=_TEXT),
        "Join": _object(source=_TEXT, target=_TEXT),
        "Ledger": _object(known=_FLAG, meters={"type": "object", "additionalProperties": counted}),
        "Reader": _object(reader=_TEXT),
        "Health": _object(status={"const": "ok"}, policy=_TEXT, policy_problems=_COUNT),
        "Metrics": _TEXT,
        "Document": {"type": "object"},
    }
