"""A setting that nobody could ask is told when the site starts, and no visitor ever meets it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, AsyncPaywall, Paywall, loads_policy
from meter.stores.memory import MemoryStore
from meter.web import Gate, WebRequest
from meter.web.django.configuration import opened
from meter.web.flask import FlaskPaywall, visit
from meter.web.gifts import AsyncGifts, Gifts
from meter.web.machines import KnownCrawler, Machines
from meter.web.opening import open_async_gate, open_gate
from meter.web.previews import Previews
from tests.web.giving import policy_of
from tests.web.site import POLICY

SECRET = "a long text that nobody can guess"
EDGES = ("gifts", "previews", "institutions", "crawler")
CRAWLER = KnownCrawler(name="Googlebot", ranges=["192.0.2.0/24"])
WRONG = (
    True,
    1,
    0,
    "yes",
    "preview-secret.txt",
    SECRET,
    b"x",
    [],
    [SECRET],
    {},
    {"a": 1},
    range(3),
)
ASKED = "/p?gift=x&preview=y"


def open_page(gate):
    """Ask for a page as a visitor may who wants it to fail."""
    headers = {"user-agent": "Googlebot/2.1"}
    request = WebRequest(method="GET", url=ASKED, headers=headers, client="192.0.2.7")
    return gate.visit(request).open(Article(id="a1", access="free"))


def gate_of(**settings):
    """Return a gate with settings, or what it raised."""
    paywall = Paywall(loads_policy(POLICY), MemoryStore())
    return Gate(paywall, secret=SECRET, **settings)


@given(
    st.sampled_from(EDGES),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=4,
    ),
)
def test_a_value_is_refused_at_once_or_never_meets_a_visitor(name, value):
    """Whatever stands there: the gate says so, or every page opens."""
    if name == "institutions" and isinstance(value, str):
        return  # the path of a file
    if value is None or value is False:
        assert open_page(gate_of(**{name: value})).whole
    else:
        with pytest.raises(TypeError, match=f"`{name}` is .*; write "):
            gate_of(**{name: value})


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("value", [None, False])
def test_what_is_switched_off_is_as_good_as_not_there(name, value):
    """`None` and `False` mean none, in each way to open a gate."""
    for gate in (
        gate_of(**{name: value}),
        open_gate(loads_policy(POLICY), "memory://", secret=SECRET, **{name: value}),
    ):
        assert open_page(gate).whole
    gate = open_async_gate(loads_policy(POLICY), "memory://", secret=SECRET, **{name: value})
    assert isinstance(gate.paywall, AsyncPaywall)
    assert name == "institutions" or getattr(gate, name) is None


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_flask_site_with_a_wrong_setting_does_not_start(name, value):
    """What a configuration file holds is told when the application is made."""
    if (name, value) == ("gifts", True) or (name == "institutions" and isinstance(value, str)):
        return
    app = Flask(__name__)
    app.config.from_mapping(METER_POLICY=loads_policy(POLICY), METER_SECRET=SECRET)
    app.config[f"METER_{name.upper()}"] = value
    with pytest.raises(TypeError, match=f"`{name}` is .*; write `") as told:
        FlaskPaywall(app)
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("value", [None, False])
def test_a_flask_site_that_switches_one_off_starts_and_answers(name, value):
    """`METER_GIFTS = False` costs no page."""
    app = Flask(__name__)
    app.config.from_mapping(METER_POLICY=loads_policy(POLICY), METER_SECRET=SECRET)
    app.config[f"METER_{name.upper()}"] = value
    FlaskPaywall(app)
    app.add_url_rule("/p", view_func=lambda: str(visit.open(Article(id="a", access="free")).whole))
    assert app.test_client().get(ASKED).text == "True"


@pytest.mark.parametrize("value", [Gifts, Previews, Machines, (CRAWLER,), open], ids=repr)
def test_what_only_looks_like_one_is_none(value, tmp_path):
    """A class, a list of crawlers and an open file have the right names and cannot be asked."""
    (tmp_path / "secret.txt").write_text(SECRET)
    with (tmp_path / "secret.txt").open() as file:
        for name in EDGES:
            with pytest.raises(TypeError, match=f"`{name}` is"):
                gate_of(**{name: file if value is open else value})


@pytest.mark.parametrize("name", ["consent", "country", "clock"])
@pytest.mark.parametrize("value", [True, 1, ["x"], {}])
def test_what_is_to_be_called_can_be(name, value):
    """The other functions of a site are looked at as well."""
    with pytest.raises(TypeError, match=f"`{name}` is a function"):
        gate_of(**{name: value})


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_django_site_with_a_wrong_setting_does_not_start(name, value):
    """`METER` is looked at as the same words elsewhere are."""
    if (name, value) == ("gifts", True) or (name == "institutions" and isinstance(value, str)):
        return
    policy = loads_policy(POLICY)
    found = {"POLICY": policy, "STORE": "memory://", "SECRET": SECRET, name.upper(): value}
    with pytest.raises(ImproperlyConfigured) as told:
        opened(found)
    assert SECRET not in str(told.value) or name == "crawler"


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("value", [None, False])
def test_a_django_site_may_switch_one_off(name, value):
    """`False` and `None` say as much as nothing."""
    policy = loads_policy(POLICY)
    found = {"POLICY": policy, "STORE": "memory://", "SECRET": SECRET, name.upper(): value}
    assert open_page(opened(found).gate).whole


@pytest.mark.parametrize("value", ["crawlers.toml", (CRAWLER,)])
def test_a_django_site_is_told_how_to_name_its_crawlers(value):
    """Neither their file nor what is read of it is a function with a dotted path."""
    found = {"POLICY": loads_policy(POLICY), "STORE": "memory://", "SECRET": SECRET}
    with pytest.raises(ImproperlyConfigured, match=r"write `Machines\(load_crawlers\("):
        opened({**found, "CRAWLER": value})


def test_a_setting_that_is_changed_later_is_looked_at_too():
    """`gate.gifts = True` is refused as it is set."""
    gate = gate_of()
    with pytest.raises(TypeError, match="`gifts` is what opens gift links"):
        gate.gifts = True


@pytest.mark.parametrize(
    "crawlers", ["crawlers.toml", ["Googlebot"], [{"name": "Googlebot"}], 7, CRAWLER]
)
def test_machines_take_crawlers_and_say_what_to_write(crawlers):
    """The path of the file is none of them."""
    with pytest.raises(TypeError, match=r"load_crawlers\(\"crawlers.toml\"\)"):
        Machines(crawlers, hosts=["www.example.com"])


@pytest.mark.parametrize("open_", [open_gate, open_async_gate])
@pytest.mark.parametrize("settings", [{}, {"reload": True}, {"crawler": None}, {"crawler": False}])
def test_crawlers_that_are_not_used_are_logged(open_, settings, tmp_path, caplog):
    """Their file is checked with the policy, so it looks as if it were."""
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "crawlers.toml").write_text("crawlers = []")
    gate = open_(tmp_path / "policy.toml", "memory://", secret=SECRET, **settings)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == ("crawler" not in settings)
    assert all(f"{tmp_path / 'crawlers.toml'} is not used" in each for each in told)
    assert all("Machines(load_crawlers(" in each for each in told)
    if "reload" in settings:
        gate.paywall.source.close()


def test_gifts_that_are_awaited_need_a_paywall_that_is():
    """The first visitor with a link would find that it opens nothing."""
    policy = policy_of()
    gifts = AsyncGifts(policy, MemoryStore(), SECRET)
    with pytest.raises(TypeError, match=r"`gifts` .* write `Gifts\(.*`AsyncPaywall`"):
        Gate(Paywall(policy, MemoryStore()), secret=SECRET, gifts=gifts)
    assert Gate(AsyncPaywall(policy, MemoryStore()), secret=SECRET, gifts=gifts).gifts is gifts
