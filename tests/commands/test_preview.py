"""`meter preview` prints a link that the site of the same secret opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from meter.clock import system_clock
from meter.web.previews import Previews
from meter.web.signed import parameter

SECRET = "c0ffee" * 8
LINE = ("preview", "policy.toml", "--address", "https://harbour.example/articles/a1")


@pytest.fixture
def link(meter, folder):
    """Ask for a link with more options; return what is printed where, and the exit code."""
    (folder / "secret.txt").write_text(f"# of editors\n\n{SECRET}\nan-older-one-of-them\n")

    def run(*more):
        answer = meter(*LINE, "--secret-file", "secret.txt", *more)
        return answer.code, answer.out, answer.err

    return run


def read(out):
    """Return what a printed link says, as a site with the secret reads it."""
    token = parameter(out.strip(), "preview")
    return Previews(SECRET).read(token, system_clock()).link


def test_the_link_says_what_was_asked_for(link):
    """One line on stdout; until when, on stderr. A day is of the publication's zone."""
    words = ("--as", "registered", "--used", "monthly=3", "--country", "jp", "--at", "2026-12-24")
    code, out, err = link(*words, "--lasts", "2 days", "--draft", "christmas")
    said = read(out)
    assert (0, 1) == (code, out.count("\n"))
    assert out.startswith("https://harbour.example/articles/a1?preview=")
    assert ("registered", {"monthly": 3}, "JP") == (said.status, said.used, said.country)
    assert datetime(2026, 12, 23, 15, tzinfo=UTC) == said.at
    assert "christmas" == said.draft
    assert timedelta(hours=47) < said.ends - system_clock() <= timedelta(days=2)
    first, second = err.splitlines()
    assert first.startswith("valid for every page of the site, until ")
    assert first.endswith(" Asia/Tokyo")
    assert "nobody looked whether there is a draft `christmas`" in second


def test_without_more_it_is_a_day_and_whenever_it_is_opened(link):
    """Nothing read, no country, no date, no draft."""
    said = read(link("--as", "staff")[1])
    assert ({}, None, None, None) == (said.used, said.country, said.at, said.draft)
    assert said.ends - system_clock() <= timedelta(days=1)


def test_a_draft_that_is_not_beside_the_policy_is_told(link, folder):
    """`drafts` beside the policy is looked at without being named."""
    (folder / "drafts").mkdir()
    (folder / "drafts" / "spring.toml").write_text((folder / "policy.toml").read_text())
    code, out, err = link("--as", "staff", "--draft", "sping")
    assert (2, "") == (code, out)
    assert "sping.toml" in err
    assert "did you mean" in err
    assert 0 == link("--as", "staff", "--draft", "spring")[0]


def test_a_draft_is_checked_where_its_folder_is_named(link, folder):
    """A count that only the draft's limit allows; and the draft's own mistakes."""
    text = (folder / "policy.toml").read_text()
    (folder / "later").mkdir()
    (folder / "later" / "more.toml").write_text(text.replace("anonymous = 3", "anonymous = 9"))
    words = ("--as", "anonymous", "--used", "monthly=9", "--draft", "more")
    assert 2 == link(*words)[0]
    assert 0 == link(*words, "--drafts", "later")[0]
    code, out, err = link(*words[:-1], "mor", "--drafts", "later")
    assert (2, "") == (code, out)
    assert "error[no-such-file]" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--as", "staff", "--used", "montly=3"), "did you mean `monthly`?"),
        (("--as", "anonymous", "--used", "monthly=99"), "write a number from 0 to 3"),
        (("--as", "staff", "--used", "monthly"), "`monthly` is no count"),
        (("--as", "staff", "--used", "monthly=-3"), "`monthly=-3` is no count"),
        (("--as", "staff", "--used", "monthly=1", "--used", "monthly=2"), "is given twice"),
        (("--as", "boss"), "boss"),
        (("--as", "staff", "--country", "UK"), "did you mean `GB`?"),
        (("--as", "staff", "--at", "christmas"), "`christmas` is neither a day nor a time"),
        (("--as", "staff", "--lasts", "31 days"), "at most 30 days"),
        (("--as", "staff", "--lasts", "soon"), "`soon` is not a length"),
        (("--as", "staff", "--draft", "a/b"), "write `spring` for the file `spring.toml`"),
        (("--as", "staff", "--address", "/a1"), "is not the address of a page"),
    ],
)
def test_what_cannot_be_is_refused(link, words, says):
    """Exit code 2, nothing on stdout, and the next step; the secret is never told."""
    code, out, err = link(*words)
    assert (2, "") == (code, out)
    assert says in err
    assert SECRET not in err


def test_a_file_without_a_secret(link, folder):
    """Told with how to make one."""
    (folder / "secret.txt").write_text("# nothing here\n")
    code, out, err = link("--as", "staff")
    assert (2, "") == (code, out)
    assert "`secret.txt` holds no secret; write a long random line" in err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("short", "has fewer than 16 characters, so it can be guessed; `openssl rand -hex 32`"),
        ("preview-secret.txt", "is the name of a file"),
    ],
)
def test_a_weak_secret_is_told_with_its_line_and_not_quoted(link, folder, line, words):
    """Whoever could guess it would read every page."""
    (folder / "secret.txt").write_text(f"# of editors\n{SECRET}\n{line}\n")
    code, out, err = link("--as", "staff")
    assert (code, out) == (2, "")
    assert f"secret.txt:3: the secret in this line {words}" in err
    assert line not in err
