"""Policies with one prompt that is not always shown, and readers who meet it."""

from __future__ import annotations

from hypothesis import strategies as st

from meter import Article, Meter, PageView, Policy, Rule
from meter.policy import Prompt, Publication
from meter.testing.strategies import edge_times
from meter.windows import DAY, instant, moment

WAITS = (0, 1, DAY // 24, DAY - 1, DAY, 2 * DAY, 7 * DAY, 30 * DAY, -1, -DAY // 24)


def with_caps(caps, zone="UTC", **keys):
    """Return a policy that opens everything and asks by a prompt with these caps."""
    give = Prompt(name="give", heading="Give", at_most=caps, **keys)
    return Policy(
        publication=Publication(name="The Harbour Review", timezone=zone),
        prompts=[give],
        rules=[Rule(name="all", show="article", prompt="give")],
    )


def as_a_meter(times, window, zone):
    """Return a policy in which a meter of views opens so many times in a window."""
    return Policy(
        publication=Publication(name="The Harbour Review", timezone=zone),
        meters=[Meter(name="views", window=window, limit=times, count="views")],
        rules=[
            Rule(name="open", spend="views", show="article"),
            Rule(name="else", show="subscription-wall"),
        ],
    )


@st.composite
def journey_of(draw, policy):
    """Draw views, some of them sent twice, at times that mostly move on by a window's length."""
    at = instant(draw(edge_times(policy)))
    drawn = st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(WAITS), st.integers(-1, 1))
    views = []
    for name, wait, near in draw(st.lists(drawn, min_size=1, max_size=14)):
        at += wait + near
        views.append((PageView(article=Article(id="a"), id=name), moment(at, policy.zone)))
    return views
