"""A news site in FastAPI, with a paywall.

Run it: `PORT=8000 STORE=memory:// SECRET=long-and-secret python docs/examples/fastapi/app.py`
"""

import os
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp

from meter import Article, Entitlement, Reader
from meter.web.fastapi import CurrentVisit, FastAPIPaywall

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


def reader_of(request: Request) -> Reader | None:
    """Return who is signed in, with what they have paid for."""
    account = request.session.get("account", "")
    rights = [Entitlement(kind="subscription")] if account.startswith("sub-") else []
    return Reader(id=account, registered=True, entitlements=rights) if account else None


paywall = FastAPIPaywall(POLICY, STORE, account=reader_of, secret=SECRETS, trusted_proxies=PROXIES)
app = FastAPI(lifespan=paywall.lifespan)
app.add_middleware(Sessions)
paywall.install(app)


@app.api_route("/articles/{name:path}", methods=["GET", "HEAD"], response_class=HTMLResponse)
async def article(name: str, visit: CurrentVisit) -> str:
    """Show an article: all of it, or its beginning and what to do for the rest."""
    if not name.strip():
        raise HTTPException(404)
    access = {"free": "free", "premium": "premium"}.get(name.partition("-")[0], "metered")
    answer = await visit.aopen(Article(id=name, access=access))
    return page(name, whole=answer.whole, prompt=answer.prompt)


@app.post("/sign-in")
async def sign_in(request: Request, visit: CurrentVisit) -> RedirectResponse:
    """Sign in to an account; a real site asks for a password."""
    account = parse_qs((await request.body()).decode(errors="replace")).get("account", [""])[0]
    await visit.asign_in(account)
    request.session["account"] = account
    return RedirectResponse("/articles/free-1", status_code=303)


@app.post("/sign-out")
async def sign_out(request: Request, visit: CurrentVisit) -> RedirectResponse:
    """Sign out."""
    visit.sign_out()
    request.session.clear()
    return RedirectResponse("/articles/free-1", status_code=303)


@app.get("/me/ledger")
async def ledger(visit: CurrentVisit) -> dict[str, list[str]]:
    """Say what was counted for whoever asks."""
    return {name: [read.id for read in of.reads] for name, of in (await visit.aledger()).items()}


@app.delete("/me", status_code=204)
async def forget(request: Request, visit: CurrentVisit) -> Response:
    """Forget whoever asks."""
    await visit.aforget()
    request.session.clear()
    return Response(status_code=204)


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), proxy_headers=False)
