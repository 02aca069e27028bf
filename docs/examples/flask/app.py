"""A news site in Flask, with a paywall.

Run it: `PORT=8000 STORE=memory:// SECRET=long-and-secret python docs/examples/flask/app.py`
"""

import os
from html import escape
from pathlib import Path

from flask import Flask, Response, abort, redirect, request, session

from meter import Article, Entitlement, Reader
from meter.web.flask import FlaskPaywall, visit

POLICY = os.environ.get("POLICY", Path(__file__).parent.with_name("policy.toml"))
STORE = os.environ["STORE"]
SECRETS = os.environ["SECRET"].split(",")
PROXIES = os.environ.get("TRUSTED_PROXIES", "").split(",")


def page(name: str, *, whole: bool, prompt: str) -> str:
    """Return an article's page: all of it, or its beginning, and what is said to the reader."""
    text = "<p>THE WHOLE STORY</p>" if whole else ""
    return f"<h1>{escape(name)}</h1><p>The first paragraph, for everyone.</p>{text}{prompt}"


def reader_of() -> Reader | None:
    """Return who is signed in, with what they have paid for."""
    account = session.get("account", "")
    rights = [Entitlement(kind="subscription")] if account.startswith("sub-") else []
    return Reader(id=account, registered=True, entitlements=rights) if account else None


app = Flask(__name__)
app.config.update(
    SECRET_KEY=SECRETS[0],
    SECRET_KEY_FALLBACKS=SECRETS[1:],
    METER_POLICY=POLICY,
    METER_STORE=STORE,
    METER_SECRET=SECRETS,
    METER_TRUSTED_PROXIES=PROXIES,
)
FlaskPaywall(app, account=reader_of)


class Rest(app.url_map.converters["path"]):
    """The rest of a path, wherever it has slashes."""

    regex = ".+?"
    part_isolating = False


app.url_map.merge_slashes = False
app.url_map.converters["rest"] = Rest


@app.get("/articles/<rest:name>")
def article(name: str) -> str:
    """Show an article: all of it, or its beginning and what to do for the rest."""
    if not name.strip():
        abort(404)
    access = {"free": "free", "premium": "premium"}.get(name.partition("-")[0], "metered")
    answer = visit.open(Article(id=name, access=access))
    return page(name, whole=answer.whole, prompt=answer.prompt)


@app.post("/sign-in")
def sign_in() -> Response:
    """Sign in to an account; a real site asks for a password."""
    visit.sign_in(request.form["account"])
    session["account"] = request.form["account"]
    return redirect("/articles/free-1", 303)


@app.post("/sign-out")
def sign_out() -> Response:
    """Sign out."""
    visit.sign_out()
    session.clear()
    return redirect("/articles/free-1", 303)


@app.get("/me/ledger")
def ledger() -> dict[str, list[str]]:
    """Say what was counted for whoever asks."""
    return {name: [read.id for read in each.reads] for name, each in visit.ledger().items()}


@app.delete("/me")
def forget() -> tuple[str, int]:
    """Forget whoever asks."""
    visit.forget()
    session.clear()
    return "", 204


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]), threaded=True)
