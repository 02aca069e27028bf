"""The gallery: every prompt of a policy in its languages and layouts, on one page."""

from __future__ import annotations

from meter.studio.gallery.page import GalleryPage, gallery_page, languages
from meter.studio.gallery.situations import PromptSituation, Survey, situations, survey

__all__ = [
    "GalleryPage",
    "PromptSituation",
    "Survey",
    "gallery_page",
    "languages",
    "situations",
    "survey",
]
