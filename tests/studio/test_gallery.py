"""The gallery shows every prompt of a policy, as the engine and `render` give it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from attrs import evolve

from meter import load_policy, loads_policy, render
from meter.errors import MeterError
from meter.journeys import Journey
from meter.resources import template_root
from meter.resources.languages import language_status, shipped_languages
from meter.studio.frames import article_page, article_text
from meter.studio.gallery import gallery_page, situations, survey
from meter.studio.gallery.ids import with_own_ids
from meter.studio.gallery.page import LAYOUTS, SCHEMES

SAMPLE = template_root() / "sample" / "policy.toml"
MODELS = sorted((template_root() / "models").iterdir(), key=lambda folder: folder.name)
PUBLICATION = '[publication]\nname = "The Harbour Review"\n'
LAST = '\n[[rules]]\nname = "everyone else"\nshow = "wall"\n'


@pytest.fixture(scope="module")
def policy():
    """The policy that ships."""
    return load_policy(SAMPLE)


def seen(decision):
    """What of a decision makes another prompt."""
    return decision.rule, decision.show, decision.prompt, decision.offers


def test_every_prompt_of_the_sample_is_there(policy):
    """Each show a rule can give, with and without its offer, at each of the counts."""
    within = "within the monthly allowance"
    found = {(one.rule, str(one.show), one.count, one.decision.offer) for one in situations(policy)}
    trials = ("summer", "first-month")
    left = "whoever has left may come back"
    assert {
        ("sponsored content is open and says so", "article", None, None),
        ("free articles are open", "article", None, None),
        *((left, "trial-expired", None, offer) for offer in (None, "come-back")),
        *((left, "subscription-expired", None, offer) for offer in (None, "come-back")),
        *((within, "countdown", n, offer) for n in (21, 5, 2, 1) for offer in (None, *trials)),
        *((within, "last-free-article", 0, offer) for offer in (None, *trials)),
        ("registering brings two more", "registration-wall", 0, None),
        *(("everyone else", "trial-offer", n, offer) for n in (0, None) for offer in trials),
        *(("everyone else", "subscription-wall", count, None) for count in (0, None)),
    } == found


def test_a_count_is_real_where_the_limit_reaches_it(policy):
    """Of three or five articles, one or two can be left; five and 21 are made up, and told so."""
    reached = {one.count: one.is_reached for one in situations(policy) if one.show == "countdown"}
    assert {21: False, 5: False, 2: True, 1: True} == reached
    for one in situations(policy):
        reading = one.decision.meter
        assert reading is None or reading.left + reading.used == reading.limit


@pytest.mark.parametrize("model", MODELS, ids=lambda folder: folder.name)
def test_no_reader_meets_a_prompt_that_is_not_there(model):
    """Whatever prompts the readers of a model's journey get, the gallery has them."""
    policy = load_policy(model / "policy.toml")
    shown = {seen(one.decision) for one in situations(policy)}
    journey = Journey.load(model / f"{model.name}.journey.toml")
    met = {
        seen(step.decision)
        for step in journey.run(policy)
        if step.decision is not None and step.decision.prompt is not None
    }
    assert met - shown == set()


def test_a_search_finds_nothing_that_the_exact_answer_has_not(policy):
    """Where a policy is too large to be laid out, readers are tried; each prompt is a real one."""
    exact = survey(policy)
    searched = survey(policy, steps=1)
    assert (True, False) == (exact.is_exact, searched.is_exact)
    assert {seen(one.decision) for one in exact.situations} == {
        seen(one.decision) for one in searched.situations
    }


def test_prompts_of_another_position_of_a_switch_say_so():
    """A prompt that is only there once the desk turns a switch names it; the others do not."""
    policy = loads_policy(
        f"{PUBLICATION}[switches]\nstorm = false\n[[rules]]\nname = "
        '"storm"\nwhen = { switch = ["storm"] }\nshow = "registration-wall"\n' + LAST
    )
    turned = {str(one.show): one.turned for one in situations(policy)}
    assert "" == turned["subscription-wall"]
    assert "the switch `storm` on" == turned["registration-wall"]


def test_what_nobody_sees_is_told():
    """A rule that never decides, an offer that never shows, and rules that say nothing."""
    found = survey(
        loads_policy(
            f"{PUBLICATION}[offers.late]\nkind = 'subscription'\nprice = 5\ncurrency = 'USD'\n"
            "term = '1 month'\n[[rules]]\nname = 'free'\nwhen = { access = ['free'] }\n"
            "show = 'article'\n[[rules]]\nname = 'all'\nshow = 'registration-wall'\n"
            "[[rules]]\nname = 'never'\nshow = 'wall'\noffer = 'late'\n"
        )
    )
    assert ["free"] == list(found.silent)
    assert [
        "rule `never` shows nothing that anybody meets",
        "offer `late` is shown by no prompt that anybody meets",
    ] == list(found.unseen)


class Figures(HTMLParser):
    """The figures of a page, and every id on it."""

    def __init__(self, page):
        super().__init__()
        self.figures = []
        self.ids = []
        self.tags = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        named = dict(attrs)
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "figure":
            self.figures.append(named)


PROMPT = re.compile(
    r"</article>\n(.*?)\n</div></div>\n<figcaption[^>]*><span id=\"([^\"]*)\"", re.DOTALL
)


def test_every_figure_holds_what_render_returns_letter_by_letter(policy):
    """Ids apart, which are each there once; language and direction are those of the words."""
    page = gallery_page(policy, locales=["en", "ar"])
    found = Figures(page.html)
    whole = len(page.survey.situations) * 2 * len(LAYOUTS) * len(SCHEMES)
    assert whole == page.figures == len(found.figures)
    assert len(found.ids) == len(set(found.ids))
    prompts = PROMPT.findall(page.html)
    assert whole == len(prompts)
    expected = [
        (one, locale, layout, scheme)
        for one in page.survey.situations
        for locale in page.locales
        for layout in LAYOUTS
        for scheme in SCHEMES
    ]
    for (one, locale, layout, scheme), (html, name), figure in zip(
        expected, prompts, found.figures, strict=True
    ):
        # The words of this prompt are the publisher's, who has none in Arabic.
        own_locale = "en" if one.decision.prompt == "letter" else locale
        own = html.replace(f"{name}-", "").replace(f" {name}", "")
        assert render(one.decision, locale=locale, layout=layout).strip("\n") == own
        assert {
            "data-show": str(one.show),
            "data-count": "" if one.count is None else str(one.count),
            "data-locale": locale,
            "data-layout": layout,
            "data-scheme": scheme,
            "data-rule": one.rule,
            "lang": own_locale,
            "dir": "rtl" if own_locale == "ar" else "ltr",
        } == figure


def test_a_page_holds_no_script_and_asks_no_network(policy):
    """Its own security policy says so too."""
    page = gallery_page(policy).html
    assert Figures(page).tags.isdisjoint(("script", "link", "img", "iframe"))
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert "url(" not in page


def test_a_page_takes_a_publishers_own_templates(policy, tmp_path):
    """And shows a hostile name as text."""
    (tmp_path / "countdown.html.j2").write_text("<p>Ours: {{ left }}</p>\n")
    name = "<script>alert(1)</script>"
    hostile = evolve(policy, publication=evolve(policy.publication, name=name))
    page = gallery_page(hostile, folder=tmp_path).html
    assert "<p>Ours: 21</p>" in page
    assert "<script" not in page


def test_a_page_that_would_be_too_large_is_refused(policy):
    """With what to do about it."""
    long = evolve(policy, copy={"en": evolve(policy.copy["en"], pitch="long " * 20_000)})
    with pytest.raises(MeterError, match="show fewer languages at once with `--locale`"):
        gallery_page(long)


def missing_of(body, locale, show="subscription-wall", last=LAST):
    """Say what one prompt of a policy lacks in a language."""
    policy = loads_policy(f"{PUBLICATION}{body}{last}")
    (one,) = [each for each in situations(policy) if each.show == show][:1]
    return one.missing(locale)


COPY = '[copy]\nheadline = "News of every port"\n'
COUNTED = (
    "[meters.m]\nwindow = { calendar = 'month' }\nlimit = 2\nnoun = 'chart'\n"
    "[copy.nouns]\nchart = { one = 'chart', other = 'charts' }\n"
    "[[rules]]\nname = 'within'\nspend = 'm'\nshow = 'countdown'\n"
)
ASKING = (
    "[prompts.ask]\nheading = 'Please stay'\n[[rules]]\nname = 'ask'\n"
    "when = { access = ['premium'] }\nshow = 'gate'\nprompt = 'ask'\n"
)


@pytest.mark.parametrize(
    ("body", "locale", "show", "says"),
    [
        (COPY, "en", "subscription-wall", []),
        (COPY, "ja", "subscription-wall", ["your own words are in `en` here: add `[copy.ja]`"]),
        ("", "ja", "subscription-wall", []),
        ("", "fi", "subscription-wall", ["no words ship in `fi`: this is in `en`"]),
        (
            ASKING,
            "ja",
            "gate",
            [
                "prompt `ask` has no words in `ja`: add `[copy.ja.prompts.ask]`",
                "there is nothing to press: the wall leads nowhere",
            ],
        ),
        (
            COUNTED,
            "ja",
            "countdown",
            ["the noun `chart` has no word in `ja`: add it to `[copy.ja.nouns]`"],
        ),
    ],
)
def test_what_a_prompt_lacks_in_a_language_is_told(body, locale, show, says):
    """Words of the publisher's, words of ours, and somewhere to go."""
    assert says == [words for words in missing_of(body, locale, show) if "draft" not in words]


NEEDING = (
    "[meters.m]\nwindow = { calendar = 'month' }\nlimit = 2\n"
    "[offers.spring]\nkind = 'subscription'\nprice = 5\ncurrency = 'USD'\nterm = '1 month'\n"
    "when = { country = ['JP'] }\n"
    "[prompts.ask]\nheading = '{{ used }} read, {{ price }} now'\naction = 'Go'\nlink = '/x'\n"
    "[copy.ja.prompts.ask]\nheading = '{{ price }}'\naction = '買う'\n"
    "[[rules]]\nname = 'within'\nspend = 'm'\nshow = 'countdown'\n"
    "[[rules]]\nname = 'closed'\nshow = 'wall'\nprompt = 'ask'\noffer = 'spring'\n"
)
INSTEAD = "and this decision has none; the text that ships for `subscription-wall` is shown instead"


@pytest.mark.parametrize(
    ("who", "needs"),
    [
        ("an anonymous reader in JP opens a metered article", {"en": (), "ja": ()}),
        ("an anonymous reader in JP opens a premium article", {"en": ("a meter",), "ja": ()}),
        (
            "an anonymous reader opens a premium article",
            {"en": ("a meter and an offer",), "ja": ("an offer",)},
        ),
    ],
)
def test_words_that_need_a_meter_or_an_offer_are_not_missing(who, needs):
    """What they need and do not have there is told, in each language by the words it has."""
    found = situations(loads_policy(f"{PUBLICATION}{NEEDING}"))
    (wall,) = [each for each in found if (each.rule, each.who) == ("closed", who)]
    for locale, those in needs.items():
        words = tuple(f"the words of prompt `ask` need {need}, {INSTEAD}" for need in those)
        assert (words, ()) == (wall.needed(locale), wall.missing(locale))


def test_the_page_says_what_words_need():
    """Under each figure, and once at the end."""
    page = gallery_page(loads_policy(f"{PUBLICATION}{NEEDING}"), locales=["ja"])
    unsaid = [each for each in page.survey.situations if each.needed("ja")]
    assert {"ja": ()} == page.missing
    assert {words for each in unsaid for words in each.needed("ja")} == set(page.needed["ja"])
    assert "<h2>Needed</h2>" in page.html
    figures = len(unsaid) * len(LAYOUTS) * len(SCHEMES)
    assert figures == page.html.count('aria-label="Needed"') > 0


@pytest.mark.parametrize("tag", shipped_languages())
def test_a_draft_says_that_it_is_one(tag):
    """A language that somebody has reviewed says nothing."""
    draft = f"the words in `{tag}` are a draft: nobody has reviewed them"
    assert ([draft] if language_status(tag) == "draft" else []) == list(missing_of("", tag))


def test_a_prompt_that_is_nowhere_is_told():
    """As `check` tells it."""
    last = '\n[[rules]]\nname = "everyone else"\nshow = "wall"\nprompt = "sale"\n'
    assert "names the prompt `sale`, and none ships so" in missing_of("", "en", last=last)[0]


@pytest.mark.parametrize(
    ("html", "own"),
    [
        ('<h2 id="a">id="a"</h2>', '<h2 id="x-a">id="a"</h2>'),
        ("<p ID=a data-id='id=\"b\"'>", '<p ID="x-a" data-id=\'id="b"\'>'),
        (
            '<label for="a">é\n</label><input id="a">',
            '<label for="x-a">é\n</label><input id="x-a">',
        ),
        (
            "<a href='#a'></a><a href='#'></a><a href='/#a'>",
            "<a href='#x-a'></a><a href='#'></a><a href='/#a'>",
        ),
        ('<input name="n"><a name="n">', '<input name="x-n"><a name="n">'),
        (
            '<p aria-describedby="a  b" title="id=\'a\'">',
            '<p aria-describedby="x-a x-b" title="id=\'a\'">',
        ),
    ],
)
def test_only_ids_are_rewritten(html, own):
    """Not what looks like one in a text or in another attribute."""
    assert own == with_own_ids(html, "x-")


def test_an_article_page_is_whole():
    """A document in its language, the prompt as it was given, a fading end where there is more."""
    text = article_text("ar-EG")
    assert ("ar", "rtl") == (text.lang, text.dir)
    page = article_page(
        '<section id="a">“</section>',
        lang=text.lang,
        direction=text.dir,
        scheme="dark",
        title="<b>",
        paragraphs=text.paragraphs,
        is_preview=True,
    )
    assert page.startswith('<!doctype html>\n<html lang="ar" dir="rtl">')
    assert '<section id="a">“</section>' in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "color-scheme: dark" in page
    assert 'class="meter-frame meter-frame--preview"' in page
    assert "en" == article_text("tlh").lang


def test_the_gallery_needs_no_server():
    """It works with what `pip install meter-paywall` brings."""
    asked = "import json, sys, meter.studio.gallery.page; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    heavy = {"starlette", "uvicorn", "numpy", "html5lib", "z3"}
    assert heavy.isdisjoint(json.loads(done.stdout))
