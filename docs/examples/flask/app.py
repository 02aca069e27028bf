"""A news site in Flask, with a paywall.

Run it: `PORT=8000 STORE=memory:// SECRET=long-and-secret python docs/examples/flask/app.py`
"""

import os
from html import escape
from pathlib import Path

from flask import Flask, Response, abort, redirect, request, session

from meter import Article, Entitlement, Reader
from meter.web.flask import FlaskPaywall, visit

SECRETS = os.environ["SECRET"].split(",")
TEASER = "<p>The first paragraph, for everyone.</p>"


def reader_of() -> Reader | None:
    """Return who is signed in, with what they have paid for."""
    account = session.get("account")
    rights = [Entitlement(kind="subscription")] if str(account).startswith("sub-") else []
    return Reader(id=account, registered=True, entitlements=rights) if account else None


app = Flask(__name__)
app.config.update(
    SECRET_KEY=SECRETS[-1],
    METER_POLICY=os.environ.get("POLICY", Path(__file__).parent.with_name("policy.toml")),
    METER_STORE=os.environ["STORE"],
    METER_SECRET=SECRETS,
    METER_TRUSTED_PROXIES=os.environ.get("TRUSTED_PROXIES", "").split(","),
)
FlaskPaywall(app, account=reader_of)


@app.get("/articles/<path:name>")
def article(name: str) -> str:
    """Show an article: all of it, or its beginning and what to do for the rest."""
    if not name.strip():
        abort(404)
    access = {"free": "free", "premium": "premium"}.get(name.partition("-")[0], "metered")
    answer = visit.open(Article(id=name, access=access))
    text = "<p>THE WHOLE STORY</p>" if answer.whole else ""
    return f"<h1>{escape(name)}</h1>{TEASER}{text}{answer.prompt}"


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
