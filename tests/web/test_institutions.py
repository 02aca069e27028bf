"""A file of institutions: what is told of it, when it is in force, and what it opens at a gate."""

from __future__ import annotations

import logging
import threading

import pytest

from meter import Article, Paywall, Reader, loads_policy
from meter.errors import StoreUnavailableError
from meter.reloading import ReloadingPolicy
from meter.stores.memory import MemoryStore
from meter.view import Entitlement
from meter.web import Gate
from meter.web.institutions import (
    Institution,
    Institutions,
    InstitutionsError,
    InstitutionsFile,
    check_institutions,
    load_institutions,
    loads_institutions,
)
from meter.web.institutions.files import THREAD, beside
from meter.web.institutions.reading import institution_problems
from meter.web.opening import open_gate
from tests.web.site import POLICY, Browser, Site

PRODUCTS = """
[publication]
name = "The Harbour Review"

[products.digital]
[products.cooking]
opens = { section = ["cooking"] }

[[rules]]
name = "covered"
when = { covered = true }
show = "article"

[[rules]]
name = "else"
show = "subscription-wall"
"""
LIBRARY = """
[[institutions]]
name = "Harbour Library"
addresses = ["192.0.2.0/24", "2001:db8::/48"]
"""
NO_ROOM = 1 << 50
"""Bytes: no machine has a stack of these for a thread."""
READER, STRANGER = "192.0.2.7", "203.0.113.9"
PREMIUM = Article(id="p1", access="premium")


def listed(addresses, *, name="one", more=""):
    """Return the text of an institution."""
    return f'[[institutions]]\nname = "{name}"\n{more}\naddresses = {addresses}\n'


def told(text, policy=None):
    """Return code, severity, line and help of everything that is said of a text."""
    institutions, problems = check_institutions(text, policy)
    errors = [problem for problem in problems if problem.severity == "error"]
    assert (institutions is None) == bool(errors)
    return [(problem.code, problem.severity, problem.line, problem.help) for problem in problems]


WRONG = [
    ("a bad address", listed('["192.0.2.1/24"]'), "bad-address", 4, "did you mean the network"),
    ("a number", listed("[5]"), "wrong-type", 4, "write an address"),
    ("no list", listed('"192.0.2.1"'), "wrong-type", 4, "put it in brackets"),
    ("an empty list", listed("[]"), "empty-list", 4, "name at least one"),
    ("no addresses", '[[institutions]]\nname = "one"\n', "missing-key", 1, "add `addresses`"),
    ("no name", '[[institutions]]\naddresses = ["192.0.2.1"]\n', "missing-key", 1, "add `name`"),
    ("an unknown key", listed('["192.0.2.1"]', more="nmae = 1"), "unknown-key", 3, "did you mean"),
    ("a wrong product", listed('["192.0.2.1"]', more='product = "cookng"'), "unknown-product", 3,
     "did you mean `cooking`?"),
    ("one table", '[institutions]\nname = "one"\n', "wrong-type", 1, "with two brackets"),
    ("two tables", "[institutions]\n[institutions]\n", "duplicate-key", 2, "with two brackets"),
    ("a policy", PRODUCTS, "not-institutions", 9, "beside it"),
    ("nothing", "", "missing-key", 1, "add `institutions`"),
    ("no TOML", "institutions = [", "toml-syntax", 1, None),
    ("two names", listed('["192.0.2.1"]') + listed('["192.0.2.2"]'), "duplicate-name", 6,
     "give each its own name"),
]  # fmt: skip
DOUBTS = [
    ("everyone", '["0.0.0.0/0"]', "wide-range"),
    ("everyone of IPv6", '["::/0"]', "wide-range"),
    ("everyone, mapped", '["::ffff:0:0/96"]', "wide-range"),
    ("more than a /8", '["9.0.0.0-10.0.0.0"]', "wide-range"),
    ("more than a /16 of IPv6", '["2000::/15"]', "wide-range"),
    ("a private network", '["10.1.0.0/16"]', "local-range"),
    ("this machine", '["127.0.0.1"]', "local-range"),
    ("a private network of IPv6", '["fd00::/48"]', "local-range"),
    ("one range twice", '["192.0.2.0/24", "192.0.2.0-192.0.2.255"]', "repeated-range"),
]


@pytest.mark.parametrize(
    ("text", "code", "line", "step"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_what_is_wrong_is_told_with_its_place_and_a_next_step(text, code, line, step):
    """Every problem is an error: nothing of such a file is in force."""
    (found,) = told(text, loads_policy(PRODUCTS))
    assert found[:3] == (code, "error", line)
    assert step is None or step in found[3]


@pytest.mark.parametrize(
    ("ranges", "code"), [row[1:] for row in DOUBTS], ids=[row[0] for row in DOUBTS]
)
def test_what_is_probably_a_mistake_is_a_warning(ranges, code):
    """It is in force all the same."""
    (found,) = told(listed(ranges))
    assert found[:3] == (code, "warning", 4)


@pytest.mark.parametrize(
    "ranges", ['["9.0.0.0/8"]', '["2000::/16"]', '["11.0.0.0", "192.0.2.0/24"]']
)
def test_what_a_large_company_has_is_no_mistake(ranges):
    """A whole /8, or a /16 of IPv6, is somebody's; so is what lies inside another range."""
    assert told(listed(ranges)) == []


def test_a_range_of_two_institutions_is_doubted_unless_each_opens_another_product():
    """Two products for the same readers are two institutions."""
    range_ = '["192.0.2.0/24"]'
    again = listed(range_) + listed(range_, name="two")
    assert [found[:3] for found in told(again)] == [("repeated-range", "warning", 8)]
    products = [
        listed(range_, name=product, more=f'product = "{product}"')
        for product in ("digital", "cooking")
    ]
    assert told("".join(products), loads_policy(PRODUCTS)) == []


def test_every_problem_is_told_at_once():
    """And none that only follows from another."""
    text = listed('["x", "192.0.2.300"]') + listed("[1]", more='product = "sport"')
    codes = [found[0] for found in told(text, loads_policy(PRODUCTS))]
    assert codes == [
        "bad-address",
        "bad-address",
        "duplicate-name",
        "unknown-product",
        "wrong-type",
    ]


def test_a_policy_without_products_takes_any():
    """There each opens everything."""
    assert told(listed('["192.0.2.1"]', more='product = "any"'), loads_policy(POLICY)) == []


def test_a_list_of_nobody_is_a_list():
    """So that the last institution can be ended."""
    assert len(loads_institutions("institutions = []")) == 0


def test_ten_thousand_ranges_fit_and_a_megabyte_does_not():
    """A policy has 64 KiB; this file sixteen times as much."""
    ranges = [f'"192.{number >> 8}.{number & 255}.0/24"' for number in range(10_000)]
    assert (
        len(loads_institutions(listed(f"[{', '.join(ranges)}]")).institutions[0].addresses)
        == 10_000
    )
    assert [found[0] for found in told("#" * (1 << 20) + "#")] == ["too-large"]


def test_a_file_that_is_not_there_is_told(tmp_path):
    """Like a policy's."""
    path = tmp_path / "institution.toml"
    with pytest.raises(InstitutionsError, match="there is no file"):
        load_institutions(path)
    assert [problem.code for problem in institution_problems(path)] == ["no-such-file"]


@pytest.fixture
def running(tmp_path):
    """Return a file of institutions in force, its path, and a clock of seconds to turn."""
    path = tmp_path / "institutions.toml"
    path.write_text(LIBRARY)
    clock = [0.0]
    policies = [loads_policy(PRODUCTS)]

    class Source:
        policy = property(lambda _: policies[-1])

    file = InstitutionsFile(path, Source(), settle=2, monotonic=lambda: clock[0])
    return file, path, clock, policies


def after(file, clock, seconds):
    """Return whether the reader is let in, some seconds later, when a changed file is read."""
    clock[0] += seconds
    file.rights(READER)
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join()
    return bool(file.rights(READER))


def test_a_file_that_changes_is_in_force_once_it_has_come_to_rest(running):
    """It is looked at once a second, and taken over when it was the same for two seconds."""
    file, path, clock, _ = running
    path.write_text(listed('["198.51.100.0/24"]'))
    answers = [after(file, clock, seconds) for seconds in (0, 0.9, 0.1, 1, 0.9, 0.1)]
    assert answers == [True, True, True, True, True, False]
    assert file.rights("198.51.100.1") != ()
    assert not file.refresh(), "what is in force is not read again"


class SlowPolicy:
    """A policy whose products are not known before it is told to go on."""

    def __init__(self):
        self.may_go_on = threading.Event()

    @property
    def products(self):
        self.may_go_on.wait(30)
        return loads_policy(PRODUCTS).products


def test_no_page_view_waits_for_a_file_that_is_read(running):
    """It is read in a thread: until that has run, the last good file answers."""
    file, path, clock, policies = running
    policies.append(SlowPolicy())
    path.write_text(listed('["198.51.100.0/24"]', more='product = "digital"'))
    for _ in range(4):
        clock[0] += 1
        assert file.rights(READER)
    assert THREAD in [thread.name for thread in threading.enumerate()]
    policies[-1].may_go_on.set()
    assert not after(file, clock, 0)


def test_a_thread_that_cannot_start_costs_no_page(running, caplog):
    """The next look tries again."""
    file, path, clock, _ = running
    path.write_text(listed('["198.51.100.0/24"]'))
    before = threading.stack_size(NO_ROOM)
    try:
        assert [after(file, clock, 1) for _ in range(4)] == [True] * 4
    finally:
        threading.stack_size(before)
    assert "cannot be read yet: can't start new thread" in caplog.text
    assert not after(file, clock, 1)


def test_a_file_that_is_still_written_is_not_in_force(running):
    """Every change begins the rest anew."""
    file, path, clock, _ = running
    answers = []
    for number in range(5):
        path.write_text(listed('["198.51.100.0/24"]', name=f"one{'+' * number}"))
        answers.append(after(file, clock, 1))
    assert answers == [True] * 5
    assert [after(file, clock, 1) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("text", ["", "[[institutions", listed('["198.51.100.1/24"]'), None])
def test_a_file_that_cannot_be_used_leaves_the_last_good_one_in_force(running, text, caplog):
    """Also one that is not there any more; it is told, once."""
    file, path, clock, _ = running
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    with caplog.at_level(logging.WARNING):
        assert all(after(file, clock, 1) for _ in range(5))
    assert [record.message.count("the last good institutions") for record in caplog.records] == [1]
    assert file.problems
    path.write_text(listed('["198.51.100.0/24"]'))
    assert [after(file, clock, 1) for _ in range(3)] == [True, True, False]
    assert file.problems == ()


def test_a_product_that_comes_with_another_policy_is_taken_then(running):
    """Whichever of the two files is read first."""
    file, path, clock, policies = running
    path.write_text(listed('["192.0.2.0/24"]', more='product = "sport"'))
    for _ in range(4):
        after(file, clock, 1)
    assert [problem.code for problem in file.problems] == ["unknown-product"]
    policies.append(loads_policy(PRODUCTS.replace("[products.digital]", "[products.sport]")))
    for _ in range(3):
        after(file, clock, 1)
    assert [right.product for right in file.rights(READER)] == ["sport"]


def test_where_there_is_no_file_another_policy_is_no_news(tmp_path, caplog):
    """A site without institutions is told nothing of them."""
    policies = [loads_policy(PRODUCTS)]

    class Source:
        policy = property(lambda _: policies[-1])

    file = beside(tmp_path / "policy.toml", Source())
    policies.append(loads_policy(POLICY))
    assert not file.refresh()
    assert (file.problems, caplog.records) == ((), [])


def site(**settings):
    """Return a site that knows the library."""
    given = {"secret": "new", "institutions": loads_institutions(LIBRARY)}
    return Site(settings=given | settings)


def test_who_comes_from_an_institution_reads_as_a_subscriber_and_is_kept_nowhere():
    """The answer is for this reader alone: no cache may hand it to whoever comes from elsewhere."""
    door = site()
    visit = door.visit(client=READER)
    answer = visit.open(PREMIUM)
    assert (answer.whole, answer.decision.rule, answer.decision.counted) == (
        True,
        "subscribers",
        False,
    )
    headers = dict(visit.finish(200, [("Cache-Control", "public, max-age=600")]).headers)
    assert headers["Cache-Control"] == "private, no-store"
    assert "Set-Cookie" not in headers
    assert not door.visit(client=STRANGER).open(PREMIUM).whole


class Silent(MemoryStore):
    """A store that does not answer."""

    def load(self, _key):
        raise StoreUnavailableError("down")


def test_neither_consent_nor_a_store_that_answers_is_needed():
    """Nothing is counted there: the page opens also where outages close everything."""
    visit = site(consent=lambda _: False).visit(client=READER)
    assert visit.open(PREMIUM).whole
    assert visit.peek(PREMIUM).decision.access == "full"
    known = Browser(site())
    known.read("a", client=STRANGER)
    known.read("b", client=STRANGER)
    known.site.gate.paywall = Paywall(loads_policy(POLICY), Silent(), on_outage="closed")
    assert known.read(PREMIUM, client=READER).whole


def test_what_is_open_to_everyone_stays_with_the_caches():
    """It is the same from every address."""
    visit = site().visit(client=READER)
    assert visit.open(Article(id="f1", access="free")).whole
    assert dict(visit.finish(200, []).headers)["Cache-Control"] == "public, max-age=300"


def test_nothing_is_counted_in_the_library_and_everything_at_home():
    """One browser, carried from one to the other."""
    browser = Browser(site())
    for name in "abcd":
        assert browser.read(name, client=READER).whole
    assert browser.cookies == {}
    assert [browser.read(name, client=STRANGER).whole for name in "abc"] == [True, True, False]


def test_a_reader_who_is_signed_in_keeps_the_rights_of_the_account():
    """Those of the address come on top."""
    policy = loads_policy(PRODUCTS)
    text = LIBRARY.replace("addresses", 'product = "cooking"\naddresses')
    gate = Gate(Paywall(policy, MemoryStore()), secret="new", institutions=loads_institutions(text))
    door = site()
    door.gate = gate
    account = Reader(id="ana", entitlements=(Entitlement(kind="subscription", product="digital"),))
    fish = Article(id="x", section="cooking/fish", access="premium")
    assert door.visit(client=STRANGER, account=account).open(PREMIUM).whole
    assert door.visit(client=READER, account=account).open(PREMIUM).whole
    assert door.visit(client=READER).open(fish).whole
    assert not door.visit(client=READER).open(PREMIUM).whole
    assert not door.visit(client=STRANGER).open(fish).whole


def test_who_says_to_be_a_crawler_gets_nothing_more_in_the_library():
    """Its name is not proved; what is not open to everyone stays a teaser."""
    visit = site().visit(client=READER, user_agent="Mozilla/5.0 (compatible; Googlebot/2.1)")
    assert not visit.open(PREMIUM).whole


def test_a_gate_opens_the_file_beside_its_policy(tmp_path):
    """By itself, and not where it is told of another, or of none."""
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "institutions.toml").write_text(LIBRARY)
    other = tmp_path / "other.toml"
    other.write_text(listed('["198.51.100.0/24"]'))
    path = tmp_path / "policy.toml"

    def opens(policy, **settings):
        gate = open_gate(policy, "memory://", secret="new", **settings)
        door = Site()
        door.gate = gate
        return [
            bool(door.visit(client=who).open(PREMIUM).whole) for who in (READER, "198.51.100.1")
        ]

    assert opens(path) == [True, False]
    assert opens(str(path), reload=True) == [True, False]
    with ReloadingPolicy(path, every=None) as policies:
        assert opens(policies) == [True, False]
    assert opens(path, institutions=None) == [False, False]
    assert opens(path, institutions=other) == [False, True]
    assert opens(path, institutions=Institutions()) == [False, False]
    assert opens(loads_policy(POLICY)) == [False, False]


def test_a_gate_does_not_open_beside_a_file_that_cannot_be_used(tmp_path):
    """A mistake is told at the start, as a policy's is."""
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "institutions.toml").write_text(listed('["192.0.2.1/24"]'))
    with pytest.raises(InstitutionsError, match="bad-address"):
        open_gate(tmp_path / "policy.toml", "memory://", secret="new")


def test_a_gate_takes_a_file_that_is_written_later(tmp_path):
    """No restart is needed for the first institution."""
    (tmp_path / "policy.toml").write_text(POLICY)
    gate = open_gate(tmp_path / "policy.toml", "memory://", secret="new")
    (tmp_path / "institutions.toml").write_text(LIBRARY)
    assert gate.institutions.refresh()
    assert gate.institutions.rights(READER) != ()


def test_a_gate_refuses_what_knows_no_rights():
    """A setting of the wrong kind is told when the site starts."""
    with pytest.raises(TypeError, match="`institutions` is the path of a file"):
        site(institutions=[Institution(name="one", addresses=["192.0.2.1"])])
