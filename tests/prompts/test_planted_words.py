"""The tests of the prompts' words catch what goes wrong with words, each planted in a copy."""

from __future__ import annotations

import pytest

from tests.laws.test_planted_bugs import Bug, copy_with, run_suite
from tests.planted import some

PHRASES = "prompts/test_phrases.py"
LANGUAGES = "prompts/test_languages.py"
DEADLINES = "prompts/test_deadlines.py"
SPEAKING_TO = "prompts/test_speaking_to.py"
DECLARED = "prompts/test_declared.py"
NOUNS = "prompts/test_nouns.py"
TRANSLATIONS = "prompts/test_translations.py"
AHEAD = "prompts/test_ahead.py"
SELLING = "prompts/test_selling.py"
MARKUP = "prompts/test_markup.py"
KEPT = "prompts/test_kept.py"
BUGS = {
    PHRASES: (
        Bug(
            "a language that says two categories alike is refused",
            "prompts/texts.py",
            'forms.get(category, forms.get("other"))',
            "forms.get(category)",
        ),
        Bug(
            "the text of a number of its own is not looked for",
            "prompts/texts.py",
            "forms.get(str(n)) or forms.get(",
            "forms.get(",
        ),
        Bug(
            "a term is pasted in from CLDR",
            "prompts/texts.py",
            "if table in self.tables:",
            "if table in ():",
        ),
        Bug(
            "a language of the publisher's has English terms",
            "prompts/texts.py",
            "lent = _stand_in(sources.tables(other.words))",
            "lent = sources.tables(other.words)",
        ),
        Bug(
            "half of the plural forms are another language's",
            "prompts/texts.py",
            "whole = table in COUNTED or",
            'whole = table in ("left",) or',
        ),
        Bug(
            "what is used up is told as what is left",
            "prompts/parts/counted.py",
            'f"last-{unit}" if self._is_used_up else f"any-{unit}"',
            'f"any-{unit}"',
        ),
    ),
    TRANSLATIONS: (
        Bug(
            "a chain stands at the end of what is asked for",
            "resources/locales.py",
            "found |= dict.fromkeys(chains[named])",
            "found = {**dict.fromkeys(wanted), **dict.fromkeys(chains[named])}",
        ),
        Bug(
            "a lent sentence takes the plural of the language that borrows it",
            "prompts/texts.py",
            "plural(n, self.borrowed.get(table, self.locale))",
            "plural(n, self.locale)",
        ),
        Bug(
            "what a language inherits from does not lie under it",
            "prompts/texts.py",
            "for tag in reversed(lineage(words, self.tags)):",
            "for tag in [words]:",
        ),
        Bug(
            "a chain lends only what ships",
            "prompts/texts.py",
            "if best_match(tag, known) is not None:",
            "if best_match(tag, shipped_texts()) is not None:",
        ),
        Bug(
            "a country has its own headline or nothing",
            "prompts/parts/__init__.py",
            "for tag in lineage(choice.words, having)]",
            "for tag in having if tag == choice.words]",
        ),
        Bug(
            "millions are counted",
            "resources/locales.py",
            "numbers = (*range(1, 1_200), *range(2_000, 1_000_000, 1_000))",
            "numbers = (*range(1, 1_200), *range(2_000, 1_001_000, 1_000))",
        ),
        Bug(
            "a place is passed over",
            "prompts/variables.py",
            "before):08x}{ending}",
            "before):08x}",
        ),
    ),
    LANGUAGES: (
        Bug(
            "the publisher's words are told as those of another language",
            "prompts/parts/__init__.py",
            "choice.words if copies else str(choice.locale)",
            "str(choice.locale) if copies else choice.words",
        ),
        Bug(
            "any script will do",
            "resources/locales.py",
            "if key[:2] == wanted.key[:2]:",
            "if key[:1] == wanted.key[:1]:",
        ),
        Bug(
            "what is liked least comes first",
            "prompts/languages.py",
            "key=lambda item: -item[0]",
            "key=lambda item: item[0]",
        ),
        Bug(
            "what is refused is served", "prompts/languages.py", "and weight > 0", "and weight >= 0"
        ),
    ),
    DEADLINES: (
        Bug(
            "the moment before is taken off the clock",
            "explanation/words.py",
            "return moment(end - 1, zone).date()",
            "return (moment(end, zone) - (moment(1, zone) - moment(0, zone))).date()",
        ),
        Bug(
            "an end is told without its year",
            "prompts/deadlines.py",
            "year = day.year != today.year",
            "year = False",
        ),
        Bug(
            "a start is told a minute early",
            "prompts/deadlines.py",
            "-(-start // _MINUTE)",
            "(start // _MINUTE)",
        ),
        Bug(
            "a time is remembered for every zone",
            "prompts/locales.py",
            "def time_text(",
            "@lru_cache(maxsize=1024)\ndef time_text(",
        ),
        Bug(
            "a prompt is remembered from another day",
            "prompts/rendering.py",
            "decision.at.astimezone(policy.zone).date(),",
            "date.min,",
        ),
    ),
    SPEAKING_TO: (
        Bug(
            "whoever lapsed is asked to sign in",
            "prompts/parts/__init__.py",
            "!= Status.ANONYMOUS",
            "== Status.REGISTERED",
        ),
        Bug(
            "a prompt is remembered from another reader",
            "prompts/rendering.py",
            "is_signed_in(decision),",
            "False,",
        ),
        Bug("a price is not isolated", "prompts/locales.py", '"rtl": {"L"}', '"rtl": set()'),
    ),
    DECLARED: (
        Bug(
            "zero is counted",
            "prompts/parts/declared.py",
            "Needs.LEFT: reading is not None and bool(reading.left)",
            "Needs.LEFT: reading is not None",
        ),
        Bug(
            "a button leads where another language's does",
            "prompts/parts/declared.py",
            "link=words.link or prompt.link",
            "link=prompt.link",
        ),
        Bug(
            "numbers are counted in the reader's language",
            "prompts/parts/__init__.py",
            "locale = says.language.locale",
            'locale = type(says.language.locale)("en")',
        ),
        Bug(
            "a prompt is remembered from another country",
            "prompts/rendering.py",
            "        country_of(decision),",
            '        "",',
        ),
        Bug(
            "a translation needs nothing of its rule",
            "policy/faults/prompts.py",
            "map(_needs, _every_language(policy, prompt))",
            "map(_needs, [prompt])",
        ),
    ),
    AHEAD: (
        Bug(
            "an account is praised that does not open this",
            "prompts/parts/ahead.py",
            "    unknown |= _counted_but(rulebook, fresh.spend)\n    if not all(",
            "    if False and not all(",
        ),
        Bug(
            "what an account has counted is taken to be nothing",
            "prompts/parts/ahead.py",
            "    unknown |= _counted_but(rulebook, fresh.spend)\n",
            "",
        ),
        Bug(
            "what was counted before is not carried over",
            "prompts/parts/ahead.py",
            "return limit > before if",
            "return True if",
        ),
        Bug(
            "an account is one that registered at no time",
            "prompts/parts/ahead.py",
            "slots[place].code(0)",
            "None",
        ),
        Bug(
            "of meters spent together the most is promised",
            "prompts/parts/allowances.py",
            "least = min(",
            "least = max(",
        ),
        Bug(
            "a meter of another window is not looked at",
            "prompts/parts/allowances.py",
            "return together and _lies_within(one.window, two.window)",
            "return together",
        ),
        Bug(
            "a meter that other rules spend is not looked at",
            "prompts/parts/allowances.py",
            "return together and _lies_within(",
            "return _lies_within(",
        ),
        Bug(
            "a reader is told to come back to what stays closed",
            "prompts/parts/ahead.py",
            "    return all(rule.opens for rule in possible_rules(rulebook, facts, unknown))",
            "    return True",
        ),
        Bug(
            "an article is as old when one comes back",
            "prompts/parts/ahead.py",
            '_AGES = ("hour", *LENGTHS)',
            '_AGES = ("hour",)',
        ),
        Bug(
            "a trial is taken to last",
            "prompts/parts/ahead.py",
            'decision.facts["reader"] == Status.TRIAL',
            "False",
        ),
        Bug(
            "who comes back does so at once",
            "prompts/parts/ahead.py",
            '_AGES = ("hour", *LENGTHS)',
            "_AGES = LENGTHS",
        ),
        Bug(
            "the day that one comes back is as today",
            "prompts/parts/ahead.py",
            "facts[place] = first[place]",
            "pass",
        ),
        Bug(
            "the day that one comes back does not go by",
            "prompts/parts/ahead.py",
            "first[place] != last[place]",
            "not first",
        ),
    ),
    SELLING: (
        Bug(
            "an account is praised that gives no more",
            "prompts/parts/ahead.py",
            "given.limit <= was",
            "given.limit < was",
        ),
        Bug(
            "an allowance is promised that hangs on more",
            "prompts/parts/ahead.py",
            "unknown = _unseen(decision)",
            "unknown = frozenset()",
        ),
        Bug(
            "a week's allowance is compared with a month's",
            "prompts/parts/ahead.py",
            "alike = told.window == other.window and ",
            "alike = ",
        ),
        Bug(
            "a prompt is remembered with another reader's account",
            "prompts/rendering.py",
            "        look_ahead(decision),",
            "        Ahead(gain=None, returns=False),",
        ),
        Bug(
            "a noun without sentences is counted as articles",
            "prompts/parts/selling.py",
            "texts.count_of(noun, table, gain.limit,",
            "texts.count_of(None, table, gain.limit,",
        ),
    ),
    MARKUP: (
        Bug(
            "a wall can be closed away",
            "prompts/rendering.py",
            "(is_wall or decision.prompt == _LABEL)",
            "(decision.prompt == _LABEL)",
        ),
        Bug(
            "two prompts of one kind have one id",
            "prompts/variables.py",
            "for value in values]",
            "for value in ()]",
        ),
    ),
    KEPT: (
        Bug(
            "words of a window that rolls forget the limit",
            "prompts/laid/drafts.py",
            "return reading.left, None if self._window.rolling is None else reading.limit",
            "return (reading.left,)",
        ),
        Bug(
            "words of a moment that one reader has are kept",
            "prompts/laid/drafts.py",
            "if reading.resets_at is not None and self._window.calendar is None:",
            "if False:",
        ),
        Bug(
            "what is counted is not escaped in a draft",
            "prompts/laid/drafts.py",
            'if self._look.form == "html":',
            'if self._look.form == "":',
        ),
        Bug(
            "a draft is filled in where it holds a mark",
            "prompts/laid/drafts.py",
            "_MARK not in printed and",
            "True and",
        ),
        Bug(
            "a draft serves where a few are left",
            "prompts/laid/kept.py",
            "if decision.meter is None or not has_enough(decision):",
            "if decision.meter is None:",
        ),
        Bug(
            "a text is kept from another count",
            "prompts/laid/kept.py",
            '_TOLD = attrgetter("name", "limit", "used", "left", "resets_at")',
            '_TOLD = attrgetter("name", "limit", "resets_at")',
        ),
        Bug(
            "a draft is kept from another zone's day",
            "prompts/laid/kept.py",
            "today = at.astimezone(zone).date()",
            "today = at.date()",
        ),
    ),
    NOUNS: (
        Bug(
            "the catalog's word comes before the publisher's",
            "prompts/parts/counted.py",
            "if tag is not None:",
            "if tag is not None and self.texts.noun(name) is None:",
        ),
        Bug(
            "a window counts in articles",
            "prompts/parts/counted.py",
            "texts.count_of(self._noun, table,",
            "texts.count_of(None, table,",
        ),
        Bug(
            "the form is that of another number",
            "prompts/texts.py",
            "form = noun.form(plural(n, self.locale))",
            "form = noun.form(plural(n + 1, self.locale))",
        ),
    ),
}


def test_the_words_pass_on_an_unchanged_copy(tmp_path):
    """So that a failure below is the bug's."""
    done = run_suite(copy_with(tmp_path, None), tuple(BUGS))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    ("suite", "bug"),
    [
        pytest.param(suite, bug, id=bug.name.replace(" ", "-"))
        for suite, bug in some((suite, bug) for suite, bugs in BUGS.items() for bug in bugs)
    ],
)
def test_the_words_catch_a_planted_bug(suite, bug, tmp_path):
    """Some test fails, as a test and not by accident."""
    done = run_suite(copy_with(tmp_path, bug), (suite,))
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]
