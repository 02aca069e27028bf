"""OFREP in `meter serve`: what is evaluated, what is refused, and that nothing is counted."""

from __future__ import annotations

import asyncio
import random
import tomllib
from urllib.parse import quote

import pytest
from jsonschema import validate

from tests.web.in_process import Worker
from tests.web.ofrep_etags import ARTICLES, POLICIES
from tests.web.ofrep_etags import FIELDS as DRAWN
from tests.web.serving import AT, CLOCK_KEY, KEY, POLICY, ROOT, Server

FLAGS = "/ofrep/v1/evaluate/flags"
SCHEMAS = tomllib.loads((ROOT / "tests/corpus/vectors/ofrep.toml").read_text(encoding="utf-8"))
SUBSCRIBER = {"registered": True, "entitlements": [{"kind": "subscription"}]}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server with keys, for every test that changes nothing but readers of its own."""
    server = Server(tmp_path_factory.mktemp("ofrep"))
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log


@pytest.fixture
def evaluate(server):
    """Evaluate articles in a context; each answer has to have the protocol's form."""

    def ask(article, context, key=KEY, **headers):
        path = FLAGS if article is None else f"{FLAGS}/{quote(article, safe='')}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = server.ask("POST", path, {"context": context}, key=key, headers=sent)
        if reply.status == 304:
            assert reply.raw == b""
        else:
            kind = "success" if reply.status == 200 else "failure"
            validate(reply.json, SCHEMAS[kind if article is not None else f"bulk_{kind}"])
        return reply

    return ask


def test_an_evaluation_tells_what_a_view_would_get_and_counts_nothing(server, evaluate):
    """The value is the word of `show`; the rest is flat, with nothing that is not there."""
    server.decide("evaluated", "a")
    for _ in range(5):
        told = evaluate("b", {"targetingKey": "evaluated"}).json
    peeked = server.decide("evaluated", "b", "peek").json
    assert told == {
        "key": "b",
        "value": "countdown",
        "variant": "countdown",
        "reason": "TARGETING_MATCH",
        "metadata": {
            "access": "full",
            "rule": "within the allowance",
            "policy": peeked["policy"],
            "identified": True,
            "degraded": False,
            "speculative": False,
            "prompt": "countdown",
            "meter": "monthly",
            "used": 2,
            "limit": 3,
            "left": 1,
            "resets_at": peeked["meter"]["resets_at"],
        },
    }
    kept = server.ledger("evaluated").json["meters"]["monthly"]["articles"]
    assert [read["id"] for read in kept] == ["a"]
    assert server.ledger("never counted").json["known"] is False


FIELDS = [
    {"reader": SUBSCRIBER},
    {"reader": {"registered": True, "segments": ["student"], "score": 1, "country": "JP"}},
    {"article": {"access": "free"}},
    {"article": {"access": "premium", "section": "markets", "tags": ["x"], "value": 0.5}},
    {"channel": "newsletter", "device": "mobile", "country": "DE", "language": "de"},
    {"referrer": "", "id": "view-1", "gift": True, "crawler": True},
    {"prefetch": True},
    {"reader": None, "article": None, "channel": None},
]


@pytest.mark.parametrize("fields", FIELDS)
def test_the_fields_are_those_of_an_event(server, evaluate, fields):
    """The same decision as `/v1/peek` gives of the event."""
    told = evaluate("a", {"targetingKey": "fields", **fields}).json
    event = {
        **fields,
        "reader": {"id": "fields", **(fields.get("reader") or {})},
        "article": {"id": "a", **(fields.get("article") or {})},
    }
    peeked = server.ask("POST", "/v1/peek", event).json
    said = told["metadata"]
    assert told["value"] == peeked["show"]
    for name in ("access", "rule", "policy", "degraded", "speculative", "offer", "prompt"):
        assert said.get(name) == peeked[name]


def test_any_context_is_decided_as_the_event_it_stands_for(tmp_path):
    """Three hundred random ones, with counts in between, against `/v1/peek`."""
    draw = random.Random(1)

    async def compare():
        worker = Worker(tmp_path, POLICIES[0])
        for _ in range(300):
            context = {name: draw.choice(values) for name, values in DRAWN.items()}
            article = draw.choice(ARTICLES)
            path = f"{FLAGS}/{quote(article, safe='')}"
            told = (await worker.ask(path, {"context": context})).json
            names = {"targetingKey", "reader", "article", "articles", "plan"}
            event = {
                **{name: value for name, value in context.items() if name not in names},
                "reader": {"id": context["targetingKey"] or None, **context["reader"]},
                "article": {"id": article, **context["article"]},
            }
            peeked = (await worker.ask("/v1/peek", event)).json
            meter = peeked.pop("meter") or {}
            assert told["value"] == peeked["show"]
            expected = {**peeked, **meter, "meter": meter.get("name")}
            said = told["metadata"]
            for name in said.keys() & expected.keys():
                assert said[name] == expected[name]
            for name in ("meter", "left", "limit", "offer", "prompt", "resets_at"):
                assert said.get(name) == expected.get(name)
            await worker.ask("/v1/decide", event)
        await worker.service.close()

    asyncio.run(compare())


def test_what_is_no_field_of_an_event_is_passed_by(evaluate):
    """Clients send attributes of their own, and keys beside the context."""
    own = {"email": "a@example.org", "plan": {"of": [1, None]}, "started": "summer", "refferer": 3}
    assert evaluate("a", {"targetingKey": "own", **own}).json["value"] == "countdown"


def test_a_reader_without_identity_is_one_that_no_key_names(evaluate):
    """Left out, `null` or empty: free articles open, and those on a meter do not."""
    for context in ({}, {"targetingKey": None}, {"targetingKey": ""}, {"targetingKey": " "}):
        told = evaluate("a", context).json
        assert (told["value"], told["metadata"]["identified"]) == ("subscription-wall", False)
        open_to_all = evaluate("a", {**context, "article": {"access": "free"}}).json
        assert open_to_all["value"] == "article"


def test_the_bulk_call_evaluates_what_the_context_lists(evaluate):
    """Ids or whole articles, in their order; nothing without a list."""
    articles = ["a", {"id": "p", "access": "premium"}, {"id": "f", "access": "free"}]
    told = evaluate(None, {"targetingKey": "bulk", "articles": articles}).json
    assert [(flag["key"], flag["value"]) for flag in told["flags"]] == [
        ("a", "countdown"),
        ("p", "trial-offer"),
        ("f", "article"),
    ]
    for flag in told["flags"]:
        validate(flag, SCHEMAS["success"])
    assert told["metadata"] == {"policy": told["flags"][0]["metadata"]["policy"]}
    for nothing in ({}, {"articles": []}, {"articles": None}):
        assert evaluate(None, {"targetingKey": "bulk", **nothing}).json["flags"] == []


@pytest.mark.parametrize(
    "article", ["a/b", "%2F", "å ?#&+;", "a\\b", "日本", "https://x.example/a?b"]
)
def test_every_id_is_an_article(evaluate, article):
    """Percent-encoded in the address; told as it is."""
    assert evaluate(article, {"targetingKey": "ids"}).json["key"] == article


def test_slashes_need_not_be_encoded(server):
    """As clients send them that put the key into the address as it is."""
    path = f"{FLAGS}/news/2026/a"
    told = server.ask("POST", path, {"context": {"targetingKey": "slashes"}}).json
    assert told["key"] == "news/2026/a"


WRONG = [
    ("a", {"targetingKey": 5}, "context.targetingKey: error[wrong-type]"),
    ("a", {"targetingKey": "a\u0000"}, "context.targetingKey: error[control-character]"),
    ("a", {"reader": "r"}, "context.reader: error[wrong-type]"),
    ("a", {"reader": {"id": "r"}}, "whose id is `targetingKey`, has no key `id`"),
    ("a", {"reader": {"registred": True}}, "did you mean `registered`?"),
    ("a", {"reader": {"registered_at": "2026-01-01"}}, "context.reader.registered_at: error["),
    ("a", {"article": {"id": "b"}}, "whose id is in the address, has no key `id`"),
    ("a", {"article": {"access": "premuim"}}, "did you mean `premium`?"),
    ("a", {"country": 49}, "context.country: error[wrong-type]"),
    ("a", {"prefetch": "yes"}, "context.prefetch: error[wrong-type]"),
    ("a", {"at": AT}, "context.at: error[clock-refused]"),
    (None, {"articles": "a"}, 'put it in brackets: `articles = ["a"]`'),
    (None, {"articles": ["a", {"id": "b", "access": "x"}]}, "context.articles[1].access: error["),
    (None, {"articles": [{"access": "free"}]}, "context.articles[0]: error[missing-key]"),
    (None, {"articles": ["a"] * 101}, "context.articles: error[too-many]"),
]


@pytest.mark.parametrize(("article", "context", "says"), WRONG)
def test_a_field_of_the_wrong_kind_is_an_error(evaluate, article, context, says):
    """With its place, its code and a next step, in the words that clients log."""
    reply = evaluate(article, context)
    assert (reply.status, reply.json["errorCode"]) == (400, "INVALID_CONTEXT")
    assert says in reply.json["errorDetails"]
    assert reply.headers["cache-control"] == "no-store"


REFUSED = [
    ("/a", b"{", 400, "PARSE_ERROR", "error[json-syntax]"),
    ("/a", b"\xff", 400, "PARSE_ERROR", "error[bad-encoding]"),
    ("/a", b"[" * 30_000, 400, "PARSE_ERROR", "error[too-deep]"),
    ("/a", [], 400, "PARSE_ERROR", "error[wrong-type]"),
    ("/a", {}, 400, "INVALID_CONTEXT", "a request needs `context`"),
    ("/a", {"context": None}, 400, "INVALID_CONTEXT", "a request needs `context`"),
    ("/a", {"context": "x"}, 400, "INVALID_CONTEXT", "context: error[wrong-type]"),
    ("/a", b'"' + b"x" * 70_000, 413, "GENERAL", "error[too-large]"),
    ("/", {"context": {}}, 400, "PARSE_ERROR", "error[empty-text]"),
    ("/%FF", {"context": {}}, 400, "PARSE_ERROR", "error[bad-encoding]"),
    ("/" + "x" * 2001, {"context": {}}, 400, "PARSE_ERROR", "error[text-too-long]"),
    ("", b"{", 400, "PARSE_ERROR", "error[json-syntax]"),
]


@pytest.mark.parametrize(("path", "body", "status", "code", "says"), REFUSED)
def test_what_cannot_be_read_is_told_in_the_protocols_form(server, path, body, status, code, says):
    """With the key that was asked for, if there was one."""
    reply = server.ask("POST", f"{FLAGS}{path}", body)
    assert (reply.status, reply.json["errorCode"]) == (status, code)
    assert says in reply.json["errorDetails"]
    validate(reply.json, SCHEMAS["failure" if path.strip("/") else "bulk_failure"])


def test_addresses_and_methods_that_are_not_there(server):
    """Told in the protocol's form as well."""
    nowhere = server.ask("POST", "/ofrep/v1/evaluate", {})
    assert (nowhere.status, nowhere.json["errorCode"]) == (404, "FLAG_NOT_FOUND")
    assert f"evaluations are asked at `{FLAGS}/{{article}}`" in nowhere.json["errorDetails"]
    assert "openapi" not in nowhere.json["errorDetails"]
    read = server.ask("GET", FLAGS)
    assert (read.status, read.json["errorCode"]) == (405, "GENERAL")


@pytest.mark.parametrize("path", [FLAGS, f"{FLAGS}/a"])
def test_a_key_is_needed_in_one_of_two_headers(server, path):
    """`X-API-Key` is for these calls only; a page of another site is refused."""
    body = {"context": {"targetingKey": "keys"}}

    def status(**headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return server.ask("POST", path, body, key=None, headers=sent).status

    assert status(X_API_Key=KEY) == 200
    assert status(X_API_Key=KEY, Authorization="Bearer wrong") == 200
    assert status(Authorization=f"Bearer {KEY}", X_API_Key="wrong") == 200
    for wrong in ({}, {"X_API_Key": ""}, {"X_API_Key": f"Bearer {KEY}"}, {"X_API_Key": f"{KEY}x"}):
        assert status(**wrong) == 401
    assert status(X_API_Key=KEY, Origin="https://elsewhere.example") == 403
    view = {"reader": {"id": "keys"}, "article": "a"}
    assert server.ask("POST", "/v1/peek", view, key=None, headers={"X-API-Key": KEY}).status == 401


def test_the_clock_is_the_servers_unless_the_key_may_set_it(server, evaluate):
    """`at` in the context, as in an event."""
    server.decide("dated", "a", at=AT)
    told = evaluate("a", {"targetingKey": "dated", "at": AT}, key=CLOCK_KEY).json
    assert told["metadata"]["resets_at"] == "2026-07-01T00:00:00+00:00"
    wrong = evaluate("a", {"targetingKey": "dated", "at": "noon"}, key=CLOCK_KEY)
    assert (wrong.status, wrong.json["errorCode"]) == (400, "INVALID_CONTEXT")
    assert "context.at: error[" in wrong.json["errorDetails"]
    assert evaluate("a", {"targetingKey": "dated"}).json["metadata"]["resets_at"] > "2026-07-02"


@pytest.mark.parametrize("article", ["a", None])
def test_an_unchanged_answer_is_304(server, evaluate, article):
    """By a strong tag; not for another context, nor after somebody has read."""
    reader = f"tagged {article}"
    context = {"targetingKey": reader, "articles": ["a"]}
    first = evaluate(article, context)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for shown in (tag, f'"x", {tag}', f"W/{tag}"):
        again = evaluate(article, context, If_None_Match=shown)
        assert (again.status, again.headers["etag"]) == (304, tag)
    for shown in ("*", '"x"', tag.strip('"'), ""):
        assert evaluate(article, context, If_None_Match=shown).status == 200
    other = evaluate(article, {**context, "plan": "x"}, If_None_Match=tag)
    assert (other.status, other.json) == (200, first.json)
    server.decide(reader, "b")
    after = evaluate(article, context, If_None_Match=tag)
    assert after.status == 200
    assert after.json != first.json


def test_calls_are_counted_and_logged_by_their_route(server, evaluate):
    """No id is in a label or in the log."""
    evaluate("of nobody", {"targetingKey": "somebody"})
    page = server.ask("GET", "/metrics").raw.decode()
    for route in (FLAGS, f"{FLAGS}/{{article}}"):
        assert f'meter_requests_total{{route="{route}",outcome="2xx"}}' in page
        assert f'meter_decisions_total{{route="{route}",show="countdown"' in page
    assert f'"POST {FLAGS}/{{article}}" 200' in server.log
    assert "nobody" not in server.log


def test_a_mistake_of_the_server_is_told_in_the_protocols_form(tmp_path):
    """With the key, so that clients know the answer."""

    async def ask():
        worker = Worker(tmp_path, POLICY)
        worker.service.clock = lambda: None  # a clock that tells no time
        with pytest.raises(AttributeError):  # the server's log gets it
            await worker.ask(f"{FLAGS}/a", {"context": {}})
        return worker.last

    reply = asyncio.run(ask())
    assert (reply.status, reply.json["key"], reply.json["errorCode"]) == (500, "a", "GENERAL")
    validate(reply.json, SCHEMAS["general_failure"])
