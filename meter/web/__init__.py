"""The door to a publisher's site: requests in; whole text or teaser, prompt, status, headers out.

`Gate` knows no framework; `asgi`, `wsgi`, `fastapi`, `flask` and `django` put it into one, each
with the shape its community expects. Nothing here decides: the paywall does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from meter.errors import raise_missing_extra
from meter.web.errors import CrossSiteError

if TYPE_CHECKING:
    from meter.web.gate import Gate
    from meter.web.gate.answer import Answer
    from meter.web.gate.request import WebRequest
    from meter.web.gate.visit import Visit
    from meter.web.page_addresses import local_path

__all__ = ["Answer", "CrossSiteError", "Gate", "Visit", "WebRequest", "local_path"]

# Imported when first asked for: `serve` needs none of it, nor what it needs.
_LAZY = {
    "Answer": "meter.web.gate.answer",
    "Gate": "meter.web.gate",
    "Visit": "meter.web.gate.visit",
    "WebRequest": "meter.web.gate.request",
    "local_path": "meter.web.page_addresses",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module `meter.web` has no attribute `{name}`")
    try:
        return getattr(import_module(_LAZY[name]), name)
    except ModuleNotFoundError as error:
        raise_missing_extra(error)


def __dir__() -> list[str]:
    return sorted(__all__)
