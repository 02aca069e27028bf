"""A paywall for FastAPI: a view that asks for a `CurrentVisit` has one.

>>> from meter.web.fastapi import CurrentVisit, FastAPIPaywall
"""

from __future__ import annotations

from typing import Annotated

from meter.errors import raise_missing_extra
from meter.web.gate.visit import Visit
from meter.web.starlette import StarlettePaywall, visit_of

try:
    from fastapi import Depends, Request
except ModuleNotFoundError as error:
    raise_missing_extra(error)

__all__ = ["CurrentVisit", "FastAPIPaywall", "current_visit"]


class FastAPIPaywall(StarlettePaywall):
    """The paywall of a FastAPI application; see `StarlettePaywall`."""


def current_visit(request: Request) -> Visit:
    """Return the visit of a request, as a dependency."""
    return visit_of(request)


CurrentVisit = Annotated[Visit, Depends(current_visit)]
"""The annotation of a view's parameter that takes the visit."""
