"""Which locale a tag names, which words serve whoever asks for it, and what a browser asks for."""

from __future__ import annotations

from itertools import product

import pytest
from babel import Locale, localedata
from hypothesis import given
from hypothesis import strategies as st

from meter import loads_policy, render
from meter.errors import PolicyError
from meter.loading.codes import locale_step
from meter.policy import Copy, Policy
from meter.prompts.languages import accepted, choose
from meter.resources.locales import best_match, locale_of
from tests.prompts.markup import read
from tests.prompts.staging import Stage, make_policy

STAGE = Stage(make_policy())
DECISION = STAGE.read(1)
POLICY = """
[publication]
name = "H"
locale = "{locale}"

[[rules]]
name = "all"
show = "article"
"""
RESOLVED = {
    "zh-TW": "zh_Hant_TW",
    "zh-CN": "zh_Hans_CN",
    "zh-HK": "zh_Hant_HK",
    "zh-MO": "zh_Hant_MO",
    "zh-SG": "zh_Hans_SG",
    "zh-cmn-Hans-CN": "zh_Hans_CN",
    "sr-RS": "sr_Cyrl_RS",
    "sr-ME": "sr_Latn_ME",
    "sh": "sr_Latn",
    "bs-BA": "bs_Latn_BA",
    "az-AZ": "az_Latn_AZ",
    "uz-UZ": "uz_Latn_UZ",
    "pa-IN": "pa_Guru_IN",
    "pa-PK": "pa_Arab_PK",
    "kok-IN": "kok_Deva_IN",
    "no": "no",
    "no-NO": "no",
    "nb": "nb",
    "nb-NO": "nb_NO",
    "iw": "he",
    "tl": "fil",
    "jpn": "ja",
    "ja_JP": "ja_JP",
    "JA-jp": "ja_JP",
    "en-UK": "en_GB",
    "en-TW": "en",
    "es-419": "es_419",
    "de-CH-1996": "de_CH",
    "ca-ES-valencia": "ca_ES_VALENCIA",
    "ja-JP-u-ca-japanese": "ja_JP",
}
MEANT = {
    "jp": "ja",
    "jp-JP": "ja-JP",
    "jp-JA": "ja-JP",
    "cn": "zh",
    "kr": "ko",
    "dk": "da",
    "us": "en",
    "zh-TWN": "zh-TW",
    "zh-Taiwan": "zh-TW",
    "pt-Brazil": "pt-BR",
    "Brazilian Portuguese": "pt-BR",
    "Traditional Chinese": "zh-Hant",
    "English-US": "en-US",
    "en_US.UTF-8": "en-US",
    "Norvegian": "no",
    "en-XQ": "en",
    "de-nonsense": "de",
    "en-Deva": "en",
    "en-a": "en",
}


@pytest.mark.parametrize("tag", RESOLVED)
def test_a_tag_is_the_locale_that_cldr_resolves_it_to(tag):
    """By aliases, likely scripts and inheritance; checker and renderer agree, kept as written."""
    assert RESOLVED[tag] == str(locale_of(tag))
    assert locale_step(tag) is None
    policy = loads_policy(POLICY.format(locale=tag))
    assert tag == policy.publication.locale
    assert (tag,) == accepted(tag)


def test_every_locale_of_cldr_is_known():
    """Under its own name, and its language with every territory that CLDR has it in."""
    names = [name for name in localedata.locale_identifiers() if name != "root"]
    assert [] == [name for name in names if locale_of(name) is None]
    bare = {f"{Locale.parse(n).language}-{Locale.parse(n).territory}" for n in names}
    assert [] == [tag for tag in bare if not tag.endswith("None") and locale_of(tag) is None]


@pytest.mark.parametrize(
    "tag", ["", "x", "xx", "und", "root", "mul", "i-klingon", "en-", "-en", "en--GB", "日本語", "*"]
)
def test_what_is_no_locale_is_none(tag):
    """And the checker says how one looks."""
    assert locale_of(tag) is None
    assert locale_step(tag)


@pytest.mark.parametrize("tag", MEANT)
def test_advice_for_a_wrong_tag_is_by_meaning(tag):
    """The language of a country, a name, the part that is known: never what is spelled alike."""
    with pytest.raises(PolicyError) as caught:
        loads_policy(POLICY.format(locale=tag))
    (problem,) = caught.value.problems
    assert ("unknown-locale", f"did you mean `{MEANT[tag]}`?") == (problem.code, problem.help)


@pytest.mark.parametrize("tag", ["deutsch", "xx-YY", "zz"])
def test_no_advice_is_better_than_another_language(tag):
    """`deutsch` is not Dutch."""
    assert "locales look like `en`, `ja` or `pt-BR`" == locale_step(tag)


@pytest.mark.parametrize(
    ("tag", "available", "words"),
    [
        ("zh-TW", "en zh zh-Hant", "zh-Hant"),
        ("zh-TW", "en zh zh-Hans zh-CN", None),
        ("zh-TW", "zh-Hant zh_TW", "zh_TW"),
        ("zh-HK", "zh zh-TW", "zh-TW"),
        ("zh-MO", "zh-Hant zh-Hant-HK", "zh-Hant-HK"),
        ("zh", "zh-TW", None),
        ("zh", "zh-CN zh-TW", "zh-CN"),
        ("pt", "pt-PT pt-BR", "pt-BR"),
        ("pt-AO", "pt pt-PT", "pt-PT"),
        ("pt-PT", "pt-BR", "pt-BR"),
        ("es-MX", "es es-419", "es-419"),
        ("es-MX", "es-ES en", "es-ES"),
        ("en-AU", "en en-GB en-001", "en-001"),
        ("en-AU", "en en-GB", "en"),
        ("en-TW", "en en-TW", "en-TW"),
        ("sr-RS", "sr-Latn sr", "sr"),
        ("sr-Latn", "sr", None),
        ("no", "nb", "nb"),
        ("no-NO", "nb-NO en", "nb-NO"),
        ("nb", "no", "no"),
        ("nn-NO", "nb", "nb"),
        ("da", "nb no sv", None),
        ("iw", "he", "he"),
        ("de-AT", "de-DE", "de-DE"),
        ("xx", "en", None),
    ],
)
def test_the_best_words_there_are(tag, available, words):
    """The locale, what it inherits from, the same language and script; never another script."""
    assert words == best_match(tag, available.split())


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        (None, ()),
        ("", ()),
        ("*", ()),
        ("ja", ("ja",)),
        ("fr-CH,pl;q=0.9", ("fr-CH", "pl")),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", ("fr-CH", "fr", "en", "de")),
        ("en;q=0.5, ja;q=0.9, pl", ("pl", "ja", "en")),
        ("en;q=0.5,ja;q=0.5", ("en", "ja")),
        ("ja;q=0", ()),
        ("ja;q=0.000, pl", ("pl",)),
        ("ja;q=2, pl", ("pl",)),
        ("ja;q=abc, pl", ("pl",)),
        ("ja ; q = 0.1 , pl", ("pl", "ja")),
        ("en-XX-nonsense, ja-JP-mac", ("en", "ja-JP")),
        ("ja,ja,ja", ("ja",)),
        ("ru-Latn, ja", ("ja",)),
        ("ja-Latn-JP", ()),
        ("ar-Latn-u-nu-latn, pl", ("pl",)),
        (",,;;=q;,\x00,💥,en", ("en",)),
        (["zh-TW", "nonsense", "ja"], ("zh-TW", "ja")),
        (("fr-CH, pl;q=0.9", "ja"), ("fr-CH", "pl", "ja")),
        ([], ()),
    ],
)
def test_what_a_browser_or_a_site_asks_for(header, tags):
    """By weight, then in order; what is refused, unknown or junk is passed over."""
    assert tags == accepted(header)


@given(header=st.text() | st.text(alphabet="enjazhTW-_,;q=01.* ") | st.lists(st.text()))
def test_no_header_raises(header):
    """Whatever is sent, only locales of CLDR come out, and there is a prompt."""
    assert all(locale_of(tag) for tag in accepted(header))
    assert render(DECISION, STAGE.policy, locale=header, format="text").strip()


@pytest.mark.parametrize(
    ("asked", "lang"),
    [
        ("tr-CY,pl;q=0.9", "pl"),
        ("tr-CY, *;q=0.5", "en"),
        ("ko-KR, ja;q=0.8", "ja"),
        (["ko-KR", "ar-EG"], "ar-EG"),
        ("en;q=0.1, ru-RU;q=0.2", "ru-RU"),
        ("tr, uk", "en"),
    ],
)
def test_a_reader_gets_the_best_language_that_has_words(asked, lang):
    """The first of those asked for that there are words in."""
    assert lang == read(render(DECISION, STAGE.policy, locale=asked)).elements[0][1]["lang"]


def test_words_of_a_publisher_serve_no_other_script(tmp_path):
    """Who asks for Taiwan's Chinese is not served Simplified, but Hong Kong's."""
    (tmp_path / "texts").mkdir()
    for tag, period in (("zh", "本月简"), ("zh-HK", "本月繁")):
        words = f'[period]\nmonth = "{period}"\n[left]\nother = "{{period}}{{n}}"\n'
        (tmp_path / "texts" / f"{tag}.toml").write_text(words, encoding="utf-8")
    said = {
        tag: render(DECISION, STAGE.policy, locale=tag, format="text", folder=tmp_path)[:4]
        for tag in ("zh-CN", "zh-TW", "zh")
    }
    assert {"zh-CN": "本月简4", "zh-TW": "本月繁4", "zh": "本月简4"} == said


@pytest.mark.parametrize(
    ("asked", "headline", "lang"),
    [
        ("zh-TW", "繁", "zh-Hant"),
        ("zh-CN", "简", "zh-CN"),
        ("no-NO", "N", "nb"),
        ("en-GB", "E", "en"),
        ("fr", "E", "en"),
    ],
)
def test_the_publishers_copy_is_found_the_same_way(asked, headline, lang, tmp_path):
    """And what a screen reader is told is the language of the copy, as it is written."""
    base = make_policy()
    copy = {"en": "E", "zh_Hant": "繁", "zh-CN": "简", "nb": "N"}
    policy = Policy(
        publication=base.publication,
        rules=base.rules,
        meters=base.meters,
        copy={tag: Copy(headline=text) for tag, text in copy.items()},
    )
    (tmp_path / "texts").mkdir()
    for tag in ("zh", "zh-HK", "no"):
        (tmp_path / "texts" / f"{tag}.toml").write_text('[period]\nmonth = "m"\n')
    page = read(render(Stage(policy).read(1), policy, locale=asked, folder=tmp_path))
    (attributes,) = [a for _, a in page.elements if a.get("class") == "meter-prompt__headline"]
    assert (headline, lang) == (page.lines[1], attributes["lang"])


def test_a_publication_without_copy_tells_the_language_of_its_words():
    """Not of copy that there is none of."""
    assert ("en", "en") == (choose((), {}).words, str(choose((), {}).locale))
    stage = Stage(make_policy(copy=Copy()))
    for tag in ("ja", "ar"):
        assert f'lang="{tag}"' in render(stage.read(1), stage.policy, locale=tag)


def test_a_choice_is_the_first_that_has_words():
    """Over every pair of what is asked for, in order."""
    known = ["ar", "cy", "en", "ja", "pl", "ru"]
    for first, second in product(["de", "xx", *known], repeat=2):
        expected = next((tag for tag in (first, second) if tag in known), "en")
        assert expected == choose((first, second), known).words
