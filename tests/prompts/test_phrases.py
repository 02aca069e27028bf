"""What is said of windows and terms: well-formed in every language, for every number."""

from __future__ import annotations

import json
import re

import pytest

from meter import Window, render
from meter.prompts.texts import load_texts
from meter.windows import Term
from tests.prompts.markup import read
from tests.prompts.staging import LANGUAGES, Stage, make_offer, make_policy

UNITS = ("day", "week", "month", "year")
NUMBERS = (1, 2, 3, 5, 11, 21, 100)
TERMS = {
    "en": {
        "day": "1 day|2 days|3 days|5 days|11 days|21 days|100 days",
        "week": "1 week|2 weeks|3 weeks|5 weeks|11 weeks|21 weeks|100 weeks",
        "month": "1 month|2 months|3 months|5 months|11 months|21 months|100 months",
        "year": "1 year|2 years|3 years|5 years|11 years|21 years|100 years",
    },
    "fr": {
        "day": "1 jour|2 jours|3 jours|5 jours|11 jours|21 jours|100 jours",
        "week": "1 semaine|2 semaines|3 semaines|5 semaines|11 semaines|21 semaines|100 semaines",
        "month": "1 mois|2 mois|3 mois|5 mois|11 mois|21 mois|100 mois",
        "year": "1 an|2 ans|3 ans|5 ans|11 ans|21 ans|100 ans",
    },
    "es": {
        "day": "1 día|2 días|3 días|5 días|11 días|21 días|100 días",
        "week": "1 semana|2 semanas|3 semanas|5 semanas|11 semanas|21 semanas|100 semanas",
        "month": "1 mes|2 meses|3 meses|5 meses|11 meses|21 meses|100 meses",
        "year": "1 año|2 años|3 años|5 años|11 años|21 años|100 años",
    },
    "pt": {
        "day": "1 dia|2 dias|3 dias|5 dias|11 dias|21 dias|100 dias",
        "week": "1 semana|2 semanas|3 semanas|5 semanas|11 semanas|21 semanas|100 semanas",
        "month": "1 mês|2 meses|3 meses|5 meses|11 meses|21 meses|100 meses",
        "year": "1 ano|2 anos|3 anos|5 anos|11 anos|21 anos|100 anos",
    },
    "it": {
        "day": "1 giorno|2 giorni|3 giorni|5 giorni|11 giorni|21 giorni|100 giorni",
        "week": "1 settimana|2 settimane|3 settimane|5 settimane|11 settimane|"
        "21 settimane|100 settimane",
        "month": "1 mese|2 mesi|3 mesi|5 mesi|11 mesi|21 mesi|100 mesi",
        "year": "1 anno|2 anni|3 anni|5 anni|11 anni|21 anni|100 anni",
    },
    "zh-Hant": {
        "day": "1天|2天|3天|5天|11天|21天|100天",
        "week": "1週|2週|3週|5週|11週|21週|100週",
        "month": "1個月|2個月|3個月|5個月|11個月|21個月|100個月",
        "year": "1年|2年|3年|5年|11年|21年|100年",
    },
    "ja": {
        "day": "1日間|2日間|3日間|5日間|11日間|21日間|100日間",
        "week": "1週間|2週間|3週間|5週間|11週間|21週間|100週間",
        "month": "1か月|2か月|3か月|5か月|11か月|21か月|100か月",
        "year": "1年|2年|3年|5年|11年|21年|100年",
    },
    "ar": {
        "day": "يوم واحد|يومين|3 أيام|5 أيام|11 يومًا|21 يومًا|100 يوم",
        "week": "أسبوع واحد|أسبوعين|3 أسابيع|5 أسابيع|11 أسبوعًا|21 أسبوعًا|100 أسبوع",
        "month": "شهر واحد|شهرين|3 أشهر|5 أشهر|11 شهرًا|21 شهرًا|100 شهر",
        "year": "سنة واحدة|سنتين|3 سنوات|5 سنوات|11 سنة|21 سنة|100 سنة",
    },
    "ru": {
        "day": "1 день|2 дня|3 дня|5 дней|11 дней|21 день|100 дней",
        "week": "1 неделю|2 недели|3 недели|5 недель|11 недель|21 неделю|100 недель",
        "month": "1 месяц|2 месяца|3 месяца|5 месяцев|11 месяцев|21 месяц|100 месяцев",
        "year": "1 год|2 года|3 года|5 лет|11 лет|21 год|100 лет",
    },
    "pl": {
        "day": "1 dzień|2 dni|3 dni|5 dni|11 dni|21 dni|100 dni",
        "week": "1 tydzień|2 tygodnie|3 tygodnie|5 tygodni|11 tygodni|21 tygodni|100 tygodni",
        "month": "1 miesiąc|2 miesiące|3 miesiące|5 miesięcy|11 miesięcy|21 miesięcy|100 miesięcy",
        "year": "1 rok|2 lata|3 lata|5 lat|11 lat|21 lat|100 lat",
    },
    "de": {
        "day": "1 Tag|2 Tage|3 Tage|5 Tage|11 Tage|21 Tage|100 Tage",
        "week": "1 Woche|2 Wochen|3 Wochen|5 Wochen|11 Wochen|21 Wochen|100 Wochen",
        "month": "1 Monat|2 Monate|3 Monate|5 Monate|11 Monate|21 Monate|100 Monate",
        "year": "1 Jahr|2 Jahre|3 Jahre|5 Jahre|11 Jahre|21 Jahre|100 Jahre",
    },
    "nl": {
        "day": "1 dag|2 dagen|3 dagen|5 dagen|11 dagen|21 dagen|100 dagen",
        "week": "1 week|2 weken|3 weken|5 weken|11 weken|21 weken|100 weken",
        "month": "1 maand|2 maanden|3 maanden|5 maanden|11 maanden|21 maanden|100 maanden",
        "year": "1 jaar|2 jaar|3 jaar|5 jaar|11 jaar|21 jaar|100 jaar",
    },
    "sv": {
        "day": "1 dag|2 dagar|3 dagar|5 dagar|11 dagar|21 dagar|100 dagar",
        "week": "1 vecka|2 veckor|3 veckor|5 veckor|11 veckor|21 veckor|100 veckor",
        "month": "1 månad|2 månader|3 månader|5 månader|11 månader|21 månader|100 månader",
        "year": "1 år|2 år|3 år|5 år|11 år|21 år|100 år",
    },
    "nb": {
        "day": "1 dag|2 dager|3 dager|5 dager|11 dager|21 dager|100 dager",
        "week": "1 uke|2 uker|3 uker|5 uker|11 uker|21 uker|100 uker",
        "month": "1 måned|2 måneder|3 måneder|5 måneder|11 måneder|21 måneder|100 måneder",
        "year": "1 år|2 år|3 år|5 år|11 år|21 år|100 år",
    },
    "cy": {
        "day": "1 diwrnod|2 ddiwrnod|3 diwrnod|5 diwrnod|11 diwrnod|21 diwrnod|100 diwrnod",
        "week": "1 wythnos|2 wythnos|3 wythnos|5 wythnos|11 wythnos|21 wythnos|100 wythnos",
        "month": "1 mis|2 fis|3 mis|5 mis|11 mis|21 mis|100 mis",
        "year": "1 flwyddyn|2 flynedd|3 blynedd|5 mlynedd|11 mlynedd|21 mlynedd|100 mlynedd",
    },
}
ROLLING = {
    "en": [
        ("1 hour", "(5 in any hour)", "in the last hour"),
        ("1 day", "(5 in any 24 hours)", "in the last 24 hours"),
        ("30 days", "(5 in any 30 days)", "in the last 30 days"),
        ("36 hours", "(5 in any 36 hours)", "in the last 36 hours"),
        ("2 weeks", "(5 in any 14 days)", "in the last 14 days"),
    ],
    "fr": [
        ("1 hour", "(5 au maximum en une heure)", "au cours de la dernière heure"),
        ("1 day", "(5 au maximum en 24 heures)", "au cours des 24 dernières heures"),
        ("30 days", "(5 au maximum en 30 jours)", "au cours des 30 derniers jours"),
    ],
    "es": [
        ("1 hour", "(máximo 5 en una hora)", "en la última hora"),
        ("1 day", "(máximo 5 en 24 horas)", "en las últimas 24 horas"),
        ("30 days", "(máximo 5 en 30 días)", "en los últimos 30 días"),
    ],
    "pt": [
        ("1 hour", "(máximo de 5 em uma hora)", "na última hora"),
        ("1 day", "(máximo de 5 em 24 horas)", "nas últimas 24 horas"),
        ("30 days", "(máximo de 5 em 30 dias)", "nos últimos 30 dias"),
    ],
    "it": [
        ("1 hour", "(massimo 5 in un’ora)", "nell’ultima ora"),
        ("1 day", "(massimo 5 in 24 ore)", "nelle ultime 24 ore"),
        ("30 days", "(massimo 5 in 30 giorni)", "negli ultimi 30 giorni"),
    ],
    "zh-Hant": [
        ("1 hour", "1小時內5篇", "您最近1小時內的5篇"),
        ("1 day", "24小時內5篇", "您最近24小時內的5篇"),
        ("30 days", "30天內5篇", "您最近30天內的5篇"),
    ],
    "ja": [
        ("1 hour", "1時間に5本まで", "直近1時間に"),
        ("1 day", "24時間に5本まで", "直近24時間に"),
        ("30 days", "30日間に5本まで", "直近30日間に"),
    ],
    "ar": [
        ("1 hour", "(5 خلال أي ساعة)", "خلال آخر ساعة"),
        ("2 days", "(5 خلال أي يومين)", "خلال آخر يومين"),
        ("3 days", "(5 خلال أي 3 أيام)", "خلال آخر 3 أيام"),
        ("30 days", "(5 خلال أي 30 يومًا)", "خلال آخر 30 يومًا"),
        ("100 days", "(5 خلال أي 100 يوم)", "خلال آخر 100 يوم"),
    ],
    "ru": [
        ("1 hour", "(5 за любые 60 минут)", "за последний час"),
        ("21 days", "(5 за любые 21 день)", "за последние 21 день"),
        ("2 days", "(5 за любые 2 дня)", "за последние 2 дня"),
        ("30 days", "(5 за любые 30 дней)", "за последние 30 дней"),
    ],
    "pl": [
        ("1 hour", "(5 w ciągu dowolnych 60 minut)", "w ciągu ostatniej godziny"),
        ("1 day", "(5 w ciągu dowolnych 24 godzin)", "w ciągu ostatnich 24 godzin"),
        ("2 days", "(5 w ciągu dowolnych 2 dni)", "w ciągu ostatnich 2 dni"),
        ("3 hours", "(5 w ciągu dowolnych 3 godzin)", "w ciągu ostatnich 3 godzin"),
    ],
    "de": [
        ("1 hour", "(5 innerhalb einer Stunde)", "in der letzten Stunde"),
        ("1 day", "(5 innerhalb von 24 Stunden)", "in den letzten 24 Stunden"),
        ("30 days", "(5 innerhalb von 30 Tagen)", "in den letzten 30 Tagen"),
    ],
    "nl": [
        ("1 hour", "(5 per uur)", "in het afgelopen uur"),
        ("36 hours", "(5 in 36 uur)", "in de afgelopen 36 uur"),
        ("30 days", "(5 in 30 dagen)", "in de afgelopen 30 dagen"),
    ],
    "sv": [
        ("1 hour", "(5 på en timme)", "under den senaste timmen"),
        ("1 day", "(5 på 24 timmar)", "under de senaste 24 timmarna"),
        ("30 days", "(5 på 30 dagar)", "under de senaste 30 dagarna"),
    ],
    "nb": [
        ("1 hour", "(5 i løpet av en time)", "den siste timen"),
        ("1 day", "(5 i løpet av 24 timer)", "de siste 24 timene"),
        ("30 days", "(5 i løpet av 30 dager)", "de siste 30 dagene"),
    ],
    "cy": [
        ("1 hour", "(5 mewn unrhyw gyfnod o awr)", "yn yr awr ddiwethaf"),
        ("8 days", "(5 mewn unrhyw gyfnod o 8 diwrnod)", "yn yr 8 diwrnod diwethaf"),
        ("2 days", "(5 mewn unrhyw gyfnod o 2 ddiwrnod)", "yn y 2 ddiwrnod diwethaf"),
        ("30 days", "(5 mewn unrhyw gyfnod o 30 diwrnod)", "yn y 30 diwrnod diwethaf"),
    ],
}
_DOUBLED = re.compile(r"\b(\w+)\s+\1\b|([\u4e00-\u9fff]{1,2})\s?\2", re.IGNORECASE)
"""A word, or one or two characters of Japanese or Chinese, said twice in a row."""


def table(language: str, unit: str) -> list[str]:
    """What the language says for each of the numbers."""
    texts = load_texts((language,), None)
    return [texts.term(Term.parse(f"{n} {unit}s")) for n in NUMBERS]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_are_in_the_grammar_of_the_language(language, unit):
    """Duals, plurals and cases as a sentence asks for them."""
    assert TERMS[language][unit].split("|") == table(language, unit)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rolling_window_says_how_many_in_how_long(language):
    """While some are left, and when they are used up."""
    for length, left, used in ROLLING[language]:
        stage = Stage(make_policy(window=Window(rolling=length)))
        said = [
            render(stage.read(count), stage.policy, locale=language, format="text")
            for count in (1, 5, 6)
        ]
        assert left in said[0].splitlines()[0]
        assert left in said[1].splitlines()[0]
        assert used in said[2].splitlines()[1]
        assert left not in said[2]


@pytest.mark.parametrize(
    ("language", "left", "used"),
    [
        ("en", "You have 4 free articles left until June 12th", "5 free articles (more from June"),
        ("fr", "Il vous reste 4 articles gratuits jusqu’au 12 juin", "(d’autres dès le 12 juin)"),
        ("es", "Te quedan 4 artículos gratis hasta el 12 de junio", "(más a partir del 12 de"),
        ("pt", "Você ainda tem 4 artigos gratuitos até 12 de junho", "(mais a partir de 12 de"),
        (
            "it",
            "Hai ancora 4 articoli gratuiti fino al 12 giugno",
            "(ne avrai di nuovo dal 12 giugno)",
        ),
        ("zh-Hant", "6月12日前免費文章還剩4篇", "您6月12日前的5篇免費文章"),
        ("ja", "6月12日までにお読みいただける無料記事はあと4本です", "6月12日までにお読み"),
        ("ar", "بقيت لديك 4 مقالات مجانية حتى 12 يونيو", "(المزيد ابتداءً من 12 يونيو)"),
        ("ru", "У вас осталось 4 бесплатные статьи до 12 июня", "(новые появятся 12 июня)"),
        ("pl", "Pozostały Ci 4 bezpłatne artykuły do 12 czerwca", "(kolejne od 12 czerwca)"),
        ("cy", "Mae gennych 4 erthygl am ddim yn weddill tan 12 Mehefin", "(rhagor ar gael o 12"),
        ("de", "Noch 4 kostenlose Artikel bis zum 12. Juni", "(weitere ab dem 12. Juni)"),
        ("nl", "U heeft nog 4 gratis artikelen tot en met 12 juni", "(meer vanaf 12 juni)"),
        ("sv", "Du har 4 gratisartiklar kvar till och med den 12 juni", "(fler från den 12 juni)"),
        ("nb", "Du har 4 gratisartikler igjen til og med 12. juni", "(flere fra 12. juni)"),
    ],
)
def test_a_fixed_window_says_until_when(language, left, used):
    """Its first read was on 10 June, so the day it ends on is known."""
    stage = Stage(make_policy(window=Window(fixed="2 days")))
    first = render(stage.read(1), stage.policy, locale=language, format="text").splitlines()[0]
    wall = render(stage.read(6), stage.policy, locale=language, format="text").splitlines()[1]
    assert left == first
    assert used in wall


@pytest.mark.parametrize("window", [Window(rolling="30 days"), Window(fixed="2 days")])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 5, 6])
def test_every_format_says_the_same_of_a_window(window, language, count):
    """Text, HTML and JSON, in both layouts."""
    policy = make_policy(window=window)
    decision = Stage(policy).read(count)
    parts = json.loads(render(decision, policy, locale=language, format="json"))
    said = [parts["heading"], *parts["lines"]]
    text = render(decision, policy, locale=language, format="text").splitlines()
    assert set(said) <= set(text)
    for layout in ("wide", "narrow"):
        page = read(render(decision, policy, locale=language, layout=layout))
        assert said == page.lines[: len(said)]


def phrases(language: str, n: int) -> list[str]:
    """Every phrase of a language that has a number of units in it."""
    texts = load_texts((language,), None)
    found = []
    for unit in UNITS:
        term = texts.term(Term.parse(f"{n} {unit}s")) if n else texts.count(f"term-{unit}", 0)
        for key in ("trial", "subscription"):
            found.append(texts.say("offer", key, term=term, price="$9"))
            found.append(texts.say("offer", f"{key}-at-no-charge", term=term, price="$0"))
    for unit in ("hours", "days"):
        for counted, which in (("left", "any"), ("used", "last")):
            period = texts.count(f"{which}-{unit}", n, limit="3")
            found.append(texts.count(counted, 3, period=period))
    for key, counted in (("until", "left"), ("again", "used")):
        period = texts.say("period", key, until=f"X{n}", start=f"Y{n}")
        found.append(texts.count(counted, n, period=period))
    for unit in UNITS:
        period = texts.say("period", unit)
        found += [texts.count(counted, n, period=period) for counted in ("left", "used")]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_of_every_number_is_well_formed(language):
    """Nothing twice, nothing left unfilled, no space too many, and every bracket closed."""
    for n in range(102):
        for phrase in phrases(language, n):
            assert not _DOUBLED.search(phrase), phrase
            assert not re.search(r"[{}]|  |^ | $|\( | \)|duration", phrase), phrase
            assert phrase.count("(") == phrase.count(")"), phrase
            assert language not in ("ja", "zh-Hant") or not re.search(r"\d\s|\s\d", phrase), phrase


def test_the_unit_of_a_japanese_term_stands_once():
    """Two weeks are not two weeks' weeks."""
    stage = Stage(make_policy(offer=make_offer(term="2 weeks")))
    assert "2週間$9で試す" in read(render(stage.read(1), stage.policy, locale="ja")).lines


def test_a_language_of_the_publishers_has_the_terms_of_cldr(tmp_path):
    """Where its file does not say them, and never those of English."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "da.toml").write_text('[offer]\ntrial = "{term} for {price}"\n')
    (tmp_path / "texts" / "ja.toml").write_text('[term-month]\nother = "{n}ヶ月"\n')
    stage = Stage(make_policy(offer=make_offer()))
    for tag, said in (("da-DK", "3 måneder for 9\u00a0USD"), ("ja", "3ヶ月$9で試す")):
        page = read(render(stage.read(1), stage.policy, locale=tag, folder=tmp_path))
        assert said in page.lines


def test_a_language_may_leave_out_the_categories_it_says_alike(tmp_path):
    """`one` and `other` are enough where CLDR asks for `few`: `other` stands in, and nothing else.

    Plural forms belong together: none of ours is put between those of the publisher.
    """
    (tmp_path / "texts").mkdir()
    tables = ("left", "used", "any-days", "last-days", "term-month")
    words = "".join(f'[{name}]\none = "{name} jeden"\nother = "{name}: {{n}}"\n' for name in tables)
    (tmp_path / "texts" / "pl.toml").write_text(words)
    texts = load_texts(("pl",), tmp_path)
    for name in tables:
        said = [texts.count(name, n) for n in (1, 2, 5, 22)]
        assert [f"{name} jeden", f"{name}: 2", f"{name}: 5", f"{name}: 22"] == said
    stage = Stage(make_policy())
    said = [
        render(stage.read(count), stage.policy, locale="pl", format="text", folder=tmp_path)
        for count in (1, 4)
    ]
    assert ["left: 4", "left jeden"] == [text.splitlines()[0] for text in said]
