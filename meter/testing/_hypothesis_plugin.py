"""The strategies that `from_type(Policy)` and its kin draw from.

The `hypothesis` entry point calls `register`, and nothing is built until asked for.
"""

from __future__ import annotations

from hypothesis import strategies as st

from meter import testing
from meter.policy import Policy, When
from meter.usage import Usage
from meter.view import Article, Entitlement, PageView, Reader
from meter.windows import Window

__all__ = ["register"]

_DRAWN_BY = {
    Policy: "policies",
    When: "whens",
    Window: "windows",
    Reader: "readers",
    Entitlement: "entitlements",
    Article: "articles",
    PageView: "page_views",
    Usage: "usages",
}


def register() -> None:
    """Tell Hypothesis which strategy draws which of our types."""
    for kind in _DRAWN_BY:
        st.register_type_strategy(kind, _strategy)


def _strategy(kind: type) -> st.SearchStrategy[object]:
    strategy: st.SearchStrategy[object] = getattr(testing.strategies, _DRAWN_BY[kind])()
    return strategy
