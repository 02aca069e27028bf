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

from meter import Article, Entitlement, Reader
from meter.web.starlette import StarlettePaywall, visit_of

SECRETS = os.environ["SECRET"].split(",")
TEASER = "<p>The first paragraph, for everyone.</p>"


def reader_of(request: HTTPConnection) -> Reader | None:
    """Return who is signed in, with what they have paid for."""
    account = request.session.get("account")
    rights = [Entitlement(kind="subscription")] if str(account).startswith("sub-") else []
    return Reader(id=account, registered=True, entitlements=rights) if account else None


paywall = StarlettePaywall(
    os.environ.get("POLICY", Path(__file__).parent.with_name("policy.toml")),
    os.environ["STORE"],
    account=reader_of,
    secret=SECRETS,
    trusted_proxies=os.environ.get("TRUSTED_PROXIES", "").split(","),
)


async def article(request: Request) -> Response:
    """Show an article: all of it, or its beginning and what to do for the rest."""
    name = request.path_params["name"]
    if not name.strip():
        raise HTTPException(404)
    access = {"free": "free", "premium": "premium"}.get(name.partition("-")[0], "metered")
    answer = await visit_of(request).aopen(Article(id=name, access=access))
    text = "<p>THE WHOLE STORY</p>" if answer.whole else ""
    return HTMLResponse(f"<h1>{escape(name)}</h1>{TEASER}{text}{answer.prompt}")


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
    middleware=[Middleware(SessionMiddleware, secret_key=SECRETS[-1])],
    lifespan=paywall.lifespan,
)
paywall.install(app)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), proxy_headers=False)
