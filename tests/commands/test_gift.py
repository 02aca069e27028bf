"""`meter gift`: staff make, list and end gift links for readers."""

from __future__ import annotations

import pytest

from meter import Article, load_policy, open_store
from meter.web.gifts import Gifts
from meter.web.signed import parameter

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[gifts]
per_month = 2
readers = 3
lasts = "14 days"
givers = ["registered", "subscriber"]

[[rules]]
name = "by right"
when = { covered = true }
show = "article"

[[rules]]
name = "everyone else"
show = "wall"
"""
SITE = "--store sqlite:///usage.db --secret-file secret.txt"
ADDRESS = "https://my.example/a1?page=2"


@pytest.fixture
def gift(meter, folder):
    """Run `meter gift` on a policy with gifts."""
    (folder / "policy.toml").write_text(POLICY)
    (folder / "secret.txt").write_text("the newest of the keys\nan older one of them\n")

    def run(words, *more):
        name, *rest = f"{words} {SITE}".split()
        return meter("gift", name, "policy.toml", *rest, *more)

    return run


def the_site(folder):
    """Return the gifts of the site that has this store and this secret."""
    store = open_store("sqlite:///usage.db")
    return Gifts(
        load_policy(folder / "policy.toml"),
        store,
        ["the newest of the keys", "an older one of them"],
    )


def test_a_link_that_is_made_opens_on_the_site(gift, folder):
    """And the list says how many have opened it, until it is ended by its address."""
    made = gift(f"make a1 --giver anna --address {ADDRESS}")
    link = made.out.strip()
    assert made.code == 0
    assert link.startswith(f"{ADDRESS}&gift=")
    assert "opens the article until" in made.err
    assert "Asia/Tokyo" in made.err
    site = the_site(folder)
    (record,) = site.given("anna")
    claimed = site.claimed(parameter(link, "gift"), Article(id="a1"), record.made)
    assert [site.open(claimed, name, record.made) for name in "abcd"] == [True, True, True, False]
    table = gift("list --giver anna").out
    assert record.id in table
    assert "3 of 3" in table
    (listed,) = gift("list --giver anna --format json").json["gifts"]
    assert listed == record.table() | {"opened": 3}
    assert gift("end", link).code == 0
    assert not site.open(claimed, "a", record.made)
    assert "ended" in gift("list --giver anna").out
    site._givers.store.close()


def test_json_has_everything_of_a_link(gift):
    """Without an address there is a token only."""
    link = gift("make a1 --giver anna --format json").json
    assert list(link) == ["id", "article", "address", "token", "made", "ends"]
    assert (link["article"], link["address"]) == ("a1", None)
    assert gift("make a1 --giver anna").out.strip() not in {link["token"], ""}
    assert gift(f"end {link['id']} --giver anna --format json").json == {"ended": True}


def test_a_gift_too_many_is_a_no(gift):
    """Exit code 1, and when the next one can be made; so is one of somebody who may not give."""
    for _ in range(2):
        assert gift("make a1 --giver anna").code == 0
    told = gift("make a1 --giver anna")
    assert (told.code, told.out) == (1, "")
    assert "all 2 gifts of this month; the next can be made from" in told.err
    told = gift("make a1 --giver bert --as trial")
    assert (told.code, told.out) == (1, "")
    assert "who is `trial` gives no articles" in told.err
    assert gift("make a1 --giver bert --as subscriber").code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("end 4bcfcbca2d121ffb6599", "its time is over; `meter gift list POLICY --giver ID` shows"),
        ("end 4bcfcbca2d121ffb6599 --giver bo", "this reader has made no such gift link"),
        ("make a1 --giver anna --address javascript:x", "is no address of an article"),
        ("make a1 --giver anna --store memory://", "is forgotten when this command ends"),
        ("make a1 --giver anna --as sbscriber", "did you mean `subscriber`?"),
        ("lst --giver anna", "there is no command `lst`; did you mean `list`?"),
    ],
)
def test_slips_are_told(gift, words, says):
    """With exit code 2, and nothing on stdout."""
    name, *more = words.split()
    told = gift(name, *more)
    assert (told.code, told.out) == (2, "")
    assert says in told.err


@pytest.mark.parametrize("line", ["make a1", "list", "end 4bcfcbca2d121ffb6599"])
@pytest.mark.parametrize("giver", ["", " "])
def test_an_empty_giver_is_told_by_its_option(gift, line, giver):
    """Rather than that a reader's id may not be empty, whoever that is."""
    told = gift(line, "--giver", giver)
    assert (told.code, told.out) == (2, "")
    assert "--giver" in told.err
    assert "write the id of a reader" in told.err


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_id_of_a_gift_is_in_one_piece(gift, columns, monkeypatch):
    """It is copied: whatever the terminal, and however long the article's id."""
    article = "2026/06/10/a-very-long-name-of-an-article-that-no-table-has-room-for"
    link = gift(f"make {article} --giver anna --format json").json
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = gift("list --giver anna").out.splitlines()
    assert [line.split()[0] for line in lines if link["id"][:4] in line] == [link["id"]]
    assert article[:8] in lines[2]


def test_a_file_without_a_secret_and_a_policy_without_gifts(gift, folder, meter):
    """Each says what is missing; no secret is ever printed."""
    (folder / "secret.txt").write_text("# nothing yet\n")
    told = gift("list --giver anna")
    assert (told.code, "holds no secret" in told.err) == (2, True)
    (folder / "secret.txt").write_text("the newest of the keys\n")
    (folder / "policy.toml").write_text(
        POLICY.partition("[gifts]")[0] + POLICY[POLICY.index("[[rules]]") :]
    )
    told = gift("make a1 --giver anna")
    assert (told.code, told.err) == (
        2,
        "error: the policy has no gifts; add a table `[gifts]` to it\n",
    )
    assert gift("list --giver anna").err == "this reader has given nothing that still runs\n"
