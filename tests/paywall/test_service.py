"""The example service, under load, while its Redis is stopped and started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import pytest

SERVICE = Path(__file__).parents[2] / "docs" / "examples" / "service" / "app.py"


@pytest.fixture
def service(own_valkey, tmp_path):
    """The service in a process of its own, over a Redis of its own.

    Returns how to ask it, the server and its log.
    """
    server = own_valkey("--appendonly", "yes", "--appendfsync", "always")
    environment = os.environ | {"STORE": server.url + "?socket_timeout=10", "PORT": "0"}
    log = tmp_path / "log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, SERVICE],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
        )
    address = process.stdout.readline().partition("/articles")[0]

    def ask(reader, article, **more):
        query = "&".join(f"{key}={value}" for key, value in ({"reader": reader} | more).items())
        with urlopen(f"{address}/articles/{article}?{query}", timeout=30) as response:
            assert "private, no-store" == response.headers["Cache-Control"]
            return json.load(response)

    yield ask, server, log
    process.kill()
    process.communicate()


def test_the_service_survives_its_redis_being_stopped_under_load(service):
    """8 clients ask all the time; Redis is killed and started again in between.

    Nobody sees an error or a sixth article.
    """
    ask, server, log = service
    articles = [f"a{number}" for number in range(8)]

    def session(number):
        return [ask(f"reader{number}", article) for article in articles], ask(
            f"reader{number}", "a0", subscriber=1
        )

    with ThreadPoolExecutor(8) as pool:
        before = list(pool.map(session, range(40)))
        running = [pool.submit(session, number) for number in range(40, 140)]
        running[20].result()
        server.stop()
        running[60].result()
        server.start()
        during = [future.result() for future in running]
        after = list(pool.map(session, range(140, 180)))
    for views, subscriber in (*before, *during, *after):
        assert ("full", False) == (subscriber["access"], subscriber["degraded"])
        assert 5 == sum(view["access"] == "full" for view in views)
    assert {False} == {view["degraded"] for views, _ in (*before, *after) for view in views}
    assert {True, False} == {view["degraded"] for views, _ in during for view in views}
    # What was granted while Redis was gone has arrived there by the reader's next visit, whichever
    # process serves it.
    again = Counter(
        ask(f"reader{number}", article)["access"] for number in range(180) for article in articles
    )
    assert Counter(full=180 * 5, preview=180 * 3) == again
    assert "the store was unavailable for `check`" in log.read_text()
