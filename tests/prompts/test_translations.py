"""Languages of a publisher's own: their texts in the policy, and what stands in for them."""

from __future__ import annotations

import json
import re

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import PolicyError, loads_policy, render
from meter.canonical import to_table
from meter.loading import check_text, dumps_policy
from meter.policy import Copy, Policy, Publication, Rule
from meter.policy.languages import COUNTED, known_fields, text_faults
from meter.policy.languages.catalogue import TEXTS
from meter.prompts.folder import folder_problems
from meter.prompts.texts import load_texts
from meter.resources.languages import fields_everywhere, lenders, missing_texts, shipped_texts
from meter.resources.locales import lineage, plurals_of, with_fallbacks
from meter.verify import changes
from tests.prompts.staging import LANGUAGES, Stage, make_offer, make_policy

DANISH = {
    "left": {
        "one": "Du har {n} gratis artikel tilbage {period}",
        "other": "Du har {n} gratis artikler tilbage {period}",
    },
    "period": {"month": "i denne måned"},
}
TAGS = ["da", "de", "de-CH", "de-AT", "en", "en-GB", "fo", "nb", "nb-NO", "nn", "no", "sr-Latn"]


def staged(copies=None, *, locale="en", fallback=None) -> Stage:
    """A stage whose policy has texts of its own, and chains."""
    policy = make_policy(offer=make_offer())
    publication = evolve(policy.publication, locale=locale, fallback=fallback or {})
    copies = {tag: Copy(texts=texts) for tag, texts in (copies or {}).items()}
    return Stage(evolve(policy, publication=publication, copy=copies))


def first(stage: Stage, locale: str, count: int = 1) -> str:
    """The first line of a prompt."""
    decision = stage.read(count)
    return render(decision, stage.policy, locale=locale, format="text").splitlines()[0]


def test_a_policy_brings_a_language():
    """With its plural forms, where no folder is."""
    stage = staged({"da": DANISH})
    assert "Du har 4 gratis artikler tilbage i denne måned" == first(stage, "da-GL")
    assert "Du har 1 gratis artikel tilbage i denne måned" == first(stage, "da", 4)
    assert "You have 4 free articles left this month" == first(stage, "fo")


def test_a_policy_changes_words_of_ours_and_of_the_folders(tmp_path):
    """Its own are said before the folder's, those before ours."""
    (tmp_path / "texts").mkdir()
    path = tmp_path / "texts" / "en.toml"
    path.write_text('[offer]\nends = "Folder {day}"\nrenews = "Folder"\n')
    stage = staged({"en": {"offer": {"ends": "Policy {day}"}}})
    texts = load_texts(("en",), tmp_path, stage.policy)
    assert "Policy x" == texts.say("offer", "ends", day="x")
    assert "Folder" == texts.say("offer", "renews")
    assert "See all offers" == texts.say("offer", "all")


def test_a_language_is_filled_up_from_what_it_inherits_from(tmp_path):
    """Swiss German has German under it, in the policy and in a folder, not English."""
    stage = staged({"de-CH": {"offer": {"all": "Alle Angebote, Grüezi"}}})
    said = render(stage.read(1), stage.policy, locale="de-CH", format="text")
    assert said.startswith("Noch 4 kostenlose Artikel")
    assert "Grüezi" in said
    assert "Grüezi" not in render(stage.read(1), stage.policy, locale="de-AT", format="text")
    german = {"bar": {"open": "Mehr dazu"}}
    both = staged({"de": german, "de-CH": {"bar": {"close": "Zumachen"}}})
    texts = load_texts(("de-CH",), None, both.policy)
    assert {"open": "Mehr dazu", "close": "Zumachen"} == texts.tables["bar"]
    assert texts.say("offer", "renews") == shipped_texts()["de"]["offer"]["renews"]
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "de-CH.toml").write_text('[offer]\nall = "Grüezi"\n', encoding="utf-8")
    plain = staged()
    said = render(plain.read(1), plain.policy, locale="de-CH", format="text", folder=tmp_path)
    assert said.startswith("Noch 4 kostenlose Artikel")


def test_what_a_language_leaves_out_is_said_in_its_chain():
    """With the plural forms of the language that lends it; else in English."""
    bar = {"bar": {"open": "a"}}
    assert "You have 4 free articles left this month" == first(staged({"fo": bar}), "fo")
    chained = staged({"fo": bar}, fallback={"fo": ("xx", "nb")})
    assert "Du har 4 gratisartikler igjen denne måneden" == first(chained, "fo")
    # Icelandic takes 21 for one, Polish for many: the sentence is Polish.
    texts = load_texts(("is",), None, staged({"is": bar}, fallback={"is": ("pl",)}).policy)
    assert "Pozostało Ci 21 bezpłatnych artykułów" == texts.count("left", 21, period="")


def test_a_chain_lends_what_is_the_publishers_own():
    """A Faroese sentence that is not there is Danish, also where Danish does not ship."""
    bar = {"bar": {"open": "a"}}
    copies = {"fo": {**bar, "benefits": {"1": "Alt"}}, "da": {**DANISH, "benefits": {"1": "b"}}}
    stage = staged(copies, fallback={"fo": ("da", "nb")})
    assert "Du har 4 gratis artikler tilbage i denne måned" == first(stage, "fo")
    texts = load_texts(("fo",), None, stage.policy)
    assert {"1": "Alt"} == texts.tables["benefits"]
    # What Danish leaves out as well is said in the next.
    norwegian = shipped_texts()["nb"]["subscription-wall"]["action"]
    assert norwegian == texts.say("subscription-wall", "action", publication="")
    lent = load_texts(("fo",), None, staged({**copies, "fo": bar}, fallback={"fo": ("da",)}).policy)
    assert {"1": "b"} == lent.tables["benefits"]


def test_what_is_missing_is_told_with_the_languages_that_say_it():
    """Each text by the first of the chain that has it."""
    copies = {"fo": {"bar": {"open": "a"}}, "da": DANISH}
    policy = staged(copies, fallback={"fo": ("da", "nb")}).policy
    missing = [text for text in missing_texts(policy, "fo") if not text.is_spared]
    assert ("da", "nb") == lenders(policy, "fo", missing)
    assert ("en",) == lenders(staged(copies).policy, "fo", missing)


AROUND = """
[publication]
name = "H"
[prompts.ask]
heading = "Ask"
[copy]
headline = "Hello"
pitch = "All of it"
[copy.de]
headline = "Hallo"
pitch = "Alles"
[copy.de-CH]
headline = "Grüezi"
[copy.de-AT.texts.bar]
open = "Mehr"
[copy.fr.prompts.ask]
heading = "Demande"
[[rules]]
name = "a"
show = "subscription-wall"
"""


def test_words_around_a_prompt_are_those_of_what_a_language_inherits_from():
    """A country that says one thing otherwise says the rest as its language does."""
    policy = loads_policy(AROUND)
    decision = Stage(policy).read(1)
    for locale, expected in {
        "de-CH": ("Grüezi", "Alles", "de-CH"),
        "de-AT": ("Hallo", "Alles", "de"),
        "fr": ("Hello", "All of it", "en"),
    }.items():
        parts = json.loads(render(decision, policy, locale=locale, format="json"))
        assert expected == (parts["headline"], parts["pitch"], parts["copy_lang"])


def test_benefits_of_a_country_are_those_of_its_language():
    """Those of `de` lie under `de-CH`; where that has a list of its own, it is the whole list."""
    german = AROUND.replace("[copy.de]", '[copy.de]\nbenefits = ["Alle Artikel", "Ein Rätsel"]')
    swiss = german.replace("[copy.de-CH]", '[copy.de-CH]\nbenefits = ["Alle Beiträge"]')
    told = []
    for text in (german, swiss):
        policy = loads_policy(text)
        decision = Stage(policy).read(1)
        told.append(json.loads(render(decision, policy, locale="de-CH", format="json"))["benefits"])
    assert told == [["Alle Artikel", "Ein Rätsel"], ["Alle Beiträge"]]


def test_a_language_without_words_around_a_prompt_is_told():
    """At that language; one that inherits them, or whose chain has them, lacks none."""
    chained = AROUND.replace('name = "H"\n', 'name = "H"\nfallback = { fr = ["de"] }\n')
    told = [
        [one.message for one in check_text(each)[1] if "headline" in one.message]
        for each in (AROUND, chained)
    ]
    expected = (
        "the words in `fr` leave out `headline` and `pitch`, so readers see those of another"
        " language instead"
    )
    assert told == [[expected], []]


def test_a_list_of_ones_own_is_not_filled_up_from_another_language():
    """A paper with one benefit has one."""
    stage = staged({"da": {"benefits": {"1": "Alt"}}})
    assert {"1": "Alt"} == load_texts(("da",), None, stage.policy).tables["benefits"]


def test_a_chain_comes_before_the_next_language_of_the_reader():
    """A browser sends English at its end, and that is not what is read best."""
    chains = {"fo": ("da", "nb")}
    stage = staged(locale="ja", fallback=chains)
    assert "Du har 4 gratisartikler igjen denne måneden" == first(stage, "fo-FO, en;q=0.5")
    assert first(staged(locale="ja"), "fo-FO, en;q=0.5").startswith("You have 4 free articles")
    assert first(stage, "kl").startswith("今月")


def test_a_chain_of_the_publications_own_language_counts():
    """A language that does not ship has something else around its words."""
    stage = staged(locale="gsw", fallback={"gsw": ("de",)})
    assert first(stage, "kl").startswith("Noch 4 kostenlose Artikel")


def test_chains_serve_what_is_the_publishers_own():
    """Headlines, and the words of declared prompts where a rule names one."""
    policy = loads_policy("""
[publication]
name = "H"
fallback = { nb = ["da"] }
[prompts.ask]
heading = "Ask"
[copy]
headline = "Hello"
[copy.da]
headline = "Hej"
[copy.da.prompts.ask]
heading = "Spørg"
[[rules]]
name = "a"
show = "subscription-wall"
""")
    stage = Stage(policy)
    parts = json.loads(render(stage.read(1), policy, locale="nb", format="json"))
    assert ("Hej", "da") == (parts["headline"], parts["copy_lang"])
    asking = Stage(evolve(policy, rules=[evolve(policy.rules[0], prompt="ask")]))
    assert "Spørg" == first(asking, "nb")


@given(
    wanted=st.lists(st.sampled_from(TAGS), max_size=4),
    chains=st.dictionaries(
        st.sampled_from(TAGS), st.lists(st.sampled_from(TAGS), min_size=1, max_size=3).map(tuple)
    ),
)
def test_a_chain_stands_right_after_its_language(wanted, chains):
    """Nothing that is wanted is lost, nothing twice, and nothing comes that nobody named."""
    found = with_fallbacks(wanted, chains)
    named = {tag for chain in chains.values() for tag in chain}
    if chains:
        assert len(found) == len({*found})
    assert {*wanted} <= {*found} <= {*wanted} | named
    if wanted:
        own = lineage(wanted[0], chains)[:1]
        expected = dict.fromkeys((wanted[0], *(tag for key in own for tag in chains[key])))
        assert tuple(expected) == found[: len(expected)]
    assert tuple(wanted) == with_fallbacks(wanted, {})


@given(tag=st.sampled_from(TAGS), known=st.sets(st.sampled_from(TAGS)))
def test_a_lineage_is_of_one_language_and_script(tag, known):
    """The nearest first: what is written alike, and never another country."""
    found = lineage(tag, known)
    assert {*found} <= known
    assert tag not in known or found[0] == tag
    assert not {"de-CH", "de-AT"} & {*found} - {tag}
    assert all(each.split("-")[0] in (tag.split("-")[0], "no", "nb") for each in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_knows_every_text_that_ships(language):
    """Nothing in a file of ours is refused in a policy."""
    assert [] == list(text_faults(shipped_texts()[language]))


def test_the_catalogue_has_no_table_that_english_lacks():
    """But sentences for single nouns, which some languages need."""
    extra = {*TEXTS, *COUNTED, "benefits"} - shipped_texts()["en"].keys()
    assert all(re.fullmatch(r"noun-(any|last|every)-(hours|days)", table) for table in extra)


@pytest.mark.parametrize("table", sorted(COUNTED))
def test_every_field_of_a_counted_text_is_filled_in(table):
    """What the catalogue allows fails in no prompt: each field has a value where it is said."""
    assert fields_everywhere(table, None) <= COUNTED[table]
    assert known_fields(table, "other") == COUNTED[table]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_that_ships_lacks_a_text(language):
    """Whatever the policy."""
    for policy in (make_policy(offer=make_offer()), make_policy(limit={"registered": 3})):
        assert () == missing_texts(policy, language)


def test_a_number_of_fractions_or_millions_is_not_asked_for():
    """No reader has a million free articles."""
    assert {"one", "other"} == plurals_of("fr").counted
    assert {"one", "few", "other"} == plurals_of("cs").counted
    assert {"one", "few", "many"} == plurals_of("pl").counted
    assert {"one", "two", "few", "many", "other"} == plurals_of("ar").counted
    assert plurals_of("xx") is None


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ('[copy.da.texts.lft]\nother = "a"\n', "unknown-text"),
        ('[copy.da.texts.offer]\nennds = "a"\n', "unknown-text"),
        ('[copy.da.texts.noun-recipe]\n1 = "a"\nother = "b"\n', "unknown-text"),
        ('[copy.da.texts.left]\nother = "{used}"\n', "unknown-field"),
        ('[copy.da.texts.left]\none = "a"\n', "missing-plural"),
        ("[copy.da.texts.left]\nother = 1\n", "wrong-type"),
        ('[copy.da.texts]\nleft = "a"\n', "wrong-type"),
    ],
)
def test_a_text_that_would_fail_before_a_reader_is_refused(texts, code):
    """At its place, also where the policy is made in Python."""
    rules = '[[rules]]\nname = "a"\nshow = "article"\n'
    text = f'[publication]\nname = "H"\n{texts}{rules}'
    _, problems = check_text(text)
    assert [code] == [problem.code for problem in problems]
    assert problems[0].line in (3, 4, 5)


def test_chains_are_held_to_locales():
    """Each language once, none itself, and each one that CLDR knows."""
    rules = '[[rules]]\nname = "a"\nshow = "article"\n'
    for chains, code in {
        '{ nb = ["nb"] }': "duplicate-name",
        '{ nb = ["da", "da"] }': "duplicate-name",
        '{ nb = ["jp"] }': "unknown-locale",
        '{ jp = ["nb"] }': "bad-name",
        "{ nb = [] }": "empty-list",
        '{ nb = "da" }': "wrong-type",
    }.items():
        _, problems = check_text(f'[publication]\nname = "H"\nfallback = {chains}\n{rules}')
        assert [code] == [problem.code for problem in problems], chains
        assert 3 == problems[0].line
    with pytest.raises(PolicyError, match="names `nb` itself"):
        Policy(
            publication=Publication(name="H", fallback={"nb": ["nb"]}),
            rules=[Rule(name="a", show="article")],
        )


def test_a_policy_is_written_and_read_again_with_its_languages():
    """And one without them is what it was, to the byte."""
    stage = staged({"da": DANISH}, fallback={"fo": ("da", "nb")})
    assert stage.policy == loads_policy(dumps_policy(stage.policy))
    assert stage.policy.digest != staged({"da": DANISH}).policy.digest
    plain = to_table(make_policy())
    assert "fallback" not in plain["publication"]
    assert all("texts" not in copy for copy in plain.get("copy", {}).values())


def test_a_difference_of_languages_is_told():
    """Texts and chains, each with what it was."""
    old, new = (staged({"da": DANISH}, fallback={"fo": c}).policy for c in (("da",), ("nb",)))
    rows = [(row.about, row.who, row.before, row.after) for row in changes(old, new).rows]
    assert [("languages", "what stands in for `fo`", '`["da"]`', '`["nb"]`')] == rows
    (row,) = changes(staged().policy, staged({"da": {"bar": {"open": "Mere"}}}).policy).rows
    assert ("not said", '`{ open = "Mere" }`') == (row.before, row.after)


def test_a_file_of_texts_is_looked_into(tmp_path):
    """Unknown texts and odd plural forms are warnings, what would fail is an error."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "pl.toml").write_text(
        '[left]\none = "{n}"\nother = "{n} {x}"\n[ lft ]\none = "a"\n[used]\nfew = "a"\ntwo = "b"\n'
        '[offer]\n  ennds = "a"\n'
    )
    found = {(p.code, p.line, p.severity) for p in folder_problems(tmp_path)}
    assert found == {
        ("unknown-field", 3, "error"),
        ("unknown-text", 4, "warning"),
        ("copy-gap", 1, "warning"),
        ("missing-plural", 6, "error"),
        ("unused-plural", 6, "warning"),
        ("unknown-text", 10, "warning"),
    }


def ids_of(html: str) -> set[str]:
    """Every id of a prompt."""
    return set(re.findall(r'\bid="([^"]+)"', html))


@pytest.mark.parametrize("layout", ["wide", "narrow", "bar"])
def test_the_same_prompt_twice_on_a_page_shares_no_id(layout):
    """Each refers to its own, and without a place nothing is other than it was."""
    stage = staged()
    decision = stage.read(1)
    one = render(decision, layout=layout)
    two = render(decision, layout=layout, place="below")
    assert not ids_of(one) & ids_of(two)
    assert one == two.replace("-below", "")
    for html in (one, two):
        assert set(re.findall(r'aria-labelledby="([^"]+)"', html)) <= ids_of(html)


@pytest.mark.parametrize("place", ["", 'a"', "a b", "<b>", 1, "x" * 65])
def test_a_place_is_a_name(place):
    """It ends an id, and nothing else."""
    stage = staged()
    with pytest.raises(ValueError, match="`place` is a name such as `below`"):
        render(stage.read(1), place=place)
