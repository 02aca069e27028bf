"""Measure what a request costs a site with a paywall, and the same site without.

Run it: `python tests/bench/bench_web.py [--store redis] [--seconds 3]`; `--gate` measures
the gate alone, in this process, over memory. Sites and servers are real: two uvicorn workers, and a
store that they share, from a wheel. `wrk` asks (`apt-get install wrk`). What is printed is the
processor time of the workers a request, which other work on the machine disturbs less than clocks.
With and without the paywall take turns, and the smallest of the turns counts.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from http.cookies import SimpleCookie
from pathlib import Path
from timeit import repeat

from meter import Article, Entitlement, Paywall, Reader, load_policy, open_store
from meter.web import Gate, WebRequest
from tests.bench.figures import Figure, Report, options_of

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "docs" / "examples" / "policy.toml"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"
WORKERS = 2
CONNECTIONS = 16
TURNS = 3
GATE_TURNS = 20
TICKS = os.sysconf("SC_CLK_TCK")
HEADERS = {
    "Host": "localhost",
    "User-Agent": AGENT,
    "Accept": "text/html",
    "Accept-Language": "en-GB,en;q=0.8",
}

SITE = textwrap.dedent('''
    """The same pages, with the paywall and without; who reads is a header, as from a session."""

    import os

    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    from meter import Article, Entitlement, Reader
    from meter.web.starlette import StarlettePaywall, visit_of

    def reader_of(request):
        account = request.headers.get("x-account")
        rights = [Entitlement(kind="subscription")]
        return Reader(id=account, registered=True, entitlements=rights) if account else None

    async def bare(request):
        name = request.path_params["name"]
        return HTMLResponse(f"<h1>{name}</h1><p>The beginning.</p><p>The whole story.</p>")

    async def article(request):
        name = request.path_params["name"]
        access = "free" if name.startswith("free-") else "metered"
        answer = await visit_of(request).aopen(Article(id=name, access=access))
        text = "<p>The whole story.</p>" if answer.whole else ""
        return HTMLResponse(f"<h1>{name}</h1><p>The beginning.</p>{text}{answer.prompt}")

    without = Starlette(routes=[Route("/articles/{name}", bare)])
    paywall = StarlettePaywall(
        os.environ["POLICY"], os.environ["STORE"], account=reader_of, secret="of a benchmark"
    )
    behind = Starlette(
        routes=[Route("/articles/{name}", article)], lifespan=paywall.lifespan
    )
    paywall.install(behind)
''')


def servers():
    """Return the module that starts servers for the tests."""
    spec = importlib.util.spec_from_file_location(
        "servers", Path(__file__).parents[1] / "servers.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def store_of(kind, folder):
    """Yield the URL of an empty store that several processes can share."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/counts.db"
        return
    real = servers()
    with contextlib.closing({"redis": real.Valkey, "postgres": real.Postgres}[kind]()) as server:
        yield server.url


@contextlib.contextmanager
def site(folder, app, store):
    """Run two workers of a site until the block ends; yield its address and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", f"site_of_bench:{app}", "--port", str(port)]
    options = ["--workers", str(WORKERS), "--log-level", "warning", "--no-access-log"]
    environment = os.environ | {
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "POLICY": str(POLICY),
        "STORE": store,
    }
    process = subprocess.Popen([*command, *options], env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process)
        yield address, process
    finally:
        process.terminate()
        process.wait()


def _wait(address, process):
    """Ask until the site answers."""
    for _ in range(600):
        assert process.poll() is None, "the site did not start"
        with contextlib.suppress(OSError):
            ask(address, "free-1", {})
            return
        time.sleep(0.1)
    raise AssertionError("the site did not answer")


def ask(address, name, headers):
    """Ask for an article; return the page and the cookie that came with it, if one did."""
    asked = urllib.request.Request(f"{address}/articles/{name}", headers=HEADERS | headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        jar = SimpleCookie(answer.headers.get("Set-Cookie", ""))
        return answer.read().decode(), "; ".join(f"{key}={each.value}" for key, each in jar.items())


def processor_seconds(parent):
    """Return what the workers of a server have used so far."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    used = 0
    for child in children.split():
        after = Path(f"/proc/{child}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        used += int(after[11]) + int(after[12])
    return used / TICKS


def load(address, process, name, headers, seconds):
    """Ask for an article for so many seconds; return microseconds a request, and requests a second.

    Microseconds are the workers' processor time.
    """
    sent = [part for each in (HEADERS | headers).items() for part in ("-H", ": ".join(each))]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", *sent]
    before = processor_seconds(process.pid)
    done = subprocess.run(
        [*command, f"{address}/articles/{name}"], capture_output=True, text=True, check=True
    )
    used = processor_seconds(process.pid) - before
    assert "Non-2xx" not in done.stdout, done.stdout
    requests = int(re.search(r"(\d+) requests in", done.stdout)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])
    return used / requests * 1e6, rate


def returning(address, number):
    """Return the headers of a reader who has read so many articles, all of them in the store."""
    cookie = ""
    for read in range(number):
        page, new = ask(address, f"m-{read}", {"Cookie": cookie} if cookie else {})
        assert "The whole story" in page
        cookie = new or cookie
    _, new = ask(address, "m-0", {"Cookie": cookie})
    return {"Cookie": new or cookie}


def kinds(address):
    """Return what is measured: the article, and the headers of whoever reads it."""
    return {
        "free article": ("free-1", {}),
        "subscriber": ("m-0", {"X-Account": "s"}),
        "re-read": ("m-0", returning(address, 1)),
        "wall": ("m-9", returning(address, 3)),
        "new reader each time": ("m-0", {}),
    }


def measure(store, seconds):
    """Return, by kind, what `load` finds of the site without a paywall, and with it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "site_of_bench.py").write_text(SITE, encoding="utf-8")
        with (
            store_of(store, folder) as url,
            site(folder, "without", url) as without,
            site(folder, "behind", url) as behind,
        ):
            return {
                kind: (
                    min(load(*without, name, headers, seconds) for _ in range(TURNS)),
                    min(load(*behind, name, headers, seconds) for _ in range(TURNS)),
                )
                for kind, (name, headers) in kinds(behind[0]).items()
            }


def visits(gate):
    """Return calls that let one request through the gate, by kind."""

    def go(name, cookie=None, account=None, access="metered"):
        headers = HEADERS | ({"Cookie": cookie} if cookie else {})
        visit = gate.visit(WebRequest(method="GET", url=f"/{name}", headers=headers), account)
        answer = visit.open(Article(id=name, access=access))
        answer.rendered()
        sent = dict(visit.finish(200, [("content-type", "text/html")]).headers)
        return sent.get("Set-Cookie", "").partition(";")[0]

    def subscriber():
        return Reader(id="s", registered=True, entitlements=[Entitlement(kind="subscription")])

    known = go("m-0", go("m-0"))
    full = go("m-0", go("m-0"))
    for number in range(1, 3):
        go(f"m-{number}", full)
    joined = go("m-0", known, subscriber)
    return {
        "free article": lambda: go("free-1", access="free"),
        "subscriber": lambda: go("m-0", account=subscriber),
        "subscriber with a cookie": lambda: go("m-0", joined, subscriber),
        "re-read": lambda: go("m-0", known),
        "wall": lambda: go("m-9", full),
        "new reader each time": lambda: go("m-0"),
    }


def measure_gate():
    """Return the processor's microseconds of one visit through the gate, prompt included."""
    paywall = Paywall(load_policy(POLICY), open_store("memory://"))
    calls = visits(Gate(paywall=paywall, secret="of a benchmark"))
    return {
        kind: min(repeat(call, timer=time.process_time, number=500, repeat=GATE_TURNS)) / 500 * 1e6
        for kind, call in calls.items()
    }


def report_on(report, store, found):
    """Tell one store's figures."""
    report.line(f"\n{store}, {WORKERS} workers: the workers' µs a request, and requests a second")
    report.line(
        f"  {'':24}{'without':>10}{'with':>10}{'paywall':>10}{'without/s':>12}{'with/s':>10}"
    )
    for kind, ((bare, bare_rate), (used, rate)) in found.items():
        base = f"{store}, {kind}, without"
        times = f"{bare:10.0f}{used:10.0f}{used - bare:10.0f}"
        report.line(
            f"  {kind:24}{times}{bare_rate:12,.0f}{rate:10,.0f}",
            Figure(base, bare, "µs", 1.0, base),
            Figure(f"{store}, {kind}, with", used, "µs", used / bare, base),
        )


def main():
    """Measure, and print a table or JSON."""
    parser = options_of(__doc__)
    parser.add_argument("--store", choices=("sqlite", "redis", "postgres"), action="append")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--gate", action="store_true", help="the gate alone, in this process")
    options = parser.parse_args()
    report = Report("web", options.format, GATE_TURNS if options.gate else TURNS)
    if options.gate:
        found = measure_gate()
        base = "free article"
        for kind, us in found.items():
            report.line(f"{kind:26}{us:8.1f} µs", Figure(kind, us, "µs", us / found[base], base))
        report.end()
        return
    if shutil.which("wrk") is None:
        parser.error("`wrk` is not installed: `apt-get install wrk`")
    for store in options.store or ("sqlite", "redis", "postgres"):
        report_on(report, store, measure(store, options.seconds))
    report.end()


if __name__ == "__main__":
    main()
