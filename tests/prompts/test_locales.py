"""Languages: plural forms, money, terms, days, and which language a reader gets."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel import Locale, localedata
from babel.dates import format_time
from hypothesis import given
from hypothesis import strategies as st

from meter import Policy, render
from meter.policy import Copy
from meter.policy.prompts import NOUNS
from meter.prompts import locales
from meter.prompts.texts import load_texts
from meter.resources import template_root
from meter.resources.locales import locale_of
from meter.windows import Term
from tests.prompts.markup import read
from tests.prompts.staging import LANGUAGES, Stage, every_state, make_offer, make_policy

STAGE = Stage(make_policy(offer=make_offer()))
COUNTED = sorted(
    ["left", "used", "days-left", "account-more", "account-first"]
    + [f"{which}-{unit}" for which in ("any", "last", "every") for unit in ("hours", "days")]
    + [f"term-{unit}" for unit in ("day", "week", "month", "year")]
    + ["noun-left", "noun-used", "noun-account-more", "noun-account-first"]
    + [f"noun-{noun}" for noun in NOUNS]
)
"""The tables that have a text for each plural category."""


def tables(language):
    return tomllib.loads(
        (template_root() / "prompts" / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    )


def test_the_languages_that_ship():
    """The list that the documentation gives."""
    files = sorted(
        file.name
        for file in (template_root() / "prompts" / "texts").iterdir()
        if file.name.endswith(".toml")
    )
    assert LANGUAGES == [name.removesuffix(".toml") for name in files]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_that_english_says(language):
    """No prompt falls back to another language half-way."""
    english, texts = tables("en"), tables(language)
    # A language whose counters differ from noun to noun says more.
    assert english.keys() == texts.keys() - {"noun-any-hours", "noun-any-days"}
    for table in english.keys() - {"language", *COUNTED}:
        assert english[table].keys() == texts[table].keys(), table


@pytest.mark.parametrize("table", COUNTED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_plural_form_of_cldr(language, table):
    """One text for each category of the language, none that it does not have; and for numbers."""
    rule = locale_of(language).plural_form
    forms = {form for form in tables(language)[table] if not form.isdigit()}
    assert {*rule.tags, "other"} == forms


@pytest.mark.parametrize("table", ["left", "used"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_counted_sentences_follow_cldr(language, table):
    """For 0 to 200 the sentence is the one of the category that CLDR gives the number."""
    texts, rule, forms = (
        load_texts((language,), None),
        locale_of(language).plural_form,
        tables(language)[table],
    )
    for n in range(201):
        expected = forms.get(str(n), forms[rule(n)]).replace("{n}", str(n)).replace("{period}", "X")
        assert expected == texts.count(table, n, period="X")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ja", "今月お読みいただける無料記事はあと4本です"),
        ("fr", "Il vous reste 4 articles gratuits ce mois-ci"),
        ("es", "Te quedan 4 artículos gratis este mes"),
        ("pt", "Você ainda tem 4 artigos gratuitos neste mês"),
        ("it", "Hai ancora 4 articoli gratuiti questo mese"),
        ("zh-Hant", "本月免費文章還剩4篇"),
        ("pl", "Pozostały Ci 4 bezpłatne artykuły w tym miesiącu"),
        ("ru", "У вас осталось 4 бесплатные статьи в этом месяце"),
        ("ar", "بقيت لديك 4 مقالات مجانية هذا الشهر"),
        ("cy", "Mae gennych 4 erthygl am ddim yn weddill y mis hwn"),
        ("de", "Noch 4 kostenlose Artikel in diesem Monat"),
        ("nl", "U heeft nog 4 gratis artikelen deze maand"),
        ("sv", "Du har 4 gratisartiklar kvar den här månaden"),
        ("nb", "Du har 4 gratisartikler igjen denne måneden"),
    ],
)
def test_the_count_in_other_languages(language, said):
    """The counted sentence as a reader sees it."""
    assert said == read(render(STAGE.read(1), STAGE.policy, locale=language)).lines[0]


def test_japanese_says_every_state_in_japanese():
    """No English word is left, but for the publication's name and the publisher's own copy."""
    said = " ".join(
        render(decision, STAGE.policy, locale="ja", format="text")
        for decision in every_state(STAGE.policy).values()
    )
    for known in (
        "The Harbour Review",
        "Exclusive coverage of the harbour cities",
        "Trusted insight from experts who live there",
    ):
        said = said.replace(known, "")
    words = [word for word in said.split() if not word.startswith("/")]
    assert not [word for word in words if word.isascii() and word.isalpha()]
    assert ["お申し込みは6月30日まで", "3か月$9で試す", "すべてのプランを見る"] == read(
        render(STAGE.read(1), STAGE.policy, locale="ja")
    ).lines[-3:]


@pytest.mark.parametrize(
    ("asked", "publication", "lang"),
    [
        (None, "en", "en"),
        (None, "ja", "ja"),
        ("ja-JP", "en", "ja-JP"),
        ("ja_JP", "en", "ja-JP"),
        ("JA", "en", "ja"),
        ("en-GB", "ja", "en-GB"),
        ("de-AT", "en", "de-AT"),
        ("tr", "en", "en"),
        ("tr-CY", "ja", "ja"),
        ("tr", "uk", "en"),
        ("zh-TW", "ja", "zh-Hant-TW"),
        ("xx-nonsense", "ja", "ja"),
        ("", "ja", "ja"),
        ("*", "ja", "ja"),
        ("a" * 10_000, "ja", "ja"),
        ("ja;q=0.9", "en", "ja"),
        ("../../etc", "en", "en"),
        ("zh-Hans-CN", "ja", "ja"),
    ],
)
def test_the_language_falls_back_to_the_publications_then_to_english(asked, publication, lang):
    """A tag is tried from its most exact form to its language."""
    stage = Stage(make_policy(locale=publication))
    assert f'lang="{lang}" dir="ltr" aria-labelledby' in render(
        stage.read(1), stage.policy, locale=asked
    )


def test_arabic_is_written_from_right_to_left():
    """`dir` follows the language of the words, and the publisher's copy finds its own."""
    html = render(STAGE.read(1), STAGE.policy, locale="ar")
    assert 'lang="ar" dir="rtl"' in html
    assert '<p class="meter-prompt__headline" lang="en" dir="auto">' in html


def test_the_publishers_copy_follows_the_language():
    """Exact locale, then language, then the publication's own."""
    base = make_policy()
    copy = {"en": Copy(headline="E"), "ja": Copy(headline="J"), "ja-JP": Copy(headline="JP")}
    policy = Policy(publication=base.publication, rules=base.rules, meters=base.meters, copy=copy)
    asked = {"en-GB": "E", "ja": "J", "ja-JP": "JP", "pl": "E", None: "E"}
    decision = Stage(policy).read(1)
    assert asked == {tag: read(render(decision, policy, locale=tag)).lines[1] for tag in asked}


@pytest.mark.parametrize(
    ("amount", "currency", "language", "said"),
    [
        ("9", "USD", "en", "$9"),
        ("9.00", "USD", "en", "$9"),
        ("9.5", "USD", "en", "$9.50"),
        ("1234", "USD", "en", "$1,234"),
        ("900", "JPY", "ja", "￥900"),
        ("9", "EUR", "de", "9\u00a0€"),
        ("9.5", "EUR", "de", "9,50\u00a0€"),
        ("9", "PLN", "pl", "9\u00a0zł"),
        ("0.99", "GBP", "en-GB", "£0.99"),
        ("9", "CAD", "fr-CA", "9\u00a0$"),
        ("9", "NOK", "en", "NOK\u00a09"),
        ("9.5", "KWD", "en", "KWD\u00a09.500"),
        ("9", "USD", "en-AU", "USD\u00a09"),
    ],
)
def test_money_is_written_as_the_locale_writes_it(amount, currency, language, said):
    """Whole amounts have no decimals; the symbol stands where CLDR puts it."""
    assert said == locales.money(Decimal(amount), currency, locale_of(language))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "June 30th"),
        ("en-GB", "30th June"),
        ("ja", "6月30日"),
        ("de", "30. Juni"),
        ("fr", "30 juin"),
        ("es", "30 de junio"),
        ("pt", "30 de junho"),
        ("it", "30 giugno"),
        ("zh-Hant", "6月30日"),
        ("pl", "30 czerwca"),
        ("ru", "30 июня"),
    ],
)
def test_days_are_written_as_the_locale_writes_them(language, said):
    """English has ordinals, every other language CLDR's own form of month and day."""
    assert said == locales.day_text(date(2026, 6, 30), locale_of(language))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr-CH", "1er juin|1er janvier 2028"),
        ("it", "1º giugno|1º gennaio 2028"),
        ("pt", "1º de junho|1º de janeiro de 2028"),
        ("es", "1 de junio|1 de enero de 2028"),
    ],
)
def test_the_first_of_a_month_is_an_ordinal_where_the_language_says_so(language, said):
    """CLDR has a bare number; no other day changes."""
    locale = locale_of(language)
    first = locales.day_text(date(2026, 6, 1), locale)
    assert said.split("|") == [first, locales.day_text(date(2028, 1, 1), locale, year=True)]
    for day in (11, 21, 31):
        assert locales.day_text(date(2026, 7, day), locale).startswith(f"{day} ")


@pytest.mark.parametrize(
    ("day", "until", "again"),
    [
        (1, "fino al 1º luglio", "dal 1º luglio"),
        (8, "fino all’8 luglio", "dall’8 luglio"),
        (11, "fino all’11 luglio", "dall’11 luglio"),
        (18, "fino al 18 luglio", "dal 18 luglio"),
    ],
)
def test_an_italian_article_is_elided_before_a_vowel(day, until, again):
    """*Otto* and *undici* begin with one; the texts have `al {until}`."""
    texts = load_texts(("it",), None)
    said = locales.day_text(date(2026, 7, day), texts.locale)
    assert until == texts.say("period", "until", until=said)
    assert again in texts.say("period", "again", start=said, until=said)


def test_every_day_of_a_month_has_its_english_suffix():
    """st, nd, rd and th as an English reader expects them."""
    said = [
        locales.day_text(date(2026, 7, day), Locale("en")).removeprefix("July ")
        for day in range(1, 32)
    ]
    suffixes = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
    assert [f"{day}{suffixes.get(day, 'th')}" for day in range(1, 32)] == said


def test_english_terms_read_like_the_policy():
    """`3 months` in the file is `3 months` on the page."""
    terms = ["1 day", "14 days", "1 week", "2 weeks", "1 month", "3 months", "1 year", "2 years"]
    assert terms == [load_texts(("en",), None).term(Term.parse(term)) for term in terms]


def test_every_locale_of_cldr_writes_everything():
    """A publisher's own file of texts may be in any of them: nothing raises or is left unfilled."""
    when = datetime(2028, 6, 30, 18, 30, tzinfo=UTC)
    for name in localedata.locale_identifiers():
        locale = locale_of(name)
        if locale is None:
            continue
        said = [
            locales.day_text(when.date(), locale),
            locales.day_text(when.date(), locale, year=True),
            locales.time_text(when, locale),
            locales.money(Decimal(9), "USD", locale),
            locales.money(Decimal("9.50"), "JPY", locale),
            locales.term_text(Term.parse("3 months"), locale),
        ]
        assert all(text.strip() for text in said), name
        assert not [text for text in said if re.search(r"[{}]|'\w+'", text)], name
        assert ("\u2066" in said[3]) <= (locale.text_direction == "rtl"), name


@given(
    when=st.times(),
    name=st.sampled_from(sorted(localedata.locale_identifiers())),
)
def test_a_clock_is_what_babel_says_of_any_second(when, name):
    """In every locale the short form is to the minute: so much is looked up."""
    locale = Locale.parse(name)
    moment = datetime.combine(date(2026, 6, 30), when, tzinfo=UTC)
    assert locales.clock_text(moment, locale) == format_time(when, "short", locale=locale)
