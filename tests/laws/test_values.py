"""Every value is refused where it is made, or never makes anything raise afterwards."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve, fields
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meter import (
    Article,
    Entitlement,
    IdentityError,
    Meter,
    MeterError,
    Offer,
    PageView,
    Paywall,
    Policy,
    PolicyError,
    Reader,
    ReloadingPolicy,
    Rule,
    Usage,
    Window,
    decide,
    engine,
    explain,
    load_policy,
    loads_policy,
    open_store,
    render,
)
from meter.errors.values import InvalidTypeError, InvalidValueError
from meter.loading import dumps_policy
from meter.loading.events import EventError, decision_table, parse_event
from meter.policy import Copy, Dates, Guarantee, Limit, Links, Publication, When
from meter.vocabulary import Members, Range
from meter.windows import Term

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
METER = Meter(name="monthly", window=Window(calendar="month"), limit=2)
REST = Rule(name="everyone else", show="subscription-wall")
RIGHT = Entitlement(kind="subscription", ends=NOW, grace="7 days", product="digital")
VALUES = (
    RIGHT,
    Reader(id="r", entitlements=[RIGHT], segments=["a"], country="JP", score=0.5),
    Article(id="a", section="markets/asia", tags=["x"], kind="opinion", published=NOW),
    PageView(
        article=Article(id="a"),
        id="v",
        referrer="google.com",
        channel="mail",
        device="mobile",
        country="JP",
        language="ja",
    ),
    Members(any=["a"], all=["b"], none=["c"]),
    Range(equals=1, at_least=1, at_most=1, above=0, below=2),
    Dates(from_=date(2026, 6, 1), until=date(2026, 6, 2)),
    When(reader=["trial"], tags=["a"], left={"monthly": Range(at_least=1)}, gift=True),
    Limit(limit=3),
    Window(rolling="30 days"),
    Term(3, "month"),
    METER,
    Offer(name="o", price=9, currency="USD", term="3 months", ends=date(2026, 6, 30)),
    Rule(name="r", spend="monthly", show="countdown", offer="o", prompt="sponsored"),
    Guarantee(name="g", never=["subscription-wall"]),
    Publication(name="H"),
    Copy(headline="h", pitch="p", benefits=["b"]),
    Links(),
)
"""One of every class that a user of the library makes."""

# Whatever somebody has at hand. None of it may pass where it does not belong.
HANDY = [
    None,
    True,
    False,
    0,
    1,
    -1,
    42,
    10**30,
    0.5,
    float("nan"),
    float("inf"),
    Decimal("0.5"),
    "",
    " ",
    "x",
    "false",
    "premum",
    "2026-06-01",
    "2026-06-01T00:00:00+00:00",
    "7 days",
    b"x",
    [],
    [1],
    ["x"],
    [["x"]],
    [None],
    (),
    {},
    {"x": 1},
    {1: "x"},
    {"x"},
    frozenset({2}),
    date(2026, 6, 1),
    datetime(2026, 6, 1),  # noqa: DTZ001 - what is tried
    NOW,
    datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=ZoneInfo("Asia/Tokyo")),
    time(12),
    timedelta(),
    timedelta(days=-1),
    timedelta(days=10**6),
    timedelta(hours=36),
    object(),
    int,
    lambda: "x",
    iter("ab"),
    *VALUES,
]
PLACES = [(value, field.name) for value in VALUES for field in fields(type(value)) if field.init]


def made(value, name, other):
    """Return a value with one field replaced, or the error that refuses it."""
    try:
        return evolve(value, **{alias_of(value, name): other})
    except ValueError as error:
        return error


def check_words(error, value, name):
    """Hold an error to its words: the class, the field and the next step."""
    if not isinstance(error, InvalidValueError):
        assert isinstance(value, Window), error  # exactly one of four kinds
        return
    fault = error.fault
    assert isinstance(error, MeterError)
    assert isinstance(error, InvalidTypeError) is (fault.code == "wrong-type")
    assert str(error) == f"`{error.owner}`: {fault.message}; {fault.advice}"
    if fault.code == "starts-after-ends":
        assert fault.message == "it ends before it starts"
    elif error.owner == type(value).__name__:
        assert error.field == name.rstrip("_")
        assert f"`{error.field}`" in fault.message


def alias_of(value, name):
    return next(field.alias for field in fields(type(value)) if field.name == name)


def put_to_use(value):
    """Use a value for everything that is done with one of its class."""
    assert isinstance(hash(value), int)
    reader, view, policy = Reader(id="r"), PageView(article=Article(id="a")), policy_of()
    if isinstance(value, Entitlement):
        reader = Reader(id="r", entitlements=[value])
    elif isinstance(value, Reader):
        reader = value
    elif isinstance(value, Article):
        view = PageView(article=value)
    elif isinstance(value, PageView):
        view = value
    else:
        try:
            policy = policy_of(value)
        except PolicyError:
            return
    decision, usage = decide(policy, reader, view, Usage(), NOW)
    assert engine.decide(policy, reader, view, usage, NOW)[1] is usage
    if reader.id is not None:
        paywall = Paywall(policy, open_store("memory://"))
        assert paywall.check(reader, view, now=NOW) == decision
        assert list(paywall.ledger(reader.id, now=NOW)) == [meter.name for meter in policy.meters]
    for form in ("html", "text", "json"):
        render(decision, format=form)
    assert explain(decision)
    assert json.dumps(decision_table(decision))
    assert Usage.from_bytes(usage.to_bytes()) == usage


WHEN = When(product=["digital"], segments=["a"], tags=["x"], country=["JP"], score=Range(below=1))


def policy_of(part=None):
    """Return a policy with a part in it that is under test."""
    parts = {
        "publication": Publication(name="H"),
        "meters": [METER],
        "offers": [Offer(name="o", price=9, currency="USD", term="3 months")],
        "rules": [
            Rule(name="some", when=WHEN, show="article"),
            Rule(name="within", spend="monthly", show="countdown", offer="o"),
            REST,
        ],
    }
    within = parts["rules"][1]
    if isinstance(part, Members):
        part = When(tags=part)
    elif isinstance(part, Range):
        part = When(score=part)
    elif isinstance(part, Dates):
        part = When(dates=part)
    if isinstance(part, When):
        part = evolve(within, name="when", when=part)
    elif isinstance(part, Window):
        part = evolve(METER, window=part)
    elif isinstance(part, Limit):
        part = evolve(METER, limits=[part])
    elif isinstance(part, Term):
        part = evolve(parts["offers"][0], term=part)
    if isinstance(part, Publication | Copy | Links):
        key = {Publication: "publication", Copy: "copy", Links: "links"}[type(part)]
        parts[key] = {"en": part} if isinstance(part, Copy) else part
    elif isinstance(part, Meter):
        parts["meters"] = [part]
        parts["rules"][1] = evolve(within, spend=part.name)
    elif isinstance(part, Offer):
        parts["offers"] = [part]
        parts["rules"][1] = evolve(within, offer=part.name)
    elif isinstance(part, Rule):
        parts["rules"].insert(0, part)
    elif isinstance(part, Guarantee):
        parts["guarantees"] = [part]
    return Policy(**parts)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{type(place[0]).__name__}.{place[1]}")
def test_a_value_is_refused_where_it_is_made_or_never_fails(place):
    """Every field of every class, with whatever somebody has at hand."""
    for other in HANDY:
        value = made(*place, other)
        if isinstance(value, ValueError):
            check_words(value, *place)
        else:
            put_to_use(value)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_no_field_takes_everything(value):
    """A field that takes whatever comes is one that nobody checks."""
    for field in fields(type(value)):
        if field.init:
            refused = [isinstance(made(value, field.name, other), ValueError) for other in HANDY]
            assert sum(refused) > len(HANDY) / 3, field.name


WRONG = [
    (lambda: Reader(id=42), '`Reader`: `id` is an id in quotes such as `"a1"`, not `42`'),
    (lambda: Article(id=7), '`Article`: `id` is an id in quotes such as `"a1"`, not `7`'),
    (lambda: Article(id=""), "`Article`: `id` is empty"),
    (lambda: Article(id=None), "`Article`: `id` is an id in quotes"),
    (lambda: PageView(article=Article(id="a"), id=" "), "`PageView`: `id` is empty"),
    (lambda: Reader(id="r", registered="false"), 'not the text `"false"`; write it without quotes'),
    (lambda: Reader(id="r", registered=0), "`registered` is `true` or `false`, not `0`"),
    (lambda: Reader(id="r", score=True), "`score` is a number such as `0.5`, not the flag `true`"),
    (lambda: Reader(id="r", score="0.5"), "`score` is a number .*; write it without quotes"),
    (lambda: Reader(id="r", entitlements=RIGHT), "`entitlements` is a list such as"),
    (lambda: Reader(id="r", entitlements=["digital"]), "an item of `entitlements` is an `Entitle"),
    (lambda: Article(id="a", access="premum"), "did you mean `premium`. There are: `free`, "),
    (lambda: Article(id="a", tags="x"), r'put it in brackets: `tags = \["x"\]`'),
    (lambda: Article(id="a", tags=[1]), "`Article`: an item of `tags` is a text in quotes"),
    (lambda: Article(id="a", published=date(2026, 6, 1)), "`published` is a time with its offset"),
    (lambda: Entitlement(kind="trial", ends="2026-06-01"), "make it a `datetime` with a zone"),
    (lambda: Entitlement(kind="trial", ends=datetime(2026, 6, 1)), "`ends` is a time without an"),  # noqa: DTZ001
    (lambda: Entitlement(kind="trial", grace=-1), "`grace` is a length such as"),
    (lambda: Entitlement(kind="trial", grace=True), "not the flag `true`"),
    (lambda: Entitlement(kind="trial", grace=1.5), "`grace` is a length such as"),
    (lambda: Entitlement(kind="trial", grace=99_999), "`grace` is a length such as"),
    (
        lambda: Entitlement(kind="trial", grace=timedelta(days=-1)),
        "`grace` is between 0 and 3660, not `-1`",
    ),
    (
        lambda: Entitlement(kind="trial", starts=NOW, ends=NOW - timedelta(1)),
        "ends before it starts; swap `starts` and `ends`",
    ),
    (lambda: PageView(article="a1"), "`article` is an `Article` such as `Article"),
    (lambda: PageView(article=Article(id="a"), crawler="false"), "`crawler` is `true` or `false`"),
    (lambda: Rule(name="r", show="wal"), "`show` does not know the word `wal`"),
    (lambda: Rule(name="r", show="article", when={"access": ["free"]}), "`when` is a `When`"),
    (lambda: Meter(name="m", window="month"), "`window` is a `Window` such as"),
    (lambda: Meter(name="m", window=Window(lifetime=True), limit="3"), "write it without quotes"),
    (lambda: When(section="markets"), r'put it in brackets: `section = \["markets"\]`'),
    (lambda: When(tags="x"), "`When`: `tags` is a list such as"),
    (lambda: When(dates=date(2026, 6, 1)), "`dates` is a `Dates`"),
    (lambda: Window(rolling=timedelta(0)), "`rolling` is between"),
    (lambda: Term(0, "month"), "`count` is between 1 and 9999, not `0`"),
]


@pytest.mark.parametrize(("make", "words"), WRONG)
def test_a_wrong_value_is_told_with_its_class_and_field(make, words):
    """For subscribers and staff as for anybody else: it is never made."""
    with pytest.raises(InvalidValueError, match=words):
        make()


@pytest.mark.parametrize("decider", [decide, engine.decide])
def test_arguments_of_another_class_are_told(decider):
    """Whoever the reader is, and in whichever order they are given."""
    policy, view = policy_of(), PageView(article=Article(id="a"))
    for reader in (Reader(id="r"), Reader(id="s", entitlements=[Entitlement(kind="staff")])):
        wrong = {
            "policy": ("policy.toml", reader, view, Usage()),
            "reader": (policy, view, reader, Usage()),
            "view": (policy, reader, view.article, Usage()),
            "usage": (policy, reader, view, None),
        }
        for name, arguments in wrong.items():
            with pytest.raises(TypeError, match=f"`{name}` is a `"):
                decider(*arguments, NOW)
        for now in (date(2026, 6, 1), "2026-06-01", None, 1780304400):
            with pytest.raises(TypeError, match="the time is a time with its offset"):
                decider(policy, reader, view, Usage(), now)


def test_a_paywall_tells_what_it_is_not_given(tmp_path):
    """A path is no policy, an article no view, and a number no id."""
    with pytest.raises(TypeError, match=r"is a text, not a policy; read the file: `load_policy"):
        Paywall("policy.toml", open_store("memory://"))
    path = tmp_path / "policy.toml"
    path.write_text(dumps_policy(policy_of()))
    paywall = Paywall(ReloadingPolicy(path), open_store("memory://"))
    staff = Reader(id="s", entitlements=[Entitlement(kind="staff")])
    for ask in (paywall.check, paywall.peek):
        with pytest.raises(TypeError, match="`view` is a `PageView` such as"):
            ask(staff, Article(id="a"), now=NOW)
    for ask in (paywall.forget, paywall.ledger):
        for wrong in (42, "", None, b"r"):
            with pytest.raises(IdentityError):
                ask(wrong)


DECIDED = decide(policy_of(), Reader(id="r"), PageView(article=Article(id="a")), Usage(), NOW)[0]


@pytest.mark.parametrize(
    "ask, words",
    [
        (lambda: engine.join(None, Usage(), Usage(), NOW), "`policy` is a `Policy`"),
        (lambda: engine.join(policy_of(), None, Usage(), NOW), "`source` is a `Usage`"),
        (lambda: engine.join(policy_of(), Usage(), {}, NOW), "`target` is a `Usage`"),
        (lambda: Usage(5), "is a table of what each meter has counted"),
        (lambda: Usage(None), "is a table of what each meter has counted"),
        (lambda: loads_policy(None), "`text` is the text of a policy file"),
        (lambda: loads_policy(b""), "`text` is the text of a policy file"),
        (lambda: load_policy(5), "`path` is the path of a policy file"),
        (lambda: load_policy(None), "`path` is the path of a policy file"),
        (lambda: explain(None), "`decision` is a `Decision`"),
        (lambda: render(None), "`decision` is a `Decision`"),
        (lambda: render(DECIDED, locale=5), "`locale` is a tag, a list of tags"),
        (lambda: render(DECIDED, locale=b"ja"), "`locale` is a tag, a list of tags"),
        (lambda: render(DECIDED, locale=["en", 5]), "`locale` is a tag, a list of tags"),
        (lambda: render(DECIDED, folder=5), "`folder` is the path of a folder"),
    ],
)
def test_what_no_function_takes_is_told_in_its_words(ask, words):
    """Never as what Python could not do with it."""
    with pytest.raises(TypeError, match=re.escape(words)):
        ask()


SAME = {
    "id": 42,
    "registered": "false",
    "segments": "student",
    "score": 2,
    "entitlements": [{"kind": "trail"}],
}


@pytest.mark.parametrize("key", SAME)
def test_the_words_are_those_of_the_command_line(key):
    """The same mistake in an event and in Python is told in the same words."""
    table = {"at": "2026-06-01T09:00:00Z", "article": "a", "reader": {"id": "r", key: SAME[key]}}
    with pytest.raises(EventError) as in_an_event:
        parse_event(table, ZoneInfo("UTC"))
    make = Reader
    given = {"id": "r", key: SAME[key]}
    if key == "entitlements":
        make = Entitlement
        (given,) = SAME[key]
    with pytest.raises(InvalidValueError) as in_python:
        make(**given)
    (problem,) = in_an_event.value.problems
    assert in_python.value.fault[:2] == (problem.code, problem.message)


@pytest.mark.parametrize("word", ["a", "a/b", "café", "ｍ", "Å", "ﬁn"])
def test_forms_of_a_word_decide_nothing(word):
    """Blanks and slashes at the ends, and Unicode's two forms, on both sides."""
    forms = [unicodedata.normalize(form, word) for form in ("NFC", "NFD")]
    forms += [f" {word} ", f"/{word}/", f"{word}/"]
    for name, written in ((name, written) for name in ("section", "kind") for written in forms):
        if name == "kind" and "/" in written:
            continue
        rule = Rule(name="some", when=When(**{name: [written]}), show="article")
        policy = Policy(publication=Publication(name="H"), rules=[rule, REST])
        for read in forms:
            if name == "section" or "/" not in read:
                view = PageView(article=Article(id="a", **{name: read}))
                assert decide(policy, Reader(id="r"), view, Usage(), NOW)[0].rule == "some"


@pytest.mark.parametrize("key", ["tags", "segments", "product"])
def test_forms_of_a_member_decide_nothing(key):
    """A tag, a segment and a product are compared as a section is."""
    nfc, nfd = "caf\u00e9", "cafe\u0301"
    for written, read in ((nfc, nfd), (nfd, nfc), (f" {nfc}", f"{nfd} ")):
        rule = Rule(name="some", when=When(**{key: [written]}), show="article")
        policy = Policy(publication=Publication(name="H"), rules=[rule, REST])
        right = Entitlement(kind="subscription", product=read)
        reader = Reader(id="r", segments=[read], entitlements=[right])
        view = PageView(article=Article(id="a", tags=[read]))
        assert decide(policy, reader, view, Usage(), NOW)[0].rule == "some"


def test_an_article_is_one_in_both_forms_of_its_id():
    """Composed or decomposed, counted once; so is a view by its id."""
    for count in ("articles", "views"):
        policy = evolve(policy_of(), meters=[evolve(METER, count=count)])
        usage = Usage()
        for name in ("caf\u00e9", "cafe\u0301"):
            view = PageView(article=Article(id=name), id=name)
            decision, usage = decide(policy, Reader(id="r"), view, usage, NOW)
            assert decision.meter.used == 1


@given(text=st.text(max_size=30))
@settings(max_examples=200, deadline=None)
@example(text="\ud800")
@example(text="~" + "0" * 32)
@example(text="e\u0301" * 64)
def test_any_text_may_be_an_id_and_any_word(text):
    """What is no blank is an id; whatever it is, it is decided, shown and explained."""
    try:
        article = Article(id=text, section=text, kind=text, tags=[text])
    except InvalidValueError:
        assert not text.strip()
        return
    words = dict.fromkeys(("referrer", "channel", "device", "country", "language"), text)
    put_to_use(PageView(article=article, id=text, **words))
    put_to_use(Reader(id=text, segments=[text], country=text))


def test_a_policy_of_python_is_one_of_a_file():
    """What a policy of Python holds is written, and read again as the same."""
    policy = policy_of(Publication(name="H", templates="prompts"))
    assert loads_policy(dumps_policy(policy)) == policy
