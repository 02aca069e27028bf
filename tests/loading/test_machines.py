"""What a policy says to machines, and what readers may give: read, refused, written, decided."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, PageView, PolicyError, Reader, Usage, decide, explain, loads_policy
from meter.loading import dumps_policy
from meter.loading.events import decision_table
from meter.policy import GiftTerms, MachinesTable, MachineTerms
from meter.policy.machines import path_step, site_step
from meter.vocabulary.machine_terms import STATUSES, address_step, price_step

HEAD = '[publication]\nname = "The Harbour Review"\n'
RULES = '[[rules]]\nname = "everyone else"\nshow = "subscription-wall"\n'
LICENCE = "https://www.example.com/licence"
SITE = 'site = "https://www.example.com"\n'
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def told(text):
    """Return every problem of a text: its code, its line and its next step."""
    with pytest.raises(PolicyError) as raised:
        loads_policy(text)
    return [(problem.code, problem.line, problem.help) for problem in raised.value.problems]


def terms(text):
    """Return what the one rule tells machines."""
    return loads_policy(HEAD + RULES + f"machines = {text}\n").rules[0].machines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ price = "USD 0.01" }', (402, "USD 0.01", None)),
        (f'{{ licence = "{LICENCE}" }}', (401, None, LICENCE)),
        (f'{{ price = "JPY 5", licence = "{LICENCE}" }}', (402, "JPY 5", LICENCE)),
        ("{ status = 451 }", (451, None, None)),
        (f'{{ status = 401, licence = "{LICENCE}" }}', (401, None, LICENCE)),
        (f'{{ status = 429, price = "EUR 10", licence = "{LICENCE}" }}', (429, "EUR 10", LICENCE)),
    ],
)
def test_the_terms_of_a_rule_are_read(text, expected):
    """Without a status it is the one that fits what is asked for."""
    found = terms(text)
    assert expected == (found.status, found.price, found.licence)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{}", "empty-table"),
        ("{ status = 404 }", "bad-status"),
        ("{ status = 200 }", "bad-status"),
        ("{ status = 0 }", "empty-table"),
        ('{ status = "402" }', "wrong-type"),
        ("{ status = 402.0 }", "wrong-type"),
        ("{ status = true }", "wrong-type"),
        ("{ status = 401 }", "machines-need-licence"),
        ('{ status = 401, price = "USD 1" }', "machines-need-licence"),
        ('{ price = "USD 0" }', "bad-price"),
        ('{ price = "USD 0.000" }', "bad-price"),
        ('{ price = "USD -1" }', "bad-price"),
        ('{ price = "USD  1" }', "bad-price"),
        ('{ price = "usd 1" }', "bad-price"),
        ('{ price = "USX 1" }', "bad-price"),
        ('{ price = "USD 1e3" }', "bad-price"),
        ('{ price = "USD ٣" }', "bad-price"),
        ('{ price = "USD 2000000000" }', "bad-price"),
        ("{ price = 0.01 }", "wrong-type"),
        ('{ licence = "/licence" }', "bad-link"),
        ('{ licence = "javascript:alert(1)" }', "bad-link"),
        ('{ licence = "https://" }', "bad-link"),
        ('{ licence = "https://me@example.com/" }', "bad-link"),
        ('{ licence = "https://example.com/a b" }', "bad-link"),
        ('{ licence = "https://example.com/<x>" }', "bad-link"),
        ('{ licence = "https://[::1" }', "bad-link"),
        ('{ licence = "https://example.com:99999/" }', "bad-link"),
        ('{ statsu = 402, price = "USD 1" }', "unknown-key"),
    ],
)
def test_terms_that_cannot_be_are_refused(text, code):
    """Located, with a next step; from Python alike."""
    found = told(HEAD + RULES + f"machines = {text}\n")
    assert [(code, 6)] == [(each, line) for each, line, _ in found]
    assert all(step for _, _, step in found)


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"status": 404},
        {"status": 401},
        {"status": True},
        {"price": "1 USD"},
        {"price": Decimal(1)},
        {"licence": "example.com"},
        {"licence": 5},
        {"licence": ""},
    ],
)
def test_terms_from_python_are_held_to_the_same(given_):
    """No page view meets terms that no file could say."""
    with pytest.raises(ValueError, match="`MachineTerms`"):
        MachineTerms(**given_)


@pytest.mark.parametrize("show", ["article", "countdown"])
def test_a_rule_that_opens_has_nothing_to_refuse(show):
    """Told at the key, once."""
    spend = 'spend = "taste"\n' if show == "countdown" else ""
    meter = '[meters.taste]\nwindow = { calendar = "month" }\nlimit = 3\n'
    rule = f'[[rules]]\nname = "a"\n{spend}show = "{show}"\nmachines = {{ status = 403 }}\n'
    text = HEAD + meter + rule
    found = told(text + RULES)
    assert ["machines-need-preview"] == [code for code, _, _ in found]
    with pytest.raises(PolicyError, match="machines-need-preview"):
        loads_policy(text + RULES)


def decided(policy, access="metered", **about):
    """Return what a policy decides for a stranger."""
    view = PageView(article=Article(id="a1", access=access), **about)
    return decide(policy, Reader(id="r1"), view, Usage(), NOW)[0]


def test_a_decision_carries_the_terms_of_its_rule_where_it_is_a_preview():
    """In Python, in JSON and in words; pickled too. Otherwise there is no such key."""
    policy = loads_policy(
        HEAD
        + '[[rules]]\nname = "search"\nwhen = { crawler = ["search"] }\nshow = "article"\n'
        + RULES
        + 'machines = { status = 403, price = "USD 0.01" }\n'
    )
    refused = decided(policy, crawler="training")
    assert MachineTerms(status=403, price="USD 0.01") == refused.machines
    table = json.loads(json.dumps(decision_table(refused)))
    assert {"status": 403, "price": "USD 0.01", "licence": None} == table["machines"]
    assert "tells machines: status 403, USD 0.01" in explain(refused)
    assert refused.machines == pickle.loads(pickle.dumps(refused)).machines
    opened = decided(policy, crawler="search")
    assert opened.machines is None
    assert "machines" not in decision_table(opened)
    assert "machines" not in explain(opened)


def test_a_prefetch_of_what_opens_tells_machines_nothing():
    """It is a preview, and its rule refuses nobody."""
    policy = loads_policy(
        HEAD
        + '[meters.taste]\nwindow = { calendar = "month" }\nlimit = 3\n'
        + '[[rules]]\nname = "taste"\nspend = "taste"\nshow = "countdown"\n'
        + RULES
        + "machines = { status = 403 }\n"
    )
    ahead = decided(policy, prefetch=True)
    assert (True, None) == (ahead.speculative, ahead.machines)
    assert decided(policy, "premium").machines is not None


def table(text):
    """Return what a publication says to machines."""
    return loads_policy(HEAD + "[machines]\n" + SITE + text + RULES).machines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (None, None)),
        ("train_ai = true\nsearch = false\n", (True, False)),
        ('train_ai = "y"\nsearch = "n"\n', (True, False)),
        ('train_ai = "n"\n', (False, None)),
    ],
)
def test_preferences_are_flags_or_the_words_of_aipref(text, expected):
    """What is not said is not known."""
    assert expected == (table(text).train_ai, table(text).search)


def test_a_section_is_where_the_policy_says_or_at_its_name():
    """A sub-section is below its section; slashes and blanks decide nothing."""
    found = table('paths = { "/markets/" = "/news/markets/", "markets/asia" = "/asia/" }\n')
    sections = ["markets", "markets/europe", "markets/asia", "/markets/asia/japan/", "arts", "a b"]
    expected = ["/news/markets/", "/news/markets/europe/", "/asia/", "/asia/japan/"]
    assert [*expected, "/arts/", "/a%20b/"] == [found.path_of(section) for section in sections]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('site = "example.com"\n', "bad-link"),
        ('site = "https://example.com/?x=1"\n', "bad-link"),
        ('site = "https://example.com/#x"\n', "bad-link"),
        ('site = "ftp://example.com"\n', "bad-link"),
        ("", "missing-key"),
        (SITE + 'licence = "licence.html"\n', "bad-link"),
        (SITE + 'train_ai = "no"\n', "unknown-word"),
        (SITE + "train_ai = 1\n", "wrong-type"),
        (SITE + 'search = "true"\n', "wrong-type"),
        (SITE + 'serach = "y"\n', "unknown-key"),
        (SITE + 'paths = { a = "a" }\n', "bad-path"),
        (SITE + 'paths = { a = "/a" }\n', "bad-path"),
        (SITE + 'paths = { a = "//evil.example/" }\n', "bad-path"),
        (SITE + 'paths = { a = "/../" }\n', "bad-path"),
        (SITE + 'paths = { a = "/a/./" }\n', "bad-path"),
        (SITE + 'paths = { a = "/*/" }\n', "bad-path"),
        (SITE + 'paths = { a = "/a$/" }\n', "bad-path"),
        (SITE + 'paths = { a = "/a\\nDisallow: /" }\n', "bad-path"),
        (SITE + 'paths = { "/" = "/a/" }\n', "empty-text"),
        (SITE + 'paths = { a = "/a/", "a/" = "/b/" }\n', "duplicate-name"),
        (SITE + "paths = {}\n", "empty-table"),
    ],
)
def test_a_table_for_machines_that_cannot_be_is_refused(text, code):
    """Each with its place and a next step."""
    found = told(HEAD + "[machines]\n" + text + RULES)
    assert [code] == [each for each, _, _ in found]
    assert all(step for _, _, step in found)


def gifts(text):
    """Return what readers may give."""
    return loads_policy(HEAD + "[gifts]\n" + text + RULES).gifts


def test_gifts_have_usual_terms():
    """An empty table allows them; without a table there are none."""
    usual = GiftTerms()
    assert usual == gifts("")
    assert (10, 25, timedelta(days=30)) == (usual.per_month, usual.readers, usual.lasts)
    assert {"subscriber", "staff"} == usual.givers
    assert loads_policy(HEAD + RULES).gifts is None
    own = 'per_month = 1\nreaders = 2\nlasts = "36 hours"\ngivers = ["registered"]\n'
    assert GiftTerms(
        per_month=1, readers=2, lasts=timedelta(hours=36), givers=["registered"]
    ) == gifts(own)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("per_month = 0\n", "bad-number"),
        ("per_month = 10001\n", "bad-number"),
        ("per_month = 1.5\n", "wrong-type"),
        ("readers = -1\n", "bad-number"),
        ("readers = true\n", "wrong-type"),
        ('lasts = "0 days"\n', "bad-length"),
        ('lasts = "367 days"\n', "bad-length"),
        ('lasts = "a month"\n', "bad-length"),
        ("lasts = 30\n", "wrong-type"),
        ("givers = []\n", "empty-list"),
        ('givers = ["subscribers"]\n', "unknown-word"),
        ('givers = "subscriber"\n', "wrong-type"),
        ("per_moth = 3\n", "unknown-key"),
    ],
)
def test_gifts_that_cannot_be_are_refused(text, code):
    """Each with its place and a next step."""
    found = told(HEAD + "[gifts]\n" + text + RULES)
    assert [(code, 4)] == [(each, line) for each, line, _ in found]
    assert all(step for _, _, step in found)


@pytest.mark.parametrize(
    "given_",
    [
        {"per_month": 0},
        {"readers": 1.5},
        {"lasts": timedelta()},
        {"lasts": timedelta(days=400)},
        {"lasts": "soon"},
        {"givers": ["everybody"]},
        {"givers": "staff"},
    ],
)
def test_gifts_from_python_are_held_to_the_same(given_):
    """No policy allows what no file could say."""
    with pytest.raises(ValueError, match="`GiftTerms`"):
        GiftTerms(**given_)


TERMS = st.builds(
    MachineTerms,
    price=st.sampled_from([None, "USD 0.01", "JPY 100"]),
    licence=st.just(LICENCE),
    status=st.sampled_from(STATUSES),
)
TABLES = st.builds(
    MachinesTable,
    site=st.sampled_from(["https://www.example.com", "http://example.com:8080/paper/"]),
    licence=st.sampled_from([None, LICENCE]),
    train_ai=st.sampled_from([None, True, False]),
    search=st.sampled_from([None, "y", "n"]),
    paths=st.dictionaries(
        st.sampled_from(["markets", "a b", "arts/film"]), st.sampled_from(["/", "/a/b/"])
    ),
)
GIFTS = st.builds(
    GiftTerms,
    per_month=st.integers(1, 10_000),
    readers=st.integers(1, 10_000),
    lasts=st.integers(1, 366 * 24).map(lambda hours: timedelta(hours=hours)),
    givers=st.frozensets(st.sampled_from(["subscriber", "staff", "trial"]), min_size=1),
)


@given(rule=TERMS, machines=st.none() | TABLES, gift=st.none() | GIFTS)
def test_what_is_written_reads_back_the_same(rule, machines, gift):
    """The same policy and the same digest; what is not there is not written."""
    policy = loads_policy(HEAD + RULES)
    changed = type(policy)(
        publication=policy.publication,
        rules=[type(policy.rules[0])(name="rest", show="wall", machines=rule)],
        machines=machines,
        gifts=gift,
    )
    text = dumps_policy(changed)
    again = loads_policy(text)
    assert (changed, changed.digest) == (again, again.digest)
    assert (machines is None, gift is None) == ("[machines]" not in text, "[gifts]" not in text)


@given(text=st.text(max_size=40) | st.from_regex(r"https?://[ -~]{0,40}"))
def test_what_is_published_needs_no_escaping(text):
    """Whatever passes for an address, a path or a price stands in a header as it is."""
    for step in (address_step, site_step, path_step, price_step):
        if step(text) is None:
            assert text.isascii()
            assert text.isprintable()
            assert not set('"<>\\^`{|}') & set(text)
