"""What a stranger meets at the first article: the prompt of the draft, as it ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.clock import system_clock
from meter.engine import decide
from meter.studio.frames import decision_page
from meter.usage import Usage
from meter.view import Article, PageView, Reader

if TYPE_CHECKING:
    from pathlib import Path

    from meter.policy import Policy

__all__ = ["first_page"]


def first_page(policy: Policy, folder: Path | None) -> str:
    """Return the page of a metered article as an anonymous reader opens it now, first of all.

    `folder` is that of the policy's own prompts.
    """
    view = PageView(article=Article(id="first"))
    decision, _ = decide(policy, Reader(id="stranger"), view, Usage(), system_clock())
    return decision_page(decision, locale=policy.publication.locale, folder=folder)
