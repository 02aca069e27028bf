"""Read a journey file, with every problem located."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict, cast

from meter.errors import PolicyError, Problem
from meter.journeys.action_keys import ACTIONS, ARTICLE_KEYS
from meter.journeys.actions import (
    Action,
    Cancel,
    ClearCookies,
    DismissPrompt,
    EndTrial,
    FailPayment,
    ReadArticle,
    SignIn,
    SignOut,
    StartTrial,
    Subscribe,
    SwitchDevice,
    Wait,
)
from meter.journeys.keys import JOURNEY
from meter.journeys.steps import JourneyError, PlannedStep
from meter.loading.positions import Positions
from meter.loading.problems import ProblemCollector
from meter.loading.toml import parse_toml, read_text
from meter.view import Article, PageView, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from meter.journeys.person import Right

__all__ = ["JourneyKeys", "load_keys", "loads_keys"]

_VIEW_KEYS = ("referrer", "channel", "device", "country", "language", "gift", "crawler", "prefetch")
_SURROUNDINGS = ("device", "language", "channel")
"""What the table of the reader says about where they read."""


class JourneyKeys(TypedDict, total=False):
    """What a journey file says, as `Journey` takes it."""

    steps: Required[list[PlannedStep]]
    reader: Reader
    rights: tuple[Right, ...]
    start: datetime | date
    device: str
    language: str
    channel: str
    policy: Path | None
    title: str
    locale: str
    name: str


def load_keys(path: Path) -> JourneyKeys:
    """Read a journey file; the policy it names is looked for from its folder."""
    try:
        text = read_text(path)
    except PolicyError as error:
        raise JourneyError(error.problems) from None
    keys = loads_keys(text, str(path))
    policy = keys.get("policy")
    if policy is not None:
        keys["policy"] = path.parent / policy
    return keys


def loads_keys(text: str, name: str) -> JourneyKeys:
    """Read the text of a journey file. Raises `JourneyError` with every problem there is."""
    given = _given(text, name)
    reader = given.get("reader", {})
    keys: dict[str, Any] = {key: given[key] for key in ("start", "title", "locale") if key in given}
    keys |= {key: reader.pop(key) for key in _SURROUNDINGS if key in reader}
    keys["rights"] = reader.pop("entitlements", ())
    if "registered_at" in reader:
        reader["registered"] = True
    keys["reader"] = Reader(**{"id": "reader", **reader})
    keys["steps"] = _steps(text, name, given)
    keys["name"] = name
    if "policy" in given:
        keys["policy"] = Path(given["policy"])
    return cast("JourneyKeys", keys)  # each was read by the field of its key


def _given(text: str, name: str) -> dict[str, Any]:
    """Return the values of the file by key, as its table reads them."""
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
    report = ProblemCollector()
    given, _ = JOURNEY.fields(table, (), report)
    if report.found:
        raise JourneyError(report.problems(_unmarked(text), name))
    return given


def _steps(text: str, name: str, given: Mapping[str, Any]) -> list[PlannedStep]:
    positions = Positions(_unmarked(text))
    articles = given.get("articles", {})
    steps = []
    for index, keys in enumerate(given["steps"]):
        place = Problem(code="", message="", path=("steps", index))
        step = PlannedStep(
            action=_action(keys, articles),
            at=keys.get("at"),
            after=keys.get("after"),
            expect=keys.get("expect"),
            line=positions.locate(place, "key", name).line,
        )
        steps.append(step)
    return steps


def _unmarked(text: str) -> str:
    """Return a text without a mark of the order of its bytes."""
    return text.removeprefix("\ufeff")


def _action(keys: Mapping[str, Any], articles: Mapping[str, dict[str, Any]]) -> Action:
    name = next(key for key in ACTIONS if key in keys)
    if name == "read":
        return _read(keys["read"], articles)
    return _MAKE[name](keys[name])


def _read(value: str | dict[str, Any], articles: Mapping[str, dict[str, Any]]) -> ReadArticle:
    """Return the action of opening an article.

    What the step says of it beats what `[articles]` says.
    """
    keys = {"id": value} if isinstance(value, str) else value
    about: dict[str, Any] = {
        "id": keys["id"],
        **articles.get(keys["id"], {}),
        **{key: keys[key] for key in ARTICLE_KEYS if key in keys},
    }
    published = about.pop("published", None)
    view: dict[str, Any] = {key: keys[key] for key in _VIEW_KEYS if key in keys}
    return ReadArticle(view=PageView(article=Article(**about), **view), published=published)


def _name(value: str | Literal[True]) -> str | None:
    """Return the name that was given; `true` gives none."""
    return None if value is True else value


_MAKE: dict[str, Callable[[Any], Action]] = {
    "sign_in": lambda value: SignIn(account=_name(value)),
    "sign_out": lambda _: SignOut(),
    "subscribe": lambda value: (
        value if isinstance(value, Subscribe) else Subscribe(offer=_name(value))
    ),
    "start_trial": lambda value: (
        value if isinstance(value, StartTrial) else StartTrial(offer=value)
    ),
    "end_trial": lambda _: EndTrial(),
    "cancel": lambda value: value if isinstance(value, Cancel) else Cancel(),
    "payment_fails": lambda _: FailPayment(),
    "switch_device": lambda value: SwitchDevice(device=value),
    "clear_cookies": lambda _: ClearCookies(),
    "dismiss": lambda value: DismissPrompt(prompt=value),
    "wait": lambda value: Wait(span=value),
}
