"""What schemathesis finds when it asks everything that `/openapi.json` describes: nothing.

`python -m tests.web.openapi` asks a little, `--whole` asks for minutes; both exit 1 if something is
found. It asks as a client that may set the clock, as one that may not, and without keys.

One thing is passed over, since JSON Schema cannot say it: a right whose `starts` is after its
`ends`, which is refused with 400.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup

from tests.web.serving import CLOCK_KEY, KEY, KEYS, Server

CLIENTS = {"clock": (KEYS, CLOCK_KEY), "plain": (KEYS, KEY), "without keys": (None, None)}
UNSAID = {"starts-after-ends"}
FEW, MANY = 6, 400


def asked_of(server, key, examples, seed=False):
    """Ask so many examples of every operation; yield what was found, with the request."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", headers=headers)
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in schemathesis.GenerationMode:
            yield from ask(operation, mode, headers, examples, seed)


def ask(operation, mode, headers, examples, seed):
    """Ask examples of one operation, of data that fits or of data that does not."""
    found = []
    try:
        cases = operation.as_strategy(generation_mode=mode)

        @settings(
            max_examples=examples,
            derandomize=seed,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def one(case):
            response = case.call(headers=headers)
            try:
                case.validate_response(response, headers=headers)
            except FailureGroup as group:
                found.extend(said for said in group.exceptions if not is_unsaid(response))

        one()
    except schemathesis.errors.SchemathesisError:
        return  # there is no data that does not fit
    yield from (f"{operation.label} {mode.value}: {failure}" for failure in found)


def is_unsaid(response):
    """Say whether a request was refused for nothing but what a schema cannot say."""
    if response.status_code != 400:
        return False
    return {problem["code"] for problem in response.json()["problems"]} <= UNSAID


def main():
    """Ask, print what is found, and exit 1 if that is anything."""
    examples = MANY if "--whole" in sys.argv else FEW
    total = 0
    for name, (keys, key) in CLIENTS.items():
        with tempfile.TemporaryDirectory() as folder:
            server = Server(Path(folder), keys=keys)
            found = list(asked_of(server, key, examples))
            server.stop()
            total += len(found)
            print(f"{name}: {len(found)} found; {examples} examples an operation and mode")
            for failure in found[:20]:
                print(failure[:1500])
            if "Traceback" in server.log:
                total += 1
                print(server.log[-3000:])
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
