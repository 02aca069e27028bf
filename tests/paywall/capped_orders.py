"""Every order in which views, closings, sign-ins and forgets of capped prompts can reach a store.

`orders()` walks them for a prompt shown once a day, twice a day, or once for good, and counts at
which of them it was shown once more than that, or was not where it should have been.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial

from meter import Article, PageView, Reader, engine, loads_policy
from meter.memo import decide
from meter.paywall.forgetting import erase
from meter.paywall.identity import ReaderKeys
from meter.paywall.recent import Recent
from meter.paywall.records import read_record
from meter.paywall.transactions import join, transact
from meter.windows import instant
from tests.paywall.orders import every_ending

__all__ = ["ask", "close", "orders", "policy_of", "shown_in", "sign_in", "usage_of"]

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ATTEMPTS = 50
CAPS = (
    (1, 'at_most = { times = 1, window = { calendar = "day" } }'),
    (2, 'at_most = { times = 2, window = { rolling = "1 day" } }'),
    (1, "once = true"),
)
TEXT = """
[publication]
name = "Harbour Radio"
[prompts.give]
heading = "Give"
{cap}
quiet_after = {{ closed = "7 days" }}
instead = "bar"
[prompts.bar]
heading = "Give too"
[[rules]]
name = "open"
show = "article"
prompt = "give"
"""
SETTINGS = {"at": instant(NOW), "expires": lambda _: None, "attempts": ATTEMPTS}


def policy_of(cap):
    """Return a policy whose one prompt has a cap."""
    return loads_policy(TEXT.format(cap=cap))


def ask(policy, key, name):
    """Ask for one view, as a paywall does."""
    view = PageView(article=Article(id="a"), id=name)
    change = partial(decided, policy, Reader(id=key), view)
    return transact(ReaderKeys(key), change, Recent(100), **SETTINGS)


def decided(policy, reader, view, usage):
    """Return the decision and the view, and what is remembered."""
    decision, after = decide(policy, reader, view, usage, NOW)
    return (decision, reader.id, view.id), after


def close(policy, key):
    """Close the prompt, as a paywall does."""

    def change(usage):
        return None, engine.close(policy, usage, "give", NOW)

    return transact(ReaderKeys(key), change, Recent(100), **SETTINGS)


def sign_in(policy, source, target):
    """Bring what one key holds to another, as a paywall does."""

    def bring(theirs, own):
        return engine.join(policy, theirs, own, NOW)

    return join(ReaderKeys(source), ReaderKeys(target), bring, Recent(100), **SETTINGS)


def forget(_policy, key):
    """Forget the reader under a key, as a paywall does over a store that cannot be out."""
    return erase(ReaderKeys(key), Recent(100), marks=False, attempts=ATTEMPTS)


def shown_in(world, key):
    """Return at which views the capped prompt was shown to a reader."""
    answers = [each.answer for each in world.answers if each is not None and each.answer]
    return {
        view for decision, reader, view in answers if (decision.prompt, reader) == ("give", key)
    }


def usage_of(world, key):
    """Return what is remembered of a reader."""
    return read_record(world.store.load(key)).usage


VIEWS = (
    ((ask, "r", "v1"), (ask, "r", "v2"), (ask, "r", "v3")),
    ((ask, "r", "v1"), (ask, "r", "v1"), (ask, "r", "v2")),
)
"""Views alone: a prompt is shown as often as its cap says, and no less."""
CLOSED = (((ask, "r", "v1"), (close, "r"), (ask, "r", "v2")),)
SIGNED_IN = (
    ((ask, "d", "v1"), (ask, "r", "v2"), (sign_in, "d", "r")),
    ((ask, "d", "v1"), (sign_in, "d", "r"), (ask, "r", "v2"), (close, "d")),
)
FORGOTTEN = (((ask, "r", "v1"), (forget, "r"), (ask, "r", "v2")),)


def orders():
    """Walk every order of each story under each cap; count them, and what is over and under."""
    found = Counter(orders=0, over=0, under=0)
    for times, cap in CAPS:
        policy = policy_of(cap)
        for story in (*VIEWS, *CLOSED, *SIGNED_IN, *FORGOTTEN):

            def build(_, story=story, policy=policy):
                return [act(policy, *given) for act, *given in story]

            for world in every_ending(build, once=len(story) > 3):
                found["orders"] += 1
                _judge(found, world, story, times)
    return found


def _judge(found, world, story, times):
    for key in "dr":
        shown = shown_in(world, key)
        held = set(usage_of(world, key).showings("give").ids)
        forgotten = story in FORGOTTEN
        # What is in flight when a reader is forgotten is of nobody: it is shown, and not kept.
        found["over"] += max(0, (len(held) if forgotten else len(shown)) - times)
        # What was shown is remembered, in a sign-in perhaps as many as are asked for.
        kept = {view.rpartition("~")[2] for view in held}
        lost = () if forgotten or len(held) >= times else shown - kept
        found["under"] += len(lost)
        if story in VIEWS:
            views = {given[1] for _, *given in story if given[0] == key}
            found["under"] += max(0, min(times, len(views)) - len(shown))
