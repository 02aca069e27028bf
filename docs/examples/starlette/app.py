"""A news site in Starlette, with a paywall.

Run it: `PORT=8000 STORE=memory:// SECRET=long-and-secret python docs/examples/starlette/app.py`
"""

import os
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from meter import Article, Entitlement, Reader
from meter.web.starlette import StarlettePaywall, visit_of

POLICY = os.environ.get("POLICY", Path(__file__).parent.with_name("policy.toml"))
STORE = os.environ["STORE"]
SECRETS = os.environ["SECRET"].split(",")
PROXIES = os.environ.get("TRUSTED_PROXIES", "").split(",")


class Sessions(SessionMiddleware):
    """Sessions that the first key signs, and every key opens."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, SECRETS[0])
        self.signer.secret_keys = [key.encode() for key in reversed(SECRETS)]


def page(name: str, *, whole: bool, prompt: str) -> str:
    """Return an article's page: all of it, or its beginning, and what is said to the reader."""
    text = "<p>THE WHOLE STORY</p>" if whole else ""
    return f"<h1>{escape(name)}</h1><p>The first paragraph, for everyone.</p>{text}{prompt}"


def reader_of(request: HTTPConnection) -> Reader | None:
    """Return who is signed in, with what they have paid for."""
    account = request.session.get("account", "")
    rights = [Entitlement(kind="subscription")] if account.startswith("sub-") else []
    return Reader(id=account, registered=True, entitlements=rights) if account else None


paywall = StarlettePaywall(
    POLICY, STORE, account=reader_of, secret=SECRETS, trusted_proxies=PROXIES
)


async def article(request: Request) -> Response:
    """Show an article: all of it, or its beginning and what to do for the rest."""
    name = request.path_params["name"]
    if not name.strip():
        raise HTTPException(404)
    access = {"free": "free", "premium": "premium"}.get(name.partition("-")[0], "metered")
    answer = await visit_of(request).aopen(Article(id=name, access=access))
    return HTMLResponse(page(name, whole=answer.whole, prompt=answer.prompt))


async def sign_in(request: Request) -> Response:
    """Sign in to an account; a real site asks for a password."""
    account = parse_qs((await request.body()).decode(errors="replace")).get("account", [""])[0]
    await visit_of(request).asign_in(account)
    request.session["account"] = account
    return RedirectResponse("/articles/free-1", status_code=303)


async def sign_out(request: Request) -> Response:
    """Sign out."""
    visit_of(request).sign_out()
    request.session.clear()
    return RedirectResponse("/articles/free-1", status_code=303)


async def ledger(request: Request) -> Response:
    """Say what was counted for whoever asks."""
    counted = await visit_of(request).aledger()
    return JSONResponse({name: [read.id for read in each.reads] for name, each in counted.items()})


async def forget(request: Request) -> Response:
    """Forget whoever asks."""
    await visit_of(request).aforget()
    request.session.clear()
    return Response(status_code=204)


app = Starlette(
    routes=[
        Route("/articles/{name:path}", article),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route("/me/ledger", ledger),
        Route("/me", forget, methods=["DELETE"]),
    ],
    middleware=[Middleware(Sessions)],
    lifespan=paywall.lifespan,
)
paywall.install(app)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), proxy_headers=False)
