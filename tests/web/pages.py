"""A small news site with the pages that a browser needs: links, forms, and hints to fetch ahead.

`with running() as site:` serves it from a thread, over a socket of its own.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from html import escape
from threading import Condition, Thread
from typing import NamedTuple
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.routing import Route

from meter import Article, Reader, loads_policy
from meter.web import local_path
from meter.web.starlette import StarlettePaywall, visit_of

__all__ = ["STORY", "Asked", "Site", "running"]

STORY = "The whole story of"
TITLE = "<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href=data:,><title>"
POLICY = """
[publication]
name = "The Harbour Review"

[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 3, registered = 5 }

[[rules]]
name = "free articles are open"
when = { access = ["free"] }
show = "article"

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "devices"
when = { reader = ["anonymous"] }
show = "registration-wall"

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
HINTS = {
    "prefetch": '<script type="speculationrules">{{"prefetch":'
    '[{{"source":"list","urls":["{0}"],"eagerness":"immediate"}}]}}</script>',
    "prerender": '<script type="speculationrules">{{"prerender":'
    '[{{"source":"list","urls":["{0}"],"eagerness":"immediate"}}]}}</script>',
    "link": '<link rel="prefetch" href="{0}">',
}


class Asked(NamedTuple):
    """One request as the site saw it: its path, what it announced, and the answer's status."""

    path: str
    purpose: str
    status: int


def page(title, body):
    """Return a page."""
    return HTMLResponse(f"{TITLE}{escape(title)}</title><h1>{escape(title)}</h1>{body}")


async def article(request):
    """Show an article, with who reads it."""
    name = request.path_params["name"]
    access = "free" if name.startswith("free-") else "metered"
    visit = visit_of(request)
    answer = await visit.aopen(Article(id=name, access=access))
    text = f"<p>{STORY} {escape(name)}</p>" if answer.whole else ""
    who = escape(request.session.get("account", "nobody"))
    next_path = escape(visit.return_path)
    return page(
        name,
        f"<p id=who>{who}</p>{text}{answer.prompt}"
        f'<a id=sign-in href="/register?next={next_path}">sign in</a>'
        '<form action="/sign-out" method=post><button>Sign out</button></form>',
    )


async def links(request):
    """Link to articles, and let the browser fetch the first of them ahead as `hint` says."""
    names = request.query_params["to"].split(",")
    hint = HINTS.get(request.query_params.get("hint"), "").format(f"/articles/{names[0]}")
    rows = "".join(f'<p><a href="/articles/{name}">{name}</a>' for name in names)
    return page("Front page", rows + hint)


async def form(request):
    """Ask for an account; a registration and a sign-in look alike here."""
    next_path = escape(local_path(request.query_params.get("next")))
    return page(
        "Register",
        f'<form action="/sign-in" method=post><input type=hidden name=next value="{next_path}">'
        "<label>Account <input name=account></label><button>Go on</button></form>",
    )


async def sign_in(request):
    """Sign in, and go back to where the reader came from."""
    fields = parse_qs((await request.body()).decode())
    account = fields["account"][0]
    await visit_of(request).asign_in(account)
    request.session["account"] = account
    return RedirectResponse(local_path(fields["next"][0]), status_code=303)


async def sign_out(request):
    """Sign out."""
    visit_of(request).sign_out()
    request.session.clear()
    return RedirectResponse("/links?to=a", status_code=303)


async def ledger(request):
    """Say what was counted."""
    counted = await visit_of(request).aledger()
    return JSONResponse(sorted(read.id for read in counted["monthly"].reads))


def account_of(request):
    """Return who is signed in."""
    account = request.session.get("account")
    return Reader(id=account, registered=True) if account else None


class Site:
    """The site, its address, and what it was asked.

    `refuses_with` plants a bug: what the paywall refuses with 503 goes out with another status.
    """

    def __init__(self):
        self.asked = []
        self.refuses_with = None
        self._changed = Condition()
        paywall = StarlettePaywall(
            loads_policy(POLICY), "memory://", account=account_of, secret="of a test"
        )
        self._app = Starlette(
            routes=[
                Route("/articles/{name}", article),
                Route("/links", links),
                Route("/register", form),
                Route("/sign-in", sign_in, methods=["POST"]),
                Route("/sign-out", sign_out, methods=["POST"]),
                Route("/me/ledger", ledger),
            ],
            middleware=[Middleware(SessionMiddleware, secret_key="of a test")],
            lifespan=paywall.lifespan,
        )
        paywall.install(self._app)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self.socket.getsockname()[1]}"

    async def __call__(self, scope, receive, send):
        """Answer, and note what was asked."""
        headers = dict(scope.get("headers", ()))
        purpose = headers.get(b"sec-purpose", headers.get(b"purpose", b"")).decode()

        async def noted(message):
            if message["type"] == "http.response.start":
                message = self._note(scope["path"], purpose, message)
            await send(message)

        await self._app(scope, receive, noted)

    def _note(self, path, purpose, message):
        """Remember what was asked; where a bug is planted, say that a refusal is a page."""
        with self._changed:
            self.asked.append(Asked(path, purpose, message["status"]))
            self._changed.notify_all()
        planted = message["status"] == 503 and self.refuses_with
        return message | {"status": planted} if planted else message

    def wait_for(self, name, times=1):
        """Wait until an article was asked for so many times, and return what `of` does."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of(name)) >= times, 20), self.asked
        return self.of(name)

    def of(self, name):
        """Return what was asked for an article: what each announced, and the status it got."""
        path = f"/articles/{name}"
        return [(each.purpose, each.status) for each in self.asked if each.path == path]


@contextmanager
def running():
    """Serve the site until the block ends."""
    site = Site()
    server = uvicorn.Server(uvicorn.Config(site, log_level="warning", lifespan="on"))
    thread = Thread(target=server.run, kwargs={"sockets": [site.socket]})
    thread.start()
    try:
        yield site
    finally:
        server.should_exit = True
        thread.join()
