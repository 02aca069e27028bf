"""A news site in Django, with a paywall.

Run it: `PORT=8000 STORE=memory:// SECRET=long-and-secret python docs/examples/django/app.py`
"""

import os
from html import escape
from pathlib import Path

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import run
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from meter import Article, Entitlement, Reader

SECRETS = os.environ["SECRET"].split(",")


def page(name: str, *, whole: bool, prompt: str) -> str:
    """Return an article's page: all of it, or its beginning, and what is said to the reader."""
    text = "<p>THE WHOLE STORY</p>" if whole else ""
    return f"<h1>{escape(name)}</h1><p>The first paragraph, for everyone.</p>{text}{prompt}"


def reader_of(request: HttpRequest) -> Reader | None:
    """Return who is signed in, with what they have paid for."""
    account = request.session.get("account", "")
    rights = [Entitlement(kind="subscription")] if account.startswith("sub-") else []
    return Reader(id=account, registered=True, entitlements=rights) if account else None


settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY=SECRETS[0],
    SECRET_KEY_FALLBACKS=SECRETS[1:],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.sessions", "meter.web.django"],
    SESSION_ENGINE="django.contrib.sessions.backends.file",
    MIDDLEWARE=[
        "meter.web.django.middleware.MeterMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
    ],
    METER={
        "POLICY": os.environ.get("POLICY", Path(__file__).parent.with_name("policy.toml")),
        "STORE": os.environ["STORE"],
        "SECRET": SECRETS,
        "ACCOUNT": reader_of,
        "TRUSTED_PROXIES": os.environ.get("TRUSTED_PROXIES", "").split(","),
    },
)
django.setup()


def article(request: HttpRequest, name: str) -> HttpResponse:
    """Show an article: all of it, or its beginning and what to do for the rest."""
    if not name.strip():
        raise Http404
    access = {"free": "free", "premium": "premium"}.get(name.partition("-")[0], "metered")
    answer = request.paywall.open(Article(id=name, access=access))
    return HttpResponse(page(name, whole=answer.whole, prompt=answer.prompt))


@require_http_methods(["POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in to an account; a real site asks for a password, and calls `login`."""
    request.paywall.sign_in(request.POST.get("account", ""))
    request.session["account"] = request.POST["account"]
    return HttpResponseRedirect("/articles/free-1", status=303)


@require_http_methods(["POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    request.paywall.sign_out()
    request.session.flush()
    return HttpResponseRedirect("/articles/free-1", status=303)


def ledger(request: HttpRequest) -> HttpResponse:
    """Say what was counted for whoever asks."""
    counted = request.paywall.ledger()
    return JsonResponse({name: [read.id for read in each.reads] for name, each in counted.items()})


@require_http_methods(["DELETE"])
def forget(request: HttpRequest) -> HttpResponse:
    """Forget whoever asks."""
    request.paywall.forget()
    request.session.flush()
    return HttpResponse(status=204)


urlpatterns = [
    path("articles/<path:name>", article),
    path("sign-in", sign_in),
    path("sign-out", sign_out),
    path("me/ledger", ledger),
    path("me", forget),
]
application = WSGIHandler()

if __name__ == "__main__":
    run("127.0.0.1", int(os.environ["PORT"]), application, threading=True)
