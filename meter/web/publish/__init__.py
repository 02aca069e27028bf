"""Files for machines that say the same as the wall: written from the policy, and checked by it."""

from __future__ import annotations

from meter.web.publish.folder import FILES, Written, publish, published_files, untrue_lines
from meter.web.publish.places import Licence, SitePlace, places

__all__ = [
    "FILES",
    "Licence",
    "SitePlace",
    "Written",
    "places",
    "publish",
    "published_files",
    "untrue_lines",
]
