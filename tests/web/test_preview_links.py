"""How preview links are made and checked, what drafts do, and what the bar says."""

from __future__ import annotations

import gc
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from weakref import ref

import pytest
from attrs import evolve

from meter import loads_policy
from meter.vocabulary import Status
from meter.web.previews import PreviewError, PreviewLink, Previews
from meter.web.previews.drafts import DraftFolder
from meter.web.previews.link import most_read
from meter.web.signed import parameter
from tests.web.site import POLICY, START, Site, loaded

SECRET = "a-key-of-editors"
DAY = timedelta(days=1)
PAGE = "https://harbour.example/articles/a1"
OPEN = POLICY.replace('name = "else"\nshow = "wall"', 'name = "open"\nshow = "article"').replace(
    'name = "open"\nwhen', 'name = "free"\nwhen'
)
BROKEN = POLICY.replace('"The Harbour Review"', "3")
HOSTILE = """
[publication]
name = "x"
[meters.m]
window = { calendar = "month" }
limit = 1
[[rules]]
name = "<script>alert(1)</script> `"
when = { account = true }
show = "article"
[[rules]]
name = "</style><b>else"
show = "registration-wall"
"""


@pytest.fixture
def drafts(tmp_path):
    """A folder with a draft that opens everything."""
    (tmp_path / "spring.toml").write_text(OPEN, encoding="utf-8")
    return tmp_path


def made(previews, policy=None, address=PAGE, **said):
    """Return the link that somebody asks for, a day long unless said."""
    link = PreviewLink.asked(said.pop("ends", START + DAY), **said)
    return previews.make(address, link, policy or loaded(POLICY), START)


def codes(**said):
    """Return the codes and next steps of why there is no link."""
    with pytest.raises(PreviewError) as raised:
        made(Previews(SECRET), **said)
    return [(problem.code, problem.help) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("said", "code", "step"),
    [
        ({"used": {"montly": 1}}, "unknown-meter", "did you mean `monthly`?"),
        ({"used": {"monthly": 3}}, "bad-number", "write a number from 0 to 2"),
        ({"used": {"monthly": -1}}, "bad-number", "write a whole number such as `3`"),
        ({"status": "registred"}, "unknown-word", "did you mean `registered`?"),
        ({"country": "UK"}, "unknown-code", "did you mean `GB`?"),
        ({"draft": "../spring"}, "bad-name", "write `spring` for the file `spring.toml`"),
        ({"draft": "spring.toml"}, "bad-name", "write `spring` for the file `spring.toml`"),
        ({"at": datetime(1066, 10, 14, tzinfo=UTC)}, "bad-date", "check the year"),
        ({"at": datetime(2026, 10, 14)}, "no-offset", "it has no zone"),  # noqa: DTZ001
        ({"ends": START}, "bad-length", "write a length such as `1 day`, up to `30 days`"),
        ({"ends": START + 31 * DAY}, "bad-length", "write a length such as `1 day`"),
        ({"address": "/articles/a1"}, "bad-value", "write a whole one"),
        ({"address": "javascript:alert(1)"}, "bad-value", "write a whole one"),
        ({"address": "https://"}, "bad-value", "write a whole one"),
        ({"address": "https://[/"}, "bad-value", "write a whole one"),
        ({"address": "https://a.example/a b"}, "bad-value", "write a whole one"),
    ],
)
def test_what_cannot_be_is_told_when_the_link_is_made(said, code, step):
    """With a code and a next step."""
    ((found, advice),) = codes(**said)
    assert code == found
    assert advice.startswith(step)


def test_every_problem_is_told_at_once():
    """Not the first alone."""
    found = codes(used={"montly": 1, "monthly": 9}, country="EU", ends=START + 99 * DAY)
    assert ["bad-length", "unknown-meter", "bad-number", "unknown-code"] == [c for c, _ in found]


def test_who_has_an_account_may_have_read_as_somebody_else():
    """A strangers' count ends at the strangers' limit; a lapsed reader had a larger one."""
    policy = loads_policy(
        POLICY.replace("anonymous = 2, registered = 4", "anonymous = 2, subscriber = 9")
    )
    assert 2 == most_read(policy, "monthly", "anonymous")
    assert 9 == most_read(policy, "monthly", "subscription-expired")
    assert made(Previews(SECRET), policy, status="registered", used={"monthly": 9})


def test_a_link_takes_the_place_of_another_and_keeps_the_rest():
    """The address of a page that is previewed already may be given."""
    previews = Previews(SECRET)
    first = made(previews, address=f"{PAGE}?page=2&preview=old#top", status="staff")
    assert first.startswith(f"{PAGE}?page=2&preview=")
    assert first.endswith("#top")
    second = made(previews, address=first, status="trial")
    token = parameter(second, "preview")
    assert "trial" == previews.read(token, START).link.status
    assert 1 == second.count("preview=")


def test_a_link_that_would_be_too_long_is_an_error():
    """Told as any other."""
    names = [sha256(bytes([number])).hexdigest() for number in range(49)]
    form = '[meters.{}]\nwindow = {{ calendar = "month" }}\nlimit = 1\n'
    meters = "".join(form.format(name) for name in names)
    policy = loads_policy(POLICY.replace("[meters.monthly]", f"{meters}[meters.monthly]"))
    used = {meter.name: 1 for meter in policy.meters}
    with pytest.raises(PreviewError, match="too-large"):
        made(Previews(SECRET), policy, used=used)


def shown(previews, link, name="a1", access="premium"):
    """Return what a page shows by a link, and the words of its bar."""
    site = Site(settings={"secret": "new", "previews": previews})
    answer = site.visit(url=f"/?preview={previews.token(link)}").open(name)
    return str(answer.decision.show), words_of(answer.bar)


class Words(HTMLParser):
    """The text of a page, and its elements; not its styles."""

    def __init__(self):
        super().__init__()
        self.text, self.tags, self.ended = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        self.ended.append(tag)

    def handle_data(self, data):
        if self.tags[-1:] != ["style"] or self.ended[-1:] == ["style"]:
            self.text.append(data)


def words_of(html):
    """Return the text of a piece of HTML, its blanks made one."""
    parser = Words()
    parser.feed(str(html))
    return re.sub(r"[|\s]+", " ", "|".join(parser.text)).strip()


def test_a_draft_decides_and_the_bar_says_so(drafts):
    """Read again when its file changes."""
    previews = Previews(SECRET, drafts=drafts)
    link = PreviewLink(ends=START + DAY, draft="spring", used={"monthly": 2})
    show, words = shown(previews, link)
    assert "article" == show
    assert "the draft spring" in words
    (drafts / "spring.toml").write_text(POLICY + "\n", encoding="utf-8")
    assert "subscription-wall" == shown(previews, link)[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BROKEN, "cannot be used, so the policy in force decides: line 3,"),
        (
            None,
            "There is no draft spring : this site's folder of drafts has no spring.toml . The",
        ),
    ],
)
def test_a_broken_draft_is_told_and_the_policy_in_force_decides(drafts, text, says):
    """With the line, and without a path of the site's machine."""
    (drafts / "sprang.toml").write_text(OPEN, encoding="utf-8")
    path = drafts / "spring.toml"
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    link = PreviewLink(ends=START + DAY, draft="spring", used={"monthly": 2})
    show, words = shown(Previews(SECRET, drafts=drafts), link)
    assert "subscription-wall" == show
    assert says in words
    assert ("Did you mean sprang ?" in words) == (text is None)
    assert str(drafts) not in words


def test_a_site_without_drafts_says_so():
    """The policy in force decides."""
    link = PreviewLink(ends=START + DAY, draft="spring", used={"monthly": 2})
    show, words = shown(Previews(SECRET), link)
    assert "subscription-wall" == show
    assert "This site reads no drafts" in words


def test_a_link_is_checked_against_its_draft(drafts):
    """Where the folder is known; else against the policy in force."""
    more = OPEN.replace("anonymous = 2", "anonymous = 7")
    (drafts / "spring.toml").write_text(more, encoding="utf-8")
    said = {"draft": "spring", "used": {"monthly": 7}}
    assert made(Previews(SECRET, drafts=drafts), **said)
    with pytest.raises(PreviewError, match="at most 2"):
        made(Previews(SECRET), **said)
    with pytest.raises(PreviewError, match=r"no-such-file.*(\n.*)did you mean"):
        made(Previews(SECRET, drafts=drafts), draft="sprin")


def test_a_policy_that_has_changed_since_is_told():
    """A meter that is gone is left out; a count that nobody can have any more is told."""
    link = PreviewLink(ends=START + DAY, used={"weekly": 1, "monthly": 4})
    show, words = shown(Previews(SECRET), link)
    assert "subscription-wall" == show
    assert "has no meter weekly : what was read on it is left out" in words
    assert "such a reader can have read at most 2: make a new link" in words


def test_the_bar_says_who_when_and_why():
    """In words, in the publication's zone, with the reason of `explain`."""
    previews = Previews(SECRET)
    policy = loads_policy(POLICY.replace('timezone = "UTC"', 'timezone = "Asia/Tokyo"'))
    link = PreviewLink(
        status="registered",
        used={"monthly": 4},
        country="se-m",
        at=datetime(2026, 12, 23, 15, tzinfo=UTC),
        ends=START + DAY,
    )
    site = Site(policy=policy, settings={"secret": "new", "previews": previews})
    answer = site.visit(url=f"/?preview={previews.token(link)}").open("a1")
    words = words_of(answer.bar)
    assert words.startswith(
        "Preview: a registered reader, has read 4 on monthly, in Sweden (SE-M), on 24 December 2026"
    )
    for row in (
        "Reader: a registered reader ( registered )",
        "Read before this page: 4 on monthly",
        "Country: Sweden ( SE-M )",
        "Date: Thursday 24 December 2026, 00:00 (Asia/Tokyo)",
        "Policy: the one in force",
        "Link valid until: Thursday 11 June 2026, 18:00 (Asia/Tokyo)",
        "The page shows the teaser and a subscription wall ( subscription-wall ), by the rule",
        "monthly : 4 of 4 used, 0 left; more from Friday 1 January 2027, 00:00 (Asia/Tokyo).",
        "not rule 4 on the meter : nothing is left of monthly",
        "Links on this page lead to the ordinary pages.",
    ):
        assert row in words, row


COUNTING = ("countdown", "last-free-article")


def test_the_bar_is_in_words_of_editors():
    """No times of a log, nothing that machines are told, and what a page counts is said."""
    text = POLICY.replace('show = "wall"', 'show = "wall"\nmachines = { price = "USD 0.01" }')
    settings = {"secret": "new", "previews": Previews(SECRET)}
    site = Site(policy=loads_policy(text), settings=settings)
    for status in Status:
        for used in ({}, {"monthly": 2}):
            link = PreviewLink(ends=START + DAY, status=status, used=used)
            url = f"/?preview={Previews(SECRET).token(link)}"
            answer = site.visit(url=url).open("a1")
            words = words_of(answer.bar)
            assert not re.search(r"[0-9]T[0-9]|machines|is (not )?set|[(]a preview[)]", words), (
                words
            )
            assert "The page shows the " in words
            assert ("with this page" in words) == (str(answer.decision.show) in COUNTING)


def test_words_of_a_policy_are_no_html():
    """Names of rules are text, whatever stands in them; and there is no script."""
    previews = Previews(SECRET)
    site = Site(policy=loads_policy(HOSTILE), settings={"secret": "new", "previews": previews})
    for status in ("anonymous", "registered"):
        link = PreviewLink(ends=START + DAY, status=status)
        bar = site.visit(url=f"/?preview={previews.token(link)}").open("a1").bar
        parser = Words()
        parser.feed(str(bar))
        assert {
            "section",
            "style",
            "p",
            "b",
            "div",
            "dl",
            "dt",
            "dd",
            "ul",
            "li",
            "code",
            "details",
            "summary",
        } >= {*parser.tags}
        assert parser.tags.count("style") == parser.ended.count("style") == 1


def test_no_draft_is_read_for_a_forged_link(drafts):
    """What is not signed leads to no file."""
    previews = Previews(SECRET, drafts=drafts)
    token = Previews("the key of another").token(PreviewLink(ends=START + DAY, draft="spring"))
    assert previews.read(token, START) is None
    link = PreviewLink(ends=START + DAY)
    with pytest.raises(ValueError, match="bare name"):
        evolve(link, draft="../../etc/passwd")


def test_only_drafts_that_there_are_are_kept(tmp_path):
    """However many names are asked for; also one that was there, and is again."""
    folder = DraftFolder(tmp_path)
    kept = folder.draft("spring")
    assert kept.is_missing
    gone = ref(kept)
    del kept
    gc.collect()
    assert gone() is None
    (tmp_path / "spring.toml").write_text(POLICY)
    assert folder.draft("spring").policy == loaded(POLICY)
    assert folder.draft("spring") is folder.draft("spring")
    was = ref(folder.draft("spring"))
    (tmp_path / "spring.toml").unlink()
    assert folder.draft("spring").is_missing
    gc.collect()
    assert was() is None


def test_links_need_a_secret():
    """None at all, or an empty one, is told when the site starts."""
    for secret in ("", [], ["", "a"]):
        with pytest.raises(ValueError, match="`secret`"):
            Previews(secret)
