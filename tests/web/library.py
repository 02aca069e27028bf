"""A small site that a library may read, to stand behind a proxy of its own.

`SITE_FOLDER` holds `policy.toml` and `institutions.toml`; `TRUSTED` are the proxies, with commas.
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from meter import Article
from meter.web.starlette import StarlettePaywall, visit_of

__all__ = ["app", "library_site"]


async def article(request):
    """Say whether the whole text goes out."""
    answer = await visit_of(request).aopen(Article(id="p1", access="premium"))
    return JSONResponse(answer.whole)


def library_site(policy, **settings):
    """Return the application over a policy's file, with the settings of a gate."""
    paywall = StarlettePaywall(policy, "memory://", secret="new", **settings)
    site = Starlette(routes=[Route("/", article)], lifespan=paywall.lifespan)
    paywall.install(site)
    return site


def app():
    """Return the application that the environment describes."""
    policy = Path(os.environ["SITE_FOLDER"]) / "policy.toml"
    return library_site(policy, trusted_proxies=os.environ["TRUSTED"].split(","))
