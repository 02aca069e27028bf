"""The Starlette example behind a cache that stores bodies and asks for each reader.

What is added to the example is read off the page *Caches and CDNs*. `python site.py` takes what the
example does from the environment, and `BODY_KEY`.
"""

from __future__ import annotations

import os
import types
from importlib.util import module_from_spec, spec_from_file_location

import uvicorn
from starlette.responses import HTMLResponse
from starlette.routing import Route

from meter import Article
from tests.web.caches.configurations import printed
from tests.web.caches.running import SITES


def _example():
    """Return the example as a module."""
    spec = spec_from_file_location("example", SITES["private"])
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _page():
    """Return what the page prints as a module."""
    module = types.ModuleType("preflight")
    exec(compile(printed("preflight.py"), "preflight.py", "exec"), module.__dict__)
    return module


example = _example()
page = _page()


def _article(name):
    access = {"free": "free", "premium": "premium"}.get(name.partition("-")[0], "metered")
    return Article(id=name, access=access)


async def preflight(request):
    """Answer the cache for one reader."""
    article = _article(page.name_of(page.asked_of(request)))
    return await page.preflight(request, example.paywall.gate, article, example.reader_of)


async def article(request):
    """Give the cache the whole article to store, and a reader what is the reader's."""
    if not page.is_for_the_cache(request):
        return await example.article(request)
    text = f"<h1>{request.path_params['name']}</h1>{example.TEASER}<p>THE WHOLE STORY</p>"
    return HTMLResponse(text, headers={"Cache-Control": "public, max-age=60"})


example.app.router.routes[:0] = [
    Route("/preflight", preflight),
    Route("/articles/{name:path}", article),
]

if __name__ == "__main__":
    uvicorn.run(example.app, port=int(os.environ["PORT"]), proxy_headers=False)
