"""A site in Django with views that block and views that await, for tests of the adapter."""

from __future__ import annotations

import asyncio

from django.contrib.auth import alogin, alogout, get_user_model, login, logout
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import cache_page

from meter import Article, Entitlement, Reader
from meter.errors import StoreUnavailableError
from meter.web.django.preflight import preflight_view

BACKEND = "django.contrib.auth.backends.ModelBackend"
STORY = "THE WHOLE STORY"
ran: list[str] = []
"""What views have run, and streams were closed, since a test emptied it."""


def as_reader(user):
    """Return a user as the site's policy sees them."""
    if not user.is_authenticated:
        return None
    rights = [Entitlement(kind="subscription")] if user.username.startswith("sub-") else []
    return Reader(id=f"user-{user.pk}", registered=True, entitlements=rights)


def reader_of(request):
    """Return who is signed in, asking as a view that blocks asks."""
    return as_reader(request.user)


async def areader_of(request):
    """Return who is signed in, asking as a view that awaits asks."""
    return as_reader(await request.auser())


def broken_reader(request):
    """Return nobody: the site's own accounts are out."""
    raise RuntimeError("no database\nof accounts")


def consents(request):
    """Say whether a browser may be given a cookie."""
    return "no-consent" not in request.GET


def article_named(name):
    """Return an article whose access its name says."""
    access = {"free": "free", "premium": "premium"}.get(name.partition("-")[0], "metered")
    return Article(id=name, access=access)


def page(answer):
    """Return an article's page."""
    return f"<p>teaser</p>{STORY if answer.whole else ''}{answer.prompt}"


def plain(request):
    """Answer without asking the paywall anything."""
    return HttpResponse("hello" if getattr(request, "paywall", None) is None else "hello, reader")


def article(request, name):
    """Show an article, in a view that blocks."""
    ran.append(name)
    return HttpResponse(page(request.paywall.open(article_named(name))))


async def aarticle(request, name):
    """Show an article, in a view that awaits."""
    ran.append(name)
    return HttpResponse(page(await request.paywall.aopen(article_named(name))))


def kept(request, name):
    """Show an article in a view that says, wrongly, that its pages may be kept."""
    return cache_page(600)(article)(request, name)


def with_session(request, name):
    """Show an article and keep something in the session."""
    request.session["last"] = name
    return article(request, name)


def _parts(answer):
    try:
        yield page(answer)
    finally:
        ran.append("closed")


def streamed(request, name):
    """Show an article piece by piece."""
    response = StreamingHttpResponse(_parts(request.paywall.open(article_named(name))))
    response.set_cookie("mine", "1")
    return response


async def astreamed(request, name):
    """Show an article piece by piece, awaited."""
    answer = await request.paywall.aopen(article_named(name))

    async def parts():
        await asyncio.sleep(0)
        yield page(answer)

    return StreamingHttpResponse(parts())


def late(request, name):
    """Ask for the first time when the answer has begun."""
    return StreamingHttpResponse(page(request.paywall.open(article_named(name))) for _ in range(1))


def templated(request, name):
    """Show an article by a template."""
    answer = request.paywall.open(article_named(name))
    return render(request, "article.html", {"answer": answer, "name": name})


def broken(request, name):
    """Fail after an article was opened."""
    request.paywall.open(article_named(name))
    raise LookupError("a mistake of the site's")


def out(request):
    """Fail as a store that is out does."""
    raise StoreUnavailableError("down")


async def nobody(request):
    """Sign in to an account without an id."""
    await request.paywall.asign_in(" ")


def close(request, prompt):
    """Say that a reader has closed a prompt, in a view that blocks."""
    request.paywall.dismissed(prompt)
    return HttpResponse(status=204)


async def aclose(request, prompt):
    """Say that a reader has closed a prompt, in a view that awaits."""
    await request.paywall.adismissed(prompt)
    return HttpResponse(status=204)


def sign_in(request, account):
    """Sign in to Django's own account, in a view that blocks."""
    user, _ = get_user_model().objects.get_or_create(username=account)
    login(request, user, backend=BACKEND)
    return HttpResponse(status=204)


async def asign_in(request, account):
    """Sign in to Django's own account, in a view that awaits."""
    user, _ = await get_user_model().objects.aget_or_create(username=account)
    await alogin(request, user, backend=BACKEND)
    return HttpResponse(status=204)


def sign_out(request):
    """Sign out, in a view that blocks."""
    logout(request)
    return HttpResponse(status=204)


async def asign_out(request):
    """Sign out, in a view that awaits."""
    await alogout(request)
    return HttpResponse(status=204)


def ledger(request):
    """Say what is counted for whoever asks."""
    counted = request.paywall.ledger()
    return JsonResponse({name: [read.id for read in each.reads] for name, each in counted.items()})


async def aledger(request):
    """Say what is counted for whoever asks, awaited."""
    counted = await request.paywall.aledger()
    return JsonResponse({name: [read.id for read in each.reads] for name, each in counted.items()})


def forget(request):
    """Forget whoever asks."""
    request.paywall.forget()
    return HttpResponse(status=204)


def article_at(address):
    """Return the article of an address, as a cache asks about it."""
    if not address.startswith("/articles/"):
        raise Http404
    return article_named(address.removeprefix("/articles/"))


class Urls:
    """The addresses of the site; what awaits is below `/a`."""

    urlpatterns = (
        path("plain", plain),
        path("articles/<path:name>", article),
        path("a/articles/<path:name>", aarticle),
        path("kept/<path:name>", kept),
        path("session/<path:name>", with_session),
        path("late/<path:name>", late),
        path("streamed/<path:name>", streamed),
        path("a/streamed/<path:name>", astreamed),
        path("templated/<path:name>", templated),
        path("broken/<path:name>", broken),
        path("out", out),
        path("nobody", nobody),
        path("closed/<prompt>", close),
        path("a/closed/<prompt>", aclose),
        path("sign-in/<account>", sign_in),
        path("a/sign-in/<account>", asign_in),
        path("sign-out", sign_out),
        path("a/sign-out", asign_out),
        path("ledger", ledger),
        path("a/ledger", aledger),
        path("forget", forget),
        path("asked", preflight_view(article_at)),
    )
