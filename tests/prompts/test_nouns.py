"""A meter counts what its noun says, in every language, in the right plural; articles as ever."""

from __future__ import annotations

import re

import pytest
from attrs import evolve

from meter import PolicyError, Window, render
from meter.policy import Copy, Noun, Policy
from meter.policy.prompts import NOUNS
from meter.prompts.texts import load_texts
from meter.resources.locales import locale_of
from tests.prompts.staging import LANGUAGES, Stage, make_policy

WINDOWS = [
    Window(calendar="month"),
    Window(rolling="30 days"),
    Window(fixed="7 days"),
    Window(lifetime=True),
]
SAID = {
    # Left 1, 2 and 5, the last one, and what was used: of recipes.
    "en": [
        "You have 1 free recipe left this month",
        "You have 2 free recipes left this month",
        "You have 5 free recipes left this month",
        "This is your last free recipe this month",
        "You have used your 6 free recipes this month",
    ],
    "fr": [
        "Il vous reste 1 recette en accès gratuit ce mois-ci",
        "Il vous reste 2 recettes en accès gratuit ce mois-ci",
        "Il vous reste 5 recettes en accès gratuit ce mois-ci",
        "C’est votre dernier accès gratuit aux recettes ce mois-ci",
        "Vous avez atteint la limite de 6 recettes en accès gratuit ce mois-ci",
    ],
    "es": [
        "Te queda 1 receta gratis este mes",
        "Te quedan 2 recetas gratis este mes",
        "Te quedan 5 recetas gratis este mes",
        "Este es tu último acceso gratuito a recetas este mes",
        "Has agotado tus 6 recetas gratis este mes",
    ],
    "pt": [
        "Você ainda tem 1 receita grátis neste mês",
        "Você ainda tem 2 receitas grátis neste mês",
        "Você ainda tem 5 receitas grátis neste mês",
        "Este é seu último acesso gratuito a receitas neste mês",
        "Você atingiu o limite de 6 receitas grátis neste mês",
    ],
    "it": [
        "Hai ancora 1 ricetta gratis questo mese",
        "Hai ancora 2 ricette gratis questo mese",
        "Hai ancora 5 ricette gratis questo mese",
        "Dopo questo contenuto non avrai più ricette gratis questo mese",
        "Hai raggiunto il limite di 6 ricette gratis questo mese",
    ],
    "zh-Hant": [
        "本月免費食譜額度還剩1個",
        "本月免費食譜額度還剩2個",
        "本月免費食譜額度還剩5個",
        "這是您本月免費食譜額度的最後一個",
        "您本月的6個免費食譜額度已全部用完",
    ],
    "ja": [
        "今月無料でご利用いただけるレシピはあと1件です",
        "今月無料でご利用いただけるレシピはあと2件です",
        "今月無料でご利用いただけるレシピはあと5件です",
        "今月無料でご利用いただける最後のレシピです",
        "今月無料でご利用いただけるレシピの上限（6件）に達しました",
    ],
    "ar": [
        "لا يزال بإمكانك فتح وصفة طبخ مجانًا مرة واحدة هذا الشهر",
        "لا يزال بإمكانك فتح وصفتي طبخ مجانًا هذا الشهر",
        "لا يزال بإمكانك فتح 5 وصفات طبخ مجانًا هذا الشهر",
        "هذه آخر مرة يمكنك فيها فتح وصفة طبخ مجانًا هذا الشهر",
        "لقد وصلت إلى حد الاستخدام المجاني البالغ 6 وصفات طبخ هذا الشهر",
    ],
    "ru": [
        "Доступно бесплатно: ещё 1 рецепт в этом месяце",
        "У вас осталось 2 бесплатных рецепта в этом месяце",
        "У вас осталось 5 бесплатных рецептов в этом месяце",
        "После этого у вас не останется бесплатных рецептов в этом месяце",
        "Лимит исчерпан: 6 бесплатных рецептов в этом месяце",
    ],
    "pl": [
        "Pozostaje Ci 1 przepis za darmo w tym miesiącu",
        "Pozostały Ci 2 bezpłatne przepisy w tym miesiącu",
        "Pozostało Ci 5 bezpłatnych przepisów w tym miesiącu",
        "To ostatnia pozycja z Twojego limitu bezpłatnych przepisów w tym miesiącu",
        "Limit wykorzystany: 6 bezpłatnych przepisów w tym miesiącu",
    ],
    "cy": [
        "Mae gennych 1 rysáit am ddim yn weddill y mis hwn",
        "Mae gennych 2 rysáit am ddim yn weddill y mis hwn",
        "Mae gennych 5 rysáit am ddim yn weddill y mis hwn",
        "Dyma’r rysáit olaf am ddim i chi y mis hwn",
        "Rydych wedi cyrraedd y terfyn o 6 rysáit am ddim y mis hwn",
    ],
    "de": [
        "Noch 1 Rezept kostenlos in diesem Monat",
        "Noch 2 kostenlose Rezepte in diesem Monat",
        "Noch 5 kostenlose Rezepte in diesem Monat",
        "Damit sind Ihre kostenlosen Rezepte in diesem Monat aufgebraucht",
        "Das waren Ihre 6 kostenlosen Rezepte in diesem Monat",
    ],
    "nl": [
        "U heeft nog 1 gratis recept deze maand",
        "U heeft nog 2 gratis recepten deze maand",
        "U heeft nog 5 gratis recepten deze maand",
        "Dit is uw laatste gratis recept deze maand",
        "Dit waren uw 6 gratis recepten deze maand",
    ],
    "sv": [
        "Du har 1 gratis recept kvar den här månaden",
        "Du har 2 gratis recept kvar den här månaden",
        "Du har 5 gratis recept kvar den här månaden",
        "Efter det här har du inga gratis recept kvar den här månaden",
        "Du har använt dina 6 gratis recept den här månaden",
    ],
    "nb": [
        "Du har 1 gratis oppskrift igjen denne måneden",
        "Du har 2 gratis oppskrifter igjen denne måneden",
        "Du har 5 gratis oppskrifter igjen denne måneden",
        "Etter dette har du ingen gratis oppskrifter igjen denne måneden",
        "Du har brukt dine 6 gratis oppskrifter denne måneden",
    ],
}
WORD_OF_ARTICLES = {
    "en": "article",
    "fr": "article",
    "es": "artículo",
    "pt": "artigo",
    "it": "articol",
    "zh-Hant": "文章",
    "ja": "記事",
    "ru": "стат",
    "pl": "artyku",
    "ar": "مقال",
    "cy": "erthygl",
    "de": "artikel",
    "nl": "artikel",
    "sv": "artik",
    "nb": "artik",
}


def counting(noun: str, *, limit: int = 6, window: Window = WINDOWS[0], **copies: Copy) -> Policy:
    """A policy whose one meter counts a noun."""
    policy = make_policy(limit=limit, window=window)
    return evolve(
        policy,
        meters=[evolve(policy.meters[0], noun=noun)],
        copy={**policy.copy, **copies} if copies else {},
    )


def lines(policy: Policy, count: int, locale: str) -> list[str]:
    """What the reader sees at the article number `count`."""
    return render(Stage(policy).read(count), policy, locale=locale, format="text").split("\n")


def counted(policy: Policy, locale: str) -> list[str]:
    """The sentences for 1, 2 and 5 left, for the last one, and for a wall."""
    limit = policy.meters[0].limit
    headings = [lines(policy, limit - left, locale)[0] for left in (1, 2, 5, 0)]
    return [*headings, lines(policy, limit + 1, locale)[1]]


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_noun_of_the_catalog_is_said_in_every_language(locale):
    """With the form that CLDR's plural rules ask for."""
    assert SAID[locale] == counted(counting("recipe"), locale)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("noun", NOUNS[1:])
@pytest.mark.parametrize("locale", LANGUAGES)
def test_no_counted_sentence_speaks_of_articles(locale, noun, window):
    """Whatever the window; nothing is left unfilled, and no space stands where it should not."""
    for sentence in counted(counting(noun, window=window), locale):
        assert WORD_OF_ARTICLES[locale] not in sentence.lower()
        assert not re.search(r"[{}]|  | [:.]", sentence), sentence
        assert locale != "ja" or "本" not in sentence


@pytest.mark.parametrize("locale", LANGUAGES)
def test_articles_are_counted_as_ever(locale):
    """The noun that is meant where none is said changes no word."""
    plain = make_policy(limit=6)
    assert counted(evolve(plain, copy={}), locale) == counted(counting("article"), locale)
    assert all(WORD_OF_ARTICLES[locale] in said.lower() for said in counted(plain, locale)[:4])


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_form_is_the_one_of_the_number(locale, noun):
    """For 1 to 120, in every language, as CLDR says."""
    texts = load_texts((locale,), None)
    forms = texts.noun(noun)
    rule = locale_of(locale).plural_form
    for number in range(1, 121):
        sentence = texts.count_of(forms, "left", number, period="")
        assert getattr(forms, str(rule(number))) in sentence


OWN = Noun(one="card", other="cards")
POLISH = Noun(one="karta", few="karty", many="kart", other="karty")


def test_a_word_of_ones_own_is_said_where_it_has_forms():
    """In its own language; where there are none in another, the publication's own word stands."""
    policy = counting("card", en=Copy(nouns={"card": OWN}), pl=Copy(nouns={"card": POLISH}))
    assert "You have 5 free cards left this month" == lines(policy, 1, "en")[0]
    assert "Pozostało Ci 5 bezpłatnych kart w tym miesiącu" == lines(policy, 1, "pl")[0]
    assert "Pozostaje Ci 1 karta za darmo w tym miesiącu" == lines(policy, 5, "pl")[0]
    assert "cards" in lines(policy, 1, "ru")[0]


def test_a_word_of_ones_own_comes_before_the_catalogs():
    """Also for `article` itself."""
    for noun in ("recipe", "article"):
        policy = counting(noun, en=Copy(nouns={noun: Noun(one="dish", other="dishes")}))
        assert "You have 5 free dishes left this month" == lines(policy, 1, "en")[0]
        assert "dish" not in lines(policy, 1, "ja")[0] or noun not in NOUNS


def test_a_noun_that_is_nowhere_is_refused():
    """With the one that was meant, or where to write its forms."""
    for noun, advice in (("recpie", "did you mean `recipe`?"), ("xylophone", "[copy.en.nouns]")):
        with pytest.raises(PolicyError) as caught:
            counting(noun)
        (problem,) = caught.value.problems
        assert ("unknown-noun", ("meters", "monthly", "noun")) == (problem.code, problem.path)
        assert advice in problem.help


def test_every_meter_says_its_own_noun():
    """Two meters of one policy count two things."""
    policy = counting("recipe")
    other = evolve(policy.meters[0], name="other", noun="video")
    both = evolve(policy, meters=[*policy.meters, other])
    assert "recipes" in lines(both, 1, "en")[0]
    spends = evolve(policy.rule("within"), spend="other")
    rules = [spends if rule.name == "within" else rule for rule in both.rules]
    assert "videos" in lines(evolve(both, rules=rules), 1, "en")[0]
