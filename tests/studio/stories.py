"""Stories drawn at random: anybody, anywhere, doing anything that a word of an address can say."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from meter.studio.reader.moves import parse_moves
from meter.studio.reader.story import Story
from meter.studio.reader.who import Who
from meter.vocabulary import ArticleAccess, Status

_WORDS = st.text(st.sampled_from("ab,:=%+/é &#港"), min_size=1, max_size=4).filter(
    lambda word: word.strip() == word
)
_MINUTES = st.integers(0, 90 * 24 * 60)
_PLAIN = (
    "sign-in",
    "sign-in:bob",
    "sign-out",
    "clear-cookies",
    "cancel",
    "end-trial",
    "payment-fails",
    "next-month",
    "start-trial:summer",
    "start-trial:nothing",
    "subscribe",
    "subscribe:summer",
    "device:phone",
    "+1h",
    "+1d",
    "+20min",
    "+2w",
)


def _escaped(word: str) -> str:
    return "".join(f"%{ord(sign):02X}" if sign in "%,:=+" else sign for sign in word)


@st.composite
def _reads(draw: st.DrawFn) -> str:
    parts = ["read"]
    parts += draw(st.sampled_from([[], *([str(access)] for access in ArticleAccess)]))
    parts += draw(st.sampled_from([[], [], ["again"]]))
    for key in ("section", "tag", "tag", "kind", "id", "referrer"):
        if draw(st.booleans()) and draw(st.booleans()):
            word = "sponsored" if key == "tag" else draw(_WORDS)
            parts.append(f"{key}={_escaped(word)}")
    return ":".join(parts)


def moves() -> st.SearchStrategy[str]:
    """Draw the word of one step."""
    return st.one_of(st.just("read"), st.just("read"), _reads(), st.sampled_from(_PLAIN))


@st.composite
def stories(draw: st.DrawFn, most: int = 12) -> Story:
    """Draw a story whose steps may or may not be able to happen."""
    who = Who(
        id=draw(st.sampled_from(["ana", "港", "a b"])),
        status=str(draw(st.sampled_from(list(Status)))),
        country=draw(st.sampled_from(["", "JP", "FR"])),
        device=draw(st.sampled_from(["laptop", "phone"])),
        channel=draw(st.sampled_from(["", "search"])),
        segments=draw(st.sampled_from(["", "student", "student,new"])),
        score=draw(st.sampled_from(["", "0.5", "0"])),
    )
    words = draw(st.lists(moves(), max_size=most))
    start = datetime.fromisoformat("2026-05-01") + timedelta(minutes=draw(_MINUTES))
    return Story(
        who=who,
        start=start,
        moves=parse_moves(",".join(words)),
    )
