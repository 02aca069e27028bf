"""The Starlette example behind a cache that stores bodies and asks for each reader.

What is added to the example is read off the page *Caches and CDNs*. `python site.py` takes what the
example does from the environment, and `BODY_KEY`.
"""

from __future__ import annotations

import os
import types
from importlib.util import module_from_spec, spec_from_file_location

import uvicorn

from tests.web.caches.configurations import printed
from tests.web.caches.running import SITES


def example():
    """Return the example as a module."""
    spec = spec_from_file_location("example", SITES["private"])
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page():
    """Return what the page prints as a module."""
    module = types.ModuleType("preflight")
    exec(compile(printed("preflight.py"), "preflight.py", "exec"), module.__dict__)
    return module


def site():
    """Return the example with the routes of the page in front of its own."""
    module = example()
    module.app.router.routes[:0] = page().routes_of(module.paywall, module.article)
    return module.app


uvicorn.run(site(), port=int(os.environ["PORT"]), proxy_headers=False, log_level="warning")
