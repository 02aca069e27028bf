"""Turn prompts of campaigns into declared prompts, with how often and for whom they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from attrs import define, field

from meter.errors import quoted
from meter.loading.newspack.conditions import Condition, Terms, all_of
from meter.loading.newspack.segments import ARTICLES_READ, UnknownCriterionError, criterion
from meter.loading.newspack.values import Node, free_name, title_of
from meter.loading.newspack.words import plain_words, said_in
from meter.policy.prompts import MOST_TIMES, MOST_VIEWS, SHIPPED
from meter.validation import YEARS
from meter.vocabulary import Show

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Campaigns"]

_EVERYTHING = {"access": ["free", "metered", "premium"]}


class _Frequency(NamedTuple):
    """From which view on a prompt is shown, how many views lie between, and how often it is.

    `most` is how often in a `period`; 0 is as often as it fits.
    """

    first: int
    between: int
    most: int
    period: str


_FREQUENCIES = {
    "once": _Frequency(0, 0, 1, "month"),
    "weekly": _Frequency(0, 0, 1, "week"),
    "daily": _Frequency(0, 0, 1, "day"),
    "always": _Frequency(0, 0, 0, "month"),
}
"""What each word for it means (`get_frequency_config`)."""
_PERIODS = {"day": "1 day", "week": "7 days", "month": "30 days"}
"""The lengths of periods (`src/view/utils/segments.js`)."""
_ELSEWHERE = {"archives", "above_header", "manual", "custom1", "custom2", "custom3"}
_LATER = 1 << 31
"""The place of what has no priority."""
_ASIDE = {
    "utm_suppression": "is not shown to those who come by the links of a campaign",
    "newspack_popups_has_disabled_popups": "is disabled on some pages",
}
"""Options that nothing here stands for, and what they say."""


class _Segment(NamedTuple):
    """A segment: its priority, whom it is for, and whether that hangs on what they have read."""

    place: int
    readers: Condition
    counts_articles: bool = False


_EVERYBODY = _Segment(_LATER, {})


@define
class Campaigns:
    """The prompts, meters and rules that stand for campaigns, and what has no counterpart."""

    terms: Terms
    notes: list[str] = field(factory=list)
    prompts: dict[str, Condition] = field(factory=dict)
    meters: dict[str, Condition] = field(factory=dict)
    rules: list[Condition] = field(factory=list)
    segments: set[str] = field(factory=set)
    has_segmented: bool = False
    """Whether a prompt is for some segment only."""
    _known: dict[str, _Segment] = field(factory=dict)
    _ordered: list[tuple[int, Condition]] = field(factory=list)

    def add(self, prompts: Iterable[Node], segments: Iterable[Node]) -> None:
        """Add the segments, then every prompt that is published, by the priority of its segment."""
        for segment in segments:
            self._learn(segment)
        for prompt in prompts:
            title = title_of(prompt, "prompt")
            if prompt.get("status").text() != "publish":
                self.notes.append(f"prompt `{title}` is not published, and left out")
            else:
                self._add(prompt, title)
        ordered = sorted(self._ordered, key=lambda one: one[0])
        self.rules += self._in_turn([rule for _, rule in ordered])

    def _in_turn(self, rules: list[Condition]) -> list[Condition]:
        """Return rules without those that another of the same condition comes before.

        Their prompts come where that one's is kept back.
        """
        kept: list[Condition] = []
        last: dict[str, str] = {}
        for rule in rules:
            name, when = str(rule["prompt"]), str(rule.get("when"))
            before = last.get(when)
            only = sum(one["prompt"] == name for one in rules) == 1
            if before is None or not only or "instead" in self.prompts[before]:
                kept.append(rule)
            elif self.prompts[before].keys() & {"at_most", "every"}:
                self.prompts[before]["instead"] = name
            else:
                self.notes.append(
                    f"prompt `{name}` is never reached: `{before}` is shown at every view it is for"
                )
                kept.append(rule)
                continue
            last[when] = name
        return kept

    def _learn(self, segment: Node) -> None:
        """Remember for whom a segment is; one with a criterion that nothing stands for is not."""
        name = title_of(segment, "segment")
        number = segment.get("id").text()
        priority = segment.get("priority").value
        if segment.get("configuration").get("is_disabled").is_on:
            self.notes.append(f"segment `{name}` is disabled, and left out")
            return
        parts = []
        counts_articles = False
        for node in segment.get("criteria").items():
            try:
                part, given = criterion(node)
            except UnknownCriterionError as error:
                self.notes.append(
                    f"segment `{name}` is left out, with its prompts: nothing here stands for"
                    f" `{error}`"
                )
                return
            self.segments |= set(given)
            counts_articles |= "used" in part
            parts.append(part)
        place = priority if isinstance(priority, int) else _LATER
        self._known[number] = _Segment(place, all_of(parts), counts_articles)

    def _add(self, prompt: Node, title: str) -> None:
        options = prompt.get("options")
        placement = options.get("placement").text()
        if placement in _ELSEWHERE:
            self.notes.append(
                f"prompt `{title}` stands at `{placement}`, not on an article, and is left out"
            )
            return
        assigned = [one.get("id").text() for one in prompt.get("segments").items()]
        chosen = [self._known[number] for number in assigned if number in self._known]
        if assigned and not chosen:
            self.notes.append(f"prompt `{title}` is left out with its segments")
            return
        name = free_name(title, {*self.prompts, *SHIPPED}, "prompt")
        self.prompts[name] = self._words(prompt, title)
        self.notes += [
            f"prompt `{title}` {says} there (`{option}`)"
            for option, says in _ASIDE.items()
            if options.get(option).is_on
        ]
        content = self._content(prompt, title)
        shown = self._frequency(options, name, title)
        self.has_segmented |= bool(chosen)
        for number, segment in enumerate(chosen or [_EVERYBODY]):
            when = all_of((content, shown, segment.readers))
            if segment.counts_articles:
                self.meters[ARTICLES_READ] = _history("30 days", "rolling", "articles")
            own = f"prompt {name}" if not number else f"prompt {name} ({number + 1})"
            asks = {"when": when} if when else {}
            rule: Condition = {"name": own, **asks, "show": str(Show.ARTICLE), "prompt": name}
            self._ordered.append((segment.place, rule))

    def _words(self, prompt: Node, title: str) -> Condition:
        """Return what a prompt says."""
        said = said_in(prompt.get("content").text())
        words: Condition = {"heading": plain_words(title)}
        if said.text:
            words["text"] = said.text
        if said.action and said.link:
            words |= {"action": said.action, "link": said.link}
        if said.others:
            blocks = ", ".join(f"`{one}`" for one in said.others)
            self.notes.append(
                f"prompt `{title}` has blocks that only a template can hold: {blocks}"
            )
        return words

    def _content(self, prompt: Node, title: str) -> Condition:
        """Return on which articles a prompt is shown, and until when."""
        options = prompt.get("options")
        terms = self.terms
        parts: list[Condition] = []
        for kind, wanted, unwanted in (
            ("category", prompt.get("categories"), options.get("excluded_categories")),
            ("tag", prompt.get("tags"), options.get("excluded_tags")),
        ):
            for asks, found in (("any", wanted), ("none", unwanted)):
                if tags := terms.tags(kind, found):
                    parts.append({"tags": {asks: tags}})
        kinds = options.get("post_types").words()
        if kinds and set(kinds) != {"post", "page"}:
            parts.append({"kind": kinds})
        if options.get("expiration_date").is_on:
            parts.append(self._until(options.get("expiration_date").text(), title))
        return all_of(parts)

    def _until(self, text: str, title: str) -> Condition:
        """Return until when a prompt is shown, by the publication's zone where none is said."""
        try:
            ends = datetime.fromisoformat(text)
        except ValueError:
            ends = None
        if ends is None or ends.year not in YEARS:
            self.notes.append(f"prompt `{title}` ends at {quoted(text)}, which is no time")
            return {}
        return {"dates": {"until": ends}}

    def _frequency(self, options: Node, name: str, title: str) -> Condition:
        """Say how often a prompt is shown, and return from which view on."""
        word = options.get("frequency").text() or "always"
        often = _frequency_of(options, word)
        period = often.period
        if word not in (*_FREQUENCIES, "custom"):
            self.notes.append(
                f"prompt `{title}` is shown {quoted(word)}, a frequency that is not known, and"
                " `always` here"
            )
        if period not in _PERIODS:
            self.notes.append(f"prompt `{title}`: the period `{period}` is taken for a month")
            period = "month"
        length = _PERIODS[period]
        if often.most:
            cap = {"times": min(often.most, MOST_TIMES), "window": {"rolling": length}}
            self.prompts[name]["at_most"] = [cap]
        if not often.first and not often.between:
            return {}
        meter = f"views-in-a-{period}"
        self.meters[meter] = _history(length, "fixed", "views")
        if often.between:
            views = min(often.between + 1, MOST_VIEWS)
            self.prompts[name]["every"] = {"meter": meter, "views": views}
            first = often.first + 1
            self.notes.append(
                f"prompt `{title}` comes at views {first}, {first + views}, … of a {period} in"
                f" Newspack, and at each {views}th here"
            )
        return {"used": {meter: {"at_least": often.first}}} if often.first else {}


def _frequency_of(options: Node, word: str) -> _Frequency:
    """Return how often a prompt is shown there; what is not known is shown always."""
    if word != "custom":
        return _FREQUENCIES.get(word, _FREQUENCIES["always"])
    return _Frequency(
        first=options.get("frequency_start").number(),
        between=options.get("frequency_between").number(),
        most=options.get("frequency_max").number(),
        period=options.get("frequency_reset").text() or "month",
    )


def _history(length: str, kind: str, count: str) -> Condition:
    """Return a meter that counts every whole view, and refuses none."""
    return {"window": {kind: length}, "limit": "none", "count": count, "counts": dict(_EVERYTHING)}
