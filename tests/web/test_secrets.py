"""What signs links is a long text that nobody can guess, and never the name of a file."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meter import Paywall, loads_policy
from meter.stores.memory import MemoryStore
from meter.web import Gate
from meter.web.gifts import Gifts
from meter.web.previews import PreviewLink, Previews
from meter.web.secrets import LEAST_SECRET, link_keys
from meter.web.signed import SignedLinks
from tests.web.giving import policy_of
from tests.web.site import POLICY, START

LONG = "a long text that nobody can guess"
ENDS = START + timedelta(days=1)

DESKS = (
    Previews,
    lambda secret: Gifts(policy_of(), MemoryStore(), secret),
    lambda secret: SignedLinks(secret, "gift"),
)


@pytest.mark.parametrize("make", DESKS)
@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("abc", "fewer than 16 characters.*openssl rand -hex 32"),
        (b"abc", "fewer than 16 characters.*openssl rand -hex 32"),
        ("   abc              \n", "fewer than 16 characters"),
        ([LONG, "short"], "fewer than 16 characters"),
        ("the-preview-secret.txt", "the name of a file; take what stands in it"),
        ("/etc/meter/preview-secret.key", "the name of a file; take what stands in it"),
        (f"{LONG}\nan older one of them\n", "several lines: give them as a list"),
        ("", "openssl rand -hex 32"),
        ([], "openssl rand -hex 32"),
        ([LONG, " "], "openssl rand -hex 32"),
    ],
)
def test_a_weak_secret_is_refused_and_never_quoted(make, secret, words):
    """All links go by one law, and the error says what to do."""
    with pytest.raises(ValueError, match=words) as told:
        make(secret)
    assert "abc" not in str(told.value)
    assert "an older" not in str(told.value)


@pytest.mark.parametrize("make", DESKS)
@pytest.mark.parametrize("secret", [Path("secret.txt"), 7, None, [7], True])
def test_what_is_no_text_is_refused(make, secret):
    """A path is to be read first."""
    with pytest.raises(TypeError, match=r"read_text\(\)"):
        make(secret)


def test_a_file_that_is_there_is_no_secret_whatever_its_name(tmp_path):
    """The name of a file that exists is taken for what it is."""
    path = tmp_path / "the-key-of-the-editors"
    path.write_text(LONG)
    with pytest.raises(ValueError, match="the name of a file"):
        Previews(str(path))


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=400))
def test_a_text_is_a_key_or_refused(text):
    """No text breaks it, however long or strange, and none that is short is taken."""
    try:
        keys = link_keys(text)
    except ValueError:
        return
    assert keys == (text.strip(),)
    assert len(keys[0]) >= LEAST_SECRET


@given(st.binary(max_size=64).map(lambda random: random + b"\xff"))
@example(b"0123456789abc\n\r\x0b\xff ")
@example(b"\n 0123456789abcdef\xff\r")
def test_random_bytes_are_a_key_as_they_are_or_refused(random):
    """What `os.urandom` returns may hold line ends and blanks anywhere, and none of it is lost."""
    if len(random) < LEAST_SECRET:
        with pytest.raises(ValueError, match="openssl rand -hex 32"):
            link_keys(random)
        return
    assert link_keys(random) == (random,)
    token = SignedLinks(random, "gift").sign({"a": 1}, ENDS)
    assert SignedLinks([LONG, random], "gift").read(token, START) == {"a": 1}


@pytest.mark.parametrize("around", ["{}\n", "\r\n{}\r\n", "  {} "])
def test_blanks_around_a_secret_change_nothing(around):
    """The line end behind what `openssl` has written makes no link a dead one."""
    link = PreviewLink(ends=ENDS)
    token = Previews(around.format(LONG)).token(link)
    assert Previews(LONG).read(token, START) is not None
    seal = SignedLinks(around.format(LONG).encode(), "gift")
    assert seal.read(SignedLinks(LONG, "gift").sign({"a": 1}, ENDS), START) == {"a": 1}


def test_a_time_without_a_zone_is_refused():
    """It would be another time on each machine, and a link would end hours too late or early."""
    seal = SignedLinks(LONG, "gift")
    token = seal.sign({"a": 1}, ENDS)
    with pytest.raises(ValueError, match="has no zone"):
        seal.read(token, START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="has no zone"):
        seal.sign({"a": 1}, ENDS.replace(tzinfo=None))
    assert seal.read(token, ENDS - timedelta(microseconds=1)) == {"a": 1}
    assert seal.read(token, ENDS) is None


@pytest.mark.parametrize("drafts", ["nodir", __file__])
def test_a_folder_of_drafts_is_there(drafts):
    """A slip in its name is told when the site starts, and not to an editor."""
    with pytest.raises(ValueError, match="`drafts` is a folder"):
        Previews(LONG, drafts=drafts)


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("new", "fewer than 16"),
        (["secret.txt", LONG], "name of a file"),
        (LONG, None),
        (iter([LONG, "old"]), None),
    ],
)
def test_a_weak_key_of_cookies_is_logged_and_goes_on(secret, words, caplog):
    """A site that runs with one goes on, or all its readers would start anew."""
    with caplog.at_level(logging.WARNING, logger="meter.web"):
        Gate(Paywall(loads_policy(POLICY), MemoryStore()), secret=secret)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == (words is not None)
    assert all(words in each and "secret=[new, old]" in each for each in told)
