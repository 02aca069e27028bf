"""What may stand in a journey file?

One table of every key, from which files are read and the reference is made.

The shapes are those of policy files, so every problem is located and told in the same words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, fields, frozen

from meter.errors import PolicyError, Problem
from meter.journeys.actions import (
    Action,
    Cancel,
    ClearCookies,
    EndTrial,
    Read,
    SignIn,
    SignOut,
    StartTrial,
    Subscribe,
    SwitchDevice,
    Wait,
)
from meter.journeys.journey import Expect, Journey, JourneyError, Step
from meter.journeys.life import Right, parse_span
from meter.loading.codes import locale_step
from meter.loading.fields import (
    Day,
    Flag,
    Items,
    Key,
    Named,
    Number,
    Split,
    Table,
    Text,
    Whole,
    Word,
)
from meter.loading.positions import Positions
from meter.loading.problems import Report
from meter.loading.toml import parse_toml, read_text
from meter.validation import ARCHIVE_YEARS
from meter.view import Article, PageView, Reader
from meter.vocabulary import Access, ArticleAccess, EntitlementKind, Show
from meter.windows import Term, parse_length

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["JOURNEY", "load_journey", "loads_journey"]

_VIEW_KEYS = ("referrer", "channel", "device", "country", "language", "gift", "crawler", "prefetch")


@frozen
class Yes:
    """`true`, and nothing else: a thing that happens cannot be turned off."""

    form: str = "`true`"

    def read(self, value: Any, path: tuple[str | int, ...], report: Report) -> Any:
        """Return `True`, or report."""
        read = Flag().read(value, path, report)
        if read is False:
            report(
                "wrong-type", path, f"`{path[-1]}` is `true` where it happens", "remove the line"
            )
        return read

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"const": True}


_SPAN = Text(form="a stretch of time such as `2 days`", code="bad-length", make=parse_span)
_TERM = Text(form="a term such as `3 months`", code="bad-term", make=Term.parse)
_GRACE = Text(form="a length such as `7 days`", code="bad-length", make=parse_length)
_WHEN = Day(times=True)
_AT = evolve(_WHEN, advice="check the year")
_PUBLISHED = evolve(_AT, years=ARCHIVE_YEARS)
_ID = Text(form='an id in quotes such as `"a1"`', longest=500)
_WORD = Text()
_WORDS = Items(item=_WORD)

_ARTICLE_KEYS = {
    "access": Key(
        shape=Word(words=ArticleAccess),
        says="how it is sold: `free`, `metered` (the default) or `premium`",
    ),
    "section": Key(shape=_WORD, says="its section, such as `markets/asia`"),
    "tags": Key(shape=_WORDS, says="its tags; sponsored content is a tag"),
    "kind": Key(shape=_WORD, says="what kind of article it is"),
    "published": Key(shape=_PUBLISHED, says="when it was published"),
}
ARTICLE = Table(
    noun="an article",
    make=dict,
    example='{ access = "premium" }',
    keys={
        "id": Key(shape=_ID, says="its id, if that is not the name of the table"),
        **_ARTICLE_KEYS,
    },
)

READ = Table(
    noun="`read`",
    make=dict,
    example='{ id = "a1", referrer = "example.com" }',
    keys={
        "id": Key(
            shape=_ID,
            says="the article's id, or the name of one under `[articles]`",
            required=True,
            filler="?",
        ),
        **_ARTICLE_KEYS,
        "referrer": Key(shape=_WORD, says="the host the reader comes from"),
        "channel": Key(shape=_WORD, says="the channel the reader comes through"),
        "device": Key(
            shape=_WORD,
            says="the device as the policy calls it, if that is not the journey's name of it",
        ),
        "country": Key(shape=_WORD, says="the country the page is asked for from"),
        "language": Key(shape=_WORD, says="the language of the page"),
        "gift": Key(shape=Flag(), says="whether it is opened through a gift link"),
        "crawler": Key(shape=Flag(), says="whether a verified crawler asks"),
        "prefetch": Key(
            shape=Flag(), says="whether the browser only fetches it ahead: this never counts"
        ),
    },
)


def _subscribe(**keys: Any) -> Subscribe:
    if "term" in keys and "ends" in keys:
        raise ValueError("`term` and `ends` both say when it ends; keep one of them")
    return Subscribe(**keys)


def _start_trial(**keys: Any) -> StartTrial:
    if not keys.keys() & {"offer", "term", "ends"}:
        raise ValueError(
            'a trial needs `offer`, `term` or `ends`, such as `start_trial = { term = "3 months" }`'
        )
    return StartTrial(**fields_of(_subscribe(**keys)))


def fields_of(subscribe: Subscribe) -> dict[str, Any]:
    """Return what a subscription was made of."""
    return {item.name: getattr(subscribe, item.name) for item in fields(Subscribe)}


def _cancel(**keys: Any) -> Cancel:
    if len(keys) != 1:
        raise ValueError(
            "write `cancel = true`, `cancel = { now = true }` or `cancel = { ends = 2026-12-31 }`"
        )
    return Cancel(**keys)


_RIGHT_KEYS = {
    "offer": Key(
        shape=Text(form="the name of an offer"),
        says="the offer of the policy that is taken: its term and product hold",
    ),
    "product": Key(shape=_WORD, says="the product it gives"),
    "term": Key(shape=_TERM, says="how long it runs"),
    "ends": Key(shape=_WHEN, says="when it ends; a date holds to the end of that day"),
}
SUBSCRIBE = Table(
    noun="`subscribe`",
    make=_subscribe,
    example='{ term = "1 year" }',
    keys={
        **_RIGHT_KEYS,
        "grace": Key(
            shape=_GRACE, says="how long it still reads after the end while a payment is sorted out"
        ),
    },
)
START_TRIAL = Table(
    noun="`start_trial`", make=_start_trial, example='{ term = "3 months" }', keys=_RIGHT_KEYS
)
CANCEL = Table(
    noun="`cancel`",
    make=_cancel,
    example="{ now = true }",
    keys={
        "now": Key(shape=Yes(), says="it ends at once"),
        "ends": Key(shape=_WHEN, says="it ends then; a date holds to the end of that day"),
    },
)

_SAYS = Split(by={list: _WORDS}, otherwise=Text(longest=1000))
_NAME_OR_NONE = Split(by={bool: Flag()}, otherwise=_WORD)
EXPECT = Table(
    noun="`expect`",
    make=Expect,
    example='{ show = "countdown" }',
    keys={
        "show": Key(shape=Word(words=Show), says="what the page shows"),
        "access": Key(shape=Word(words=Access), says="`full` or `preview`"),
        "left": Key(
            shape=Whole(least=0, most=10_000), says="what remains of the meter after this view"
        ),
        "used": Key(
            shape=Whole(least=0, most=10_000), says="what the meter has counted, this view included"
        ),
        "counted": Key(shape=Flag(), says="whether this view spent one"),
        "rule": Key(shape=_WORD, says="the name of the rule that decides"),
        "offer": Key(
            shape=_NAME_OR_NONE, says="the name of the offer that is shown; `false` for none"
        ),
        "prompt": Key(shape=_NAME_OR_NONE, says="the name of the prompt; `false` for none"),
        "resets_at": Key(
            shape=_AT,
            says=(
                "when allowance comes back; a date is the start of that day in the publication's"
                " zone"
            ),
        ),
        "says": Key(
            shape=_SAYS, says="a text, or a list of texts, that the prompt contains word for word"
        ),
    },
)

ACTIONS = {
    "read": Key(
        shape=Split(by={dict: READ}, otherwise=_ID),
        says="opens an article, by its id or with attributes",
    ),
    "sign_in": Key(
        shape=Split(by={bool: Yes()}, otherwise=_ID),
        says=(
            "signs in or registers (`true`, or the account's id): what this device counted joins"
            " what the account has counted"
        ),
    ),
    "sign_out": Key(shape=Yes(), says="signs out on this device"),
    "subscribe": Key(
        shape=Split(by={bool: Yes(), dict: SUBSCRIBE}, otherwise=Text(form="the name of an offer")),
        says="buys a subscription: `true` for one without an end, the name of an offer, or a table",
    ),
    "start_trial": Key(
        shape=Split(by={dict: START_TRIAL}, otherwise=Text(form="the name of an offer")),
        says="starts a trial: the name of an offer, or a table",
    ),
    "end_trial": Key(shape=Yes(), says="ends the running trial now"),
    "cancel": Key(
        shape=Split(by={dict: CANCEL}, otherwise=Yes()),
        says="cancels the subscription, which runs on to its end; `{ now = true }` ends it at once",
    ),
    "switch_device": Key(
        shape=_ID,
        says=(
            "goes on on another device, which knows nothing of this one until somebody signs in"
            " there"
        ),
    ),
    "clear_cookies": Key(shape=Yes(), says="clears this device's cookies: a new anonymous reader"),
    "wait": Key(shape=_SPAN, says="lets time pass"),
}
_MAKE: dict[str, Callable[[Any], Action]] = {
    "sign_in": lambda value: SignIn(account=None if value is True else value),
    "sign_out": lambda _: SignOut(),
    "subscribe": lambda value: (
        value if isinstance(value, Subscribe) else Subscribe(offer=None if value is True else value)
    ),
    "start_trial": lambda value: (
        value if isinstance(value, StartTrial) else StartTrial(offer=value)
    ),
    "end_trial": lambda _: EndTrial(),
    "cancel": lambda value: value if isinstance(value, Cancel) else Cancel(),
    "switch_device": lambda value: SwitchDevice(device=value),
    "clear_cookies": lambda _: ClearCookies(),
    "wait": lambda value: Wait(span=value),
}


def _step(**keys: Any) -> dict[str, Any]:
    done = [key for key in ACTIONS if key in keys]
    if len(done) != 1:
        if done:
            raise ValueError(
                "a step does exactly one thing, but this one has"
                f" {' and '.join(f'`{key}`' for key in done)}"
            )
        raise ValueError(
            f"a step does exactly one thing: one of {', '.join(f'`{key}`' for key in ACTIONS)}"
        )
    if "at" in keys and "after" in keys:
        raise ValueError("a step is `at` a time or `after` a stretch of time, not both")
    return keys


STEP = Table(
    noun="a step",
    make=_step,
    code="bad-step",
    example='{ after = "2 days", read = "a1" }',
    keys={
        "at": Key(
            shape=_AT,
            says=(
                "when it happens: a time, or a date for the start of that day; without a zone, in"
                " the publication's"
            ),
        ),
        "after": Key(
            shape=_SPAN,
            says=(
                "how long after the step before it happens; without `at` and `after`, at the same"
                " time"
            ),
        ),
        **ACTIONS,
        "expect": Key(
            shape=EXPECT, says="what the step must bring: with it, the journey is a test"
        ),
    },
)

ENTITLEMENT = Table(
    noun="an entitlement",
    make=Right,
    example='{ kind = "subscription" }',
    keys={
        "kind": Key(
            shape=Word(words=EntitlementKind),
            says="where the right comes from",
            required=True,
            filler=EntitlementKind.GIFT,
        ),
        "product": Key(shape=_WORD, says="the product it gives"),
        "starts": Key(shape=_WHEN, says="when it starts; a date is the start of that day"),
        "ends": Key(
            shape=_WHEN, says="when it ends; a date holds to the end of that day; without it, never"
        ),
        "grace": Key(
            shape=_GRACE, says="how long it still reads after the end while a payment is sorted out"
        ),
    },
)
READER = Table(
    noun="a reader",
    make=dict,
    example='{ id = "ana", registered = true }',
    keys={
        "id": Key(shape=_ID, says="the reader's account id (`reader` unless said otherwise)"),
        "registered": Key(
            shape=Flag(), says="whether the reader has an account and starts signed in"
        ),
        "entitlements": Key(
            shape=Items(item=ENTITLEMENT),
            says="what the reader may read already; such a reader starts signed in",
        ),
        "segments": Key(shape=_WORDS, says="the segments the reader is in"),
        "country": Key(shape=_WORD, says="the reader's country"),
        "score": Key(
            shape=Number(least=0, most=1), says="the reader's propensity, between 0 and 1"
        ),
        "device": Key(
            shape=_ID, says="the device the journey starts on (`laptop` unless said otherwise)"
        ),
        "language": Key(shape=_WORD, says="the language the reader asks pages in"),
        "channel": Key(shape=_WORD, says="the channel the reader comes through"),
    },
)

JOURNEY = Table(
    noun="a journey",
    make=dict,
    example="[[steps]]",
    keys={
        "title": Key(shape=Text(), says="what the journey shows, for whoever reads the timeline"),
        "policy": Key(
            shape=Text(form="the path of a policy file"),
            says="the policy it is for, from the folder of this file",
        ),
        "locale": Key(
            shape=Text(form="a locale such as `ja`", code="unknown-locale", check=locale_step),
            says=(
                "the language of the prompts, and of what `says` expects; without it, the"
                " publication's"
            ),
        ),
        "start": Key(shape=_AT, says="the time before the first step, if that is not dated itself"),
        "reader": Key(shape=READER, says="who reads; without it, an anonymous reader"),
        "articles": Key(
            shape=Named(noun="an article", item=ARTICLE, most=1000),
            says="articles that steps name, by name",
        ),
        "steps": Key(
            shape=Items(item=STEP, most=5000),
            says="what happens, in order",
            required=True,
            filler=(),
        ),
    },
)


def load_journey(path: Path) -> Journey:
    """Read a journey file; the policy it names is looked for from its folder."""
    try:
        text = read_text(path)
    except PolicyError as error:
        raise JourneyError(error.problems) from None
    journey = loads_journey(text, str(path))
    return (
        journey if journey.policy is None else evolve(journey, policy=path.parent / journey.policy)
    )


def loads_journey(text: str, name: str) -> Journey:
    """Read the text of a journey file. Raises `JourneyError` with every problem there is."""
    try:
        table = parse_toml(text, name)
    except PolicyError as error:
        raise JourneyError(error.problems) from None
    if "rules" in table and "steps" not in table:
        problem = Problem(
            code="not-a-journey",
            message="this is a policy, not a journey",
            name=name,
            help=(
                f'`meter check {name}` checks it; a journey names it with `policy = "…"` and lists'
                " `[[steps]]`"
            ),
        )
        raise JourneyError((problem,))
    text = text.removeprefix("\ufeff")
    report = Report()
    given, _ = JOURNEY.fields(table, (), report)
    if report.found:
        raise JourneyError(report.problems(text, name))
    positions = Positions(text)
    articles = given.get("articles", {})
    steps = []
    for index, keys in enumerate(given["steps"]):
        action = next(key for key in ACTIONS if key in keys)
        made = _read(keys["read"], articles) if action == "read" else _MAKE[action](keys[action])
        line = positions.locate(
            Problem(code="", message="", path=("steps", index)), "key", name
        ).line
        steps.append(
            Step(
                action=made,
                at=keys.get("at"),
                after=keys.get("after"),
                expect=keys.get("expect"),
                line=line,
            )
        )
    about = given.get("reader", {})
    surroundings = {
        key: about.pop(key) for key in ("device", "language", "channel") if key in about
    }
    given_policy = given.get("policy")
    return Journey(
        steps=steps,
        rights=about.pop("entitlements", ()),
        reader=Reader(**{"id": "reader", **about}),
        policy=None if given_policy is None else Path(given_policy),
        name=name,
        **surroundings,
        **{key: given[key] for key in ("start", "title", "locale") if key in given},
    )


def _read(value: str | dict[str, Any], articles: dict[str, dict[str, Any]]) -> Read:
    """Return the action of opening an article.

    What the step says of it beats what `[articles]` says.
    """
    keys = {"id": value} if isinstance(value, str) else value
    about: dict[str, Any] = {
        "id": keys["id"],
        **articles.get(keys["id"], {}),
        **{key: keys[key] for key in _ARTICLE_KEYS if key in keys},
    }
    published = about.pop("published", None)
    view: dict[str, Any] = {key: keys[key] for key in _VIEW_KEYS if key in keys}
    return Read(view=PageView(article=Article(**about), **view), published=published)
