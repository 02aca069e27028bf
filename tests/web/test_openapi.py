"""The document of the server is complete, and true as far as schemathesis looks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from meter import Article, PageView, Reader, Usage, decide
from meter.loading.event_parts import article_table, reader_table
from meter.loading.events import decision_table, event_shape
from meter.policy import MachineTerms, Policy, Publication, Rule
from meter.web.serve.operations import OPERATIONS
from tests.web.openapi import LITTLE, ask
from tests.web.serving import CLOCK_KEY, KEY, Server


def test_a_little_of_schemathesis_finds_nothing(tmp_path):
    """`python -m tests.web.openapi --whole` asks for minutes."""
    found, said = ask("clock", tmp_path, *LITTLE, seconds=120)
    assert not found, said


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that tells its document."""
    server = Server(tmp_path_factory.mktemp("document"))
    yield server
    assert server.stop() == 0


def test_the_document_has_every_operation_and_every_key_of_an_event(server):
    """Made from the tables by which bodies are read; `at` only for who may set the clock."""
    told = server.ask("GET", "/openapi.json", key=CLOCK_KEY).json
    listed = {(m.upper(), path) for path, ways in told["paths"].items() for m in ways}
    assert listed == {(operation.method, operation.path) for operation in OPERATIONS}
    zone = ZoneInfo("UTC")
    view = body_of(told, "/v1/decide")["properties"]
    assert set(view) == set(event_shape(zone).keys)
    assert set(view["reader"]["properties"]) == set(reader_table(zone).keys)
    assert set(view["article"]["anyOf"][1]["properties"]) == set(article_table(zone).keys)
    rendered = body_of(told, "/v1/render")["properties"]
    assert set(rendered) - set(view) == {"format", "locale", "layout"}
    plain = server.ask("GET", "/openapi.json", key=KEY).json
    assert set(view) - set(body_of(plain, "/v1/decide")["properties"]) == {"at"}
    assert body_of(plain, "/v1/started")["properties"]["offer"]["enum"] == ["summer"]


def body_of(document, path):
    """Return the schema of a body."""
    content = document["paths"][path]["post"]["requestBody"]["content"]
    return content["application/json"]["schema"]


def test_the_document_has_every_key_of_a_decision(server):
    """`machines` is there where a rule refuses them; the others always are."""
    rule = Rule(name="rest", show="wall", machines=MachineTerms(status=403))
    policy = Policy(publication=Publication(name="The Harbour Review"), rules=[rule])
    view = PageView(article=Article(id="a1"))
    now = datetime(2026, 6, 1, tzinfo=UTC)
    written = decision_table(decide(policy, Reader(id="r1"), view, Usage(), now)[0])
    told = server.ask("GET", "/openapi.json", key=KEY).json
    schema = told["components"]["schemas"]["Decision"]
    assert set(written) == set(schema["properties"])
    assert set(written) - set(schema["required"]) == {"machines"}
    assert set(written["machines"]) == set(schema["properties"]["machines"]["properties"])
