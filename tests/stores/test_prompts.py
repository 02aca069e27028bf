"""Many at once, over every store: a prompt is shown as often as its cap says, and no more."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from meter import Article, PageView, Paywall, Reader, loads_policy, open_store
from tests.stores.capped import bursts

VIEWS = 12
TIMES = 3
PATIENT = {"deadline": 30.0, "queue": 30.0, "on_outage": "raise"}
TEXT = """
[publication]
name = "Harbour Radio"
[prompts.give]
heading = "Give"
at_most = [
    { times = 3, window = { calendar = "day" } }, { times = 4, window = { rolling = "30 days" } },
]
group = "asks"
[prompts.letter]
heading = "Our letter"
once = true
group = "asks"
[[rules]]
name = "open"
show = "article"
prompt = "give"
"""


def view(name):
    """Return a view with an id of its own."""
    return PageView(article=Article(id="a"), id=name)


def test_threads_show_a_prompt_as_often_as_its_cap_says(store, newsroom):
    """20 readers × 12 threads: 3 of the 12 are asked, and all read."""
    paywalls = [Paywall(loads_policy(TEXT), store, **PATIENT) for _ in range(VIEWS)]
    shown = []
    with ThreadPoolExecutor(VIEWS) as pool:
        for account in range(20):
            start = Barrier(VIEWS)

            def read(number, start=start, account=account):
                start.wait()
                reader = Reader(id=f"r{account}")
                return paywalls[number].check(reader, view(f"v{number}"), now=newsroom.now)

            decisions = list(pool.map(read, range(VIEWS)))
            assert {"full"} == {str(decision.access) for decision in decisions}
            shown.append(sum(decision.prompt == "give" for decision in decisions))
    assert [TIMES] * 20 == shown


WORKER = """
import json, sys
from datetime import datetime
from meter import Article, PageView, Paywall, Reader, loads_policy, open_store
from tests.stores.capped import bursts
url, name, now, text = sys.argv[1:]
paywall = Paywall(loads_policy(text), open_store(url), deadline=60.0, queue=60.0, on_outage="raise")
print("ready", flush=True)
sys.stdin.readline()
shown = []
for account in range(20):
    for number in range(3):
        view = PageView(article=Article(id="a"), id=f"{name}-{number}")
        decision = paywall.check(Reader(id=f"r{account}"), view, now=datetime.fromisoformat(now))
        shown.append(decision.prompt == "give")
print(json.dumps(shown))
"""


def test_processes_show_a_prompt_as_often_as_its_cap_says(shared_url, newsroom, python):
    """4 processes × 3 views each of 20 readers, all at once: 3 of the 12 are asked."""
    open_store(shared_url).close()
    workers = [
        python(WORKER, shared_url, f"w{number}", newsroom.now.isoformat(), TEXT)
        for number in range(4)
    ]
    for worker in workers:
        assert "ready" == worker.stdout.readline().strip(), worker.communicate()[1]
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    shown = [0] * 20
    for worker in workers:
        out, errors = worker.communicate(timeout=120)
        assert 0 == worker.returncode, errors
        for number, was in enumerate(json.loads(out)):
            shown[number // 3] += was
    assert [TIMES] * 20 == shown


def test_bursts_with_sign_ins_forgets_and_cuts_are_never_over(store_url):
    """Eight bursts of two prompts; `python -m tests.stores.capped` sends thousands."""
    found = bursts(store_url, 8)
    assert (0, 0) == (found["over"], found["under"])
    assert found["shown"] > 16
