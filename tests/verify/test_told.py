"""What `check` tells: for every code a policy that earns it, and a neighbour that does not."""

from __future__ import annotations

from datetime import date

import pytest

from meter.loading import check_text
from meter.loading.lints import LINTS
from meter.verify.lints import CODES, lints

HEAD = """\
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[meters.monthly]
window = { calendar = "month" }
limit = 3

[offers.summer]
kind = "subscription"
price = 9
currency = "USD"
term = "3 months"

"""
PAYING = """\
[[rules]]
name = "paying"
when = { reader = ["subscriber", "trial", "staff"] }
show = "article"

"""
FREE = """\
[[rules]]
name = "free"
when = { access = ["free"] }
show = "article"

"""
OVER = """\
[[rules]]
name = "it is over"
when = { reader = ["subscription-expired"] }
show = "subscription-expired"

"""
TRIAL_OVER = OVER.replace("it is", "the trial is").replace("subscription-", "trial-")
METER = """\
[[rules]]
name = "an allowance"
spend = "monthly"
show = "countdown"

"""
LAST = """\
[[rules]]
name = "everyone else"
show = "subscription-wall"
offer = "summer"
"""
WELL = HEAD + PAYING + FREE + TRIAL_OVER + OVER + METER + LAST


def with_limit(limit: str, text: str = WELL) -> str:
    """Return a policy with another line for the limit of its meter."""
    return text.replace("limit = 3\n", f"{limit}\n")


def with_rule(rule: str, before: str = METER) -> str:
    """Return the policy with one more rule."""
    return WELL.replace(before, f"[[rules]]\n{rule}\n\n{before}")


def without(part: str, text: str = WELL) -> str:
    """Return a policy without a part."""
    assert part in text
    return text.replace(part, "")


MACHINES = '[machines]\nsite = "https://www.example.com"\ntrain_ai = true\n\n'
TEST = '\n[experiments.price]\nseed = "price-test"\nvariants = { control = 0.5, nine = 0.5 }\n'
ASKED = with_rule(
    'name = "a test"\nwhen = { experiment = { price = ["nine"] } }\nshow = "subscription-wall"'
)
GIVING = (
    WELL.replace(METER, f'{METER.strip()}\nprompt = "give"\n\n')
    + '[prompts.give]\nheading = "Give"\nonce = true\ngroup = "asks"\n'
)
DAILY = '{ times = 1, window = { calendar = "day" } }'
WEEKLY = '{ times = 6, window = { calendar = "week" } }'
MONTHLY = '{ times = 40, window = { calendar = "month" } }'
ROLLING = '{ times = 1, window = { rolling = "1 day" } }'
SHOWN = 'quiet_after = { shown = "1 hour" }'
BAR = '[prompts.bar]\nheading = "Bar"\ngroup = "asks"\n'
HEARD = '[meters.heard]\nwindow = { calendar = "month" }\nlimit = "none"\ncounts = {}\n'
FIFTH = 'every = { meter = "heard", views = 5 }\n'
TOLD = {
    "odd-timezone": [
        (
            WELL.replace("Asia/Tokyo", "Etc/GMT+9"),
            'timezone = "Etc/GMT+9"',
            "name a city, such as `America/Anchorage` (9 hours behind UTC) or `Asia/Tokyo`",
        ),
        (WELL.replace("Asia/Tokyo", "EST"), 'timezone = "EST"', "did you mean `America/New_York`?"),
    ],
    "language-not-shipped": [
        (
            WELL.replace('"Asia/Tokyo"', '"Europe/Istanbul"\nlocale = "tr"'),
            'locale = "tr"',
            "write them under `[copy.tr.texts]`",
        ),
        (WELL + '[copy]\npitch = "a"\n[copy.tr]\npitch = "b"\n', "[copy.tr]", "write them under"),
    ],
    "draft-language": [
        (
            WELL.replace('"Asia/Tokyo"', '"Europe/London"\nlocale = "cy"'),
            'locale = "cy"',
            "let somebody read them before they go live",
        ),
        (WELL + '[copy]\npitch = "a"\n[copy.cy]\npitch = "b"\n', "[copy.cy]", "let somebody"),
    ],
    "unreachable-rule": [
        (
            WELL + '[[rules]]\nname = "hidden"\nshow = "subscription-wall"\n',
            'name = "hidden"',
            "move it before `everyone else`, or remove it",
        )
    ],
    "unspent-meter": [
        (without(METER), "[meters.monthly]", 'add `spend = "monthly"` to a rule'),
    ],
    "zero-limit": [
        (with_limit("limit = 0"), 'spend = "monthly"', "raise the limit, or remove the rule"),
    ],
    "offer-over": [
        (
            WELL.replace('term = "3 months"', 'term = "3 months"\nends = 2026-05-31'),
            "ends = 2026-05-31",
            "give it a later `ends`",
        )
    ],
    "unused-offer": [
        (without('offer = "summer"\n'), "[offers.summer]", 'add `offer = "summer"` to a rule'),
    ],
    "missing-offer": [
        (
            WELL.replace('"subscription-wall"\noffer = "summer"', '"trial-offer"'),
            'show = "trial-offer"',
            "add `offer`, or show `subscription-wall`",
        )
    ],
    "unseen-offer": [
        (
            WELL.replace(FREE, FREE.rstrip() + '\noffer = "summer"\n\n'),
            'offer = "summer"',
            "add the `prompt` that is to tell of it, or remove `offer`",
        )
    ],
    "limit-gap": [
        (
            with_limit('limits = [ { when = { segments = ["a"] }, limit = 3 } ]'),
            "limits = [",
            "add a last one without `when`",
        )
    ],
    "copy-gap": [
        (
            WELL + '[copy]\nheadline = "a"\n[copy.ja]\npitch = "b"\n',
            "[copy.ja]",
            "add `headline` in `ja`",
        )
    ],
    "unused-plural": [
        (
            WELL + '[copy.texts.left]\none = "{n} {period}"\nfew = "a"\nother = "{n} {period}"\n',
            "[copy.texts.left]",
            "its forms are `one` and `other`",
        ),
    ],
    "missing-placeholder": [
        (
            WELL + '[copy.da.texts.offer]\nends = "snart"\n',
            'ends = "snart"',
            "say it: every language that ships has `{day}` there",
        ),
    ],
    "odd-price": [
        (WELL.replace("price = 9", "price = 9.999"), "price = 9.999", "write the price as it is"),
    ],
    "limit-by-article": [
        (
            with_limit('limits = [ { when = { tags = ["x"] }, limit = 1 }, { limit = 3 } ]'),
            "limits = [",
            "make two meters, each spent by a rule with this condition in its `when`",
        ),
        (
            with_limit(
                'limits = [ { when = { not = { section = ["a"] } }, limit = 1 }, { limit = 3 } ]'
            ),
            "limits = [",
            "make two meters",
        ),
    ],
    "unknown-code": [
        (
            with_rule('name = "abroad"\nwhen = { country = ["UK"] }\nshow = "article"'),
            'when = { country = ["UK"] }',
            "did you mean `GB`?",
        ),
        (
            with_rule('name = "abroad"\nwhen = { language = ["jp"] }\nshow = "article"'),
            'when = { language = ["jp"] }',
            "did you mean `ja`?",
        ),
    ],
    "odd-word": [
        (
            with_rule('name = "sport"\nwhen = { section = ["sport/*"] }\nshow = "article"'),
            'when = { section = ["sport/*"] }',
            "did you mean `sport`?",
        ),
        (
            with_rule('name = "social"\nwhen = { referrer = ["facebook"] }\nshow = "article"'),
            'when = { referrer = ["facebook"] }',
            "write the whole host, such as `facebook.com`",
        ),
        (
            with_rule('name = "social"\nwhen = { referrer = ["direct"] }\nshow = "article"'),
            'when = { referrer = ["direct"] }',
            '`""` is no referrer at all',
        ),
        (
            with_rule('name = "social"\nwhen = { referrer = ["newsletter"] }\nshow = "article"'),
            'when = { referrer = ["newsletter"] }',
            'that is a channel: `channel = ["newsletter"]`',
        ),
    ],
    "unknown-prompt": [
        (
            WELL.replace('offer = "summer"\n', 'prompt = "sponsered"\n'),
            'prompt = "sponsered"',
            "did you mean `sponsored`?",
        )
    ],
    "rule-never-fires": [
        (
            with_rule(
                'name = "premium"\nwhen = { access = ["premium"] }\nspend = "monthly"\n'
                'show = "countdown"'
            ),
            'name = "premium"',
            "to open them without counting, remove `spend` and show `article`",
        ),
        (
            with_limit(
                "limit = { anonymous = 3, registered = 3 }",
                with_rule(
                    'name = "staff"\nwhen = { reader = ["staff"], access = ["metered"] }\n'
                    'spend = "monthly"\nshow = "article"',
                    PAYING,
                ),
            ),
            'name = "staff"',
            "the limit of its meter is 0 for every reader it would match",
        ),
        (
            with_rule(
                'name = "none"\nwhen = { segments = { any = ["a"], none = ["a"] } }\n'
                'show = "article"',
                PAYING,
            ),
            'name = "none"',
            "its conditions contradict each other: leave one of them out",
        ),
    ],
    "rule-changes-nothing": [
        (
            with_rule('name = "phones"\nwhen = { device = ["p"] }\nspend = "monthly"\n')
            .replace('device = ["p"] }\nspend = "monthly"', 'device = ["p"] }\nspend = "monthly"')
            .replace('spend = "monthly"\n\n\n', 'spend = "monthly"\nshow = "countdown"\n\n'),
            'name = "phones"',
            "remove it, or change what it shows; `an allowance` would do the same",
        )
    ],
    "offer-never-shows": [
        (
            WELL.replace(
                'term = "3 months"', 'term = "3 months"\nwhen = { reader = ["subscriber"] }'
            ),
            "[offers.summer]",
            "compare the offer's `when` and dates with those of the rules",
        )
    ],
    "offer-needs-country": [
        (
            WELL.replace('term = "3 months"', 'term = "3 months"\nwhen = { country = ["US"] }'),
            'offer = "summer"',
            "end a list with an offer whose `when` does not ask for the country",
        )
    ],
    "undeclared-product": [
        (
            "[products.all]\n"
            + WELL.replace('term = "3 months"', 'term = "3 months"\nproduct = "al"'),
            'product = "al"',
            "declare it under `[products.al]`; did you mean `all`?",
        )
    ],
    "gifts-open-nothing": [
        (WELL + "[gifts]\nreaders = 5\n", "[gifts]", "add `when = { covered = true }` to a rule"),
        (
            with_rule('name = "no gifts"\nwhen = { not = { gift = true } }\nshow = "article"')
            + "[gifts]\n",
            "[gifts]",
            "",
        ),
        (
            with_rule('name = "thanks"\nwhen = { gift = true }\nshow = "wall"') + "[gifts]\n",
            "[gifts]",
            "",
        ),
    ],
    "unused-prompt": [
        (WELL + '[prompts.sale]\nheading = "Sale"\n', "[prompts.sale]", ""),
    ],
    "split-night": [
        (
            with_rule(
                'name = "late"\nwhen = { hour = { at_least = 22, below = 3 },'
                ' weekday = ["friday"] }\nshow = "article"'
            ),
            "when = { hour",
            "",
        )
    ],
    "last-free-skipped": [
        (
            with_rule(
                'name = "ask"\nwhen = { left = { monthly = { at_most = 1 } } }\n'
                'show = "registration-wall"'
            ),
            'name = "ask"',
            "move `ask` below `an allowance`, without `left`",
        ),
        (
            WELL.replace(
                'spend = "monthly"\n',
                'when = { left = { monthly = { at_least = 1 } } }\nspend = "monthly"\n',
            ),
            'name = "everyone else"',
            "leave `left` out of `an allowance`: it spends while anything is left",
        ),
        (
            with_rule(
                'name = "quiet"\nwhen = { section = ["a"] }\nspend = "monthly"\nshow = "article"'
            ),
            'name = "quiet"',
            "show `countdown` wherever `monthly` is spent",
        ),
    ],
    "free-walled": [
        (
            without(FREE).replace("spend =", 'when = { access = ["metered"] }\nspend ='),
            'name = "everyone else"',
            'add a rule above, with `when = { access = ["free"] }` and `show = "article"`',
        ),
        (
            without(TRIAL_OVER + OVER, without(FREE)).replace(
                "spend =", 'when = { access = ["metered"] }\nspend ='
            ),
            'name = "everyone else"',
            (
                'add a rule above, with `when = { access = ["free"] }` and `show = "article"`;'
                " or take `access` out of `an allowance`"
            ),
        ),
        (
            without(FREE, with_rule('name = "a"\nwhen = { device = ["d"] }\nshow = "article"')),
            'name = "the trial is over"',
            "add a rule above",
        ),
    ],
    "paying-limit-zero": [
        (
            with_limit(
                "limit = { anonymous = 3, registered = 5, subscriber = 0 }", without(PAYING)
            ),
            "limit = { anonymous = 3",
            'let them in by a rule above, with `when = { reader = ["subscriber"] }`',
        ),
        (
            with_limit("limit = { anonymous = 3, registered = 5 }", without(PAYING)),
            "limit = { anonymous = 3",
            'let them in by a rule above, with `when = { reader = ["trial", "subscriber", "staff"]',
        ),
        (
            with_limit(
                'limits = [ { when = { reader = ["staff"] }, limit = 0 }, { limit = 3 } ]',
                without(PAYING),
            ),
            "limits = [",
            'let them in by a rule above, with `when = { reader = ["staff"] }`',
        ),
    ],
    "registering-loses": [
        (
            with_limit("limit = { anonymous = 3 }"),
            "limit = { anonymous = 3 }",
            "give registered readers a limit too: a status that no limit names gets 0",
        ),
        (
            WELL.replace("spend =", 'when = { reader = ["anonymous"] }\nspend ='),
            'name = "an allowance"',
            "let `an allowance` hold for registered readers too",
        ),
    ],
    "limits-forget-expired": [
        (
            with_limit(
                'limits = [ { when = { reader = ["registered"] }, limit = 5 }, { limit = 3 } ]',
                without(TRIAL_OVER + OVER),
            ),
            "limits = [",
            (
                'if they are to read as many, write `reader = ["registered", "trial-expired",'
                ' "subscription-expired"]`'
            ),
        ),
        (
            with_limit(
                'limits = [ { when = { reader = ["registered"] }, limit = 5 }, { limit = 3 } ]',
                without(OVER),
            ),
            "limits = [",
            'if they are to read as many, write `reader = ["registered", "subscription-expired"]`',
        ),
    ],
    "crawler-metered": [
        (
            WELL.replace("spend =", "when = { crawler = true }\nspend ="),
            'spend = "monthly"',
            "decide for crawlers in a rule above, with `when = { crawler = true }`",
        ),
        (
            with_rule(
                'name = "found"\nwhen = { crawler = true, section = ["a"] }\nshow = "article"'
            ),
            'spend = "monthly"',
            "decide for crawlers",
        ),
    ],
    "usage-refused": [
        (
            '[publication]\nname = "P"\n'
            + MACHINES
            + '[[rules]]\nname = "no"\nwhen = { crawler = ["training"] }\nshow = "wall"\n'
            + '[[rules]]\nname = "open"\nshow = "article"\n',
            "train_ai = true",
            'add a rule above, with `when = { crawler = ["training"] }`',
        ),
    ],
    "usage-opened": [
        (
            MACHINES.replace("true", "false")
            + with_rule('name = "all"\nwhen = { crawler = true }\nshow = "article"'),
            'name = "all"',
            "name other classes in the rule's `crawler`",
        ),
    ],
    "unasked-experiment": [
        (WELL + TEST, "[experiments.price]", ""),
    ],
    "lone-variant": [
        (ASKED + TEST.replace("control = 0.5", "control = 0"), "variants = {", ""),
    ],
    "lonely-group": [
        (
            GIVING,
            'group = "asks"',
            "name it for another prompt too, or take `group` out",
        ),
    ],
    "idle-cap": [
        (
            GIVING.replace("once = true", f"once = true\nat_most = {DAILY}"),
            f"at_most = {DAILY}",
            "take it out, or let it allow less",
        ),
        (
            GIVING.replace("once = true", f"at_most = {ROLLING}\n{SHOWN}"),
            SHOWN,
            "take it out, or let it allow less",
        ),
    ],
    "never-due": [
        (
            GIVING + FIFTH + HEARD.replace('"none"', "4"),
            FIFTH.strip(),
            "let `views` be smaller, or the limit of the meter larger",
        )
    ],
    "idle-stand-in": [
        (
            GIVING + f'instead = "bar"\n{BAR}once = true\n',
            'instead = "bar"',
            "let `bar` be shown more often, or take it out of the group",
        )
    ],
    "unknown-escapes-wall": [
        (
            with_rule(
                'name = "abroad"\nwhen = { access = ["metered"], not = { country = ["JP"] } }\n'
                'show = "subscription-wall"'
            ),
            'when = { access = ["metered"], not = { country = ["JP"] } }',
            "turn it round: a rule for this `country` above, and the wall without this condition",
        ),
        (
            with_rule(
                'name = "w"\n'
                "when = { any = [ { not = { any = [ { score = { below = 0.5 } } ] } } ] }\n"
                'show = "registration-wall"'
            ),
            "when = { any = [ { not = { any = [ { score = { below = 0.5 } } ] } } ] }",
            "turn it round: a rule for this `score` above",
        ),
    ],
    "unknown-gets-no-offer": [
        (
            WELL.replace(
                'term = "3 months"', 'term = "3 months"\nwhen = { not = { country = ["US"] } }'
            ),
            'when = { not = { country = ["US"] } }',
            "give the rule an offer for whoever is left, without this condition",
        )
    ],
    "status-falls-through": [
        (
            without(OVER),
            'name = "everyone else"',
            'add a rule with `when = { reader = ["subscription-expired"] }`',
        )
    ],
    "silent-order": [
        (
            with_rule('name = "live"\nwhen = { tags = ["live"] }\nshow = "article"', OVER),
            'name = "live"',
            'if that is meant, say so in a guarantee with `always = ["article"]`; otherwise swap',
        )
    ],
}
"""Policies that earn a code, the line it is told at, and how its next step begins."""

SILENT = {
    "idle-cap": [
        GIVING.replace("once = true", f"at_most = [{DAILY}, {WEEKLY}]"),
        # Another prompt of the group may be shown more often.
        GIVING.replace("once = true", f"at_most = [{DAILY}, {MONTHLY}]") + BAR + "once = true\n",
    ],
    "never-due": [GIVING + FIFTH + HEARD, GIVING + FIFTH + HEARD.replace('"none"', "5")],
    "idle-stand-in": [
        GIVING + f'instead = "bar"\n{BAR}at_most = {DAILY}\n',
        GIVING.replace("once = true", 'once = true\nquiet_after = { closed = "1 day" }')
        + f'instead = "bar"\n{BAR}once = true\n',
    ],
    "unasked-experiment": [ASKED + TEST],
    "lone-variant": [ASKED + TEST],
    "lonely-group": [
        GIVING
        + 'instead = "later"\n[prompts.later]\nheading = "Later"\nonce = true\ngroup = "asks"\n'
    ],
    "gifts-open-nothing": [
        WELL.replace('reader = ["subscriber", "trial", "staff"]', "covered = true") + "[gifts]\n",
        with_rule(
            'name = "given"\nwhen = { any = [ { gift = true }, { tags = ["open"] } ] }\n'
            'show = "article"'
        )
        + "[gifts]\n",
    ],
    "unused-plural": [
        WELL + '[copy.texts.left]\none = "{n} {period}"\nother = "{n} {period}"\n',
    ],
    "missing-placeholder": [WELL + '[copy.da.texts.offer]\nends = "{day}"\n'],
    "odd-timezone": [WELL.replace("Asia/Tokyo", "Etc/UTC"), WELL.replace("Asia/Tokyo", "Japan")],
    "language-not-shipped": [
        WELL.replace('"Asia/Tokyo"', '"Europe/London"\nlocale = "en-GB"'),
        WELL.replace('"Asia/Tokyo"', '"Asia/Tokyo"\nlocale = "tr"\ntemplates = "prompts"'),
    ],
    "draft-language": [
        WELL.replace('"Asia/Tokyo"', '"Europe/London"\nlocale = "en-GB"'),
        WELL.replace('"Asia/Tokyo"', '"Asia/Tokyo"\nlocale = "cy"\ntemplates = "prompts"'),
    ],
    "unseen-offer": [
        WELL.replace(FREE, FREE.rstrip() + '\noffer = "summer"\nprompt = "sponsored"\n\n')
    ],
    "limit-by-article": [
        with_limit('limits = [ { when = { segments = ["x"] }, limit = 1 }, { limit = 3 } ]'),
        with_limit('limits = [ { when = { tags = ["x"] }, limit = 3 }, { limit = 3 } ]'),
    ],
    "unknown-code": [
        with_rule(
            'name = "a"\nwhen = { country = ["GB"], language = ["pt-BR"] }\nshow = "article"', OVER
        )
    ],
    "odd-word": [
        with_rule('name = "a"\nwhen = { referrer = ["google.com", ""] }\nshow = "article"')
    ],
    "unused-offer": [WELL],
    "free-walled": [
        without(TRIAL_OVER + OVER, without(FREE)),  # a rule with `spend` opens what is free
    ],
    "paying-limit-zero": [
        with_limit("limit = { anonymous = 3, registered = 5, subscriber = 0 }"),
        with_limit("limit = 3", without(PAYING)),
    ],
    "registering-loses": [
        with_limit("limit = { anonymous = 3, registered = 1 }"),
        with_limit("limit = { anonymous = 3 }").replace(
            METER,
            METER + METER.replace("an allowance", "another").replace("monthly", "taste"),
        )
        + '\n[meters.taste]\nwindow = { calendar = "week" }\nlimit = { registered = 1 }\n',
    ],
    "limits-forget-expired": [
        with_limit('limits = [ { when = { reader = ["registered"] }, limit = 5 }, { limit = 3 } ]'),
        with_limit(
            'limits = [ { when = { reader = ["registered", "trial-expired",'
            ' "subscription-expired"] }, limit = 5 }, { limit = 3 } ]',
            without(TRIAL_OVER + OVER),
        ),
        with_limit("limit = { anonymous = 3, registered = 5 }", without(TRIAL_OVER + OVER)),
    ],
    "crawler-metered": [
        WELL,
        with_rule('name = "found"\nwhen = { crawler = true }\nshow = "article"'),
    ],
    "unknown-escapes-wall": [
        with_rule('name = "abroad"\nwhen = { country = ["JP"] }\nshow = "subscription-wall"'),
        with_rule(
            'name = "a"\nwhen = { not = { reader = ["registered"] } }\nshow = "registration-wall"'
        ),
        WELL.replace(
            METER,
            '[[rules]]\nname = "a"\nwhen = { not = { country = ["JP"] } }\nshow ='
            ' "registration-wall"\n\n',
        ),
    ],
    "unknown-gets-no-offer": [
        WELL.replace('term = "3 months"', 'term = "3 months"\nwhen = { country = ["US"] }'),
        WELL.replace(
            'term = "3 months"', 'term = "3 months"\nwhen = { not = { reader = ["registered"] } }'
        ),
    ],
    "silent-order": [
        # Who pays reads before a wall as a matter of course, whatever the wall is for.
        with_rule(
            'name = "comments"\nwhen = { kind = ["comment"] }\nshow = "subscription-wall"', OVER
        ),
    ],
}
"""Neighbours of those that do not earn it; where none is named, the policy as it is meant."""


def told(text):
    """Return everything that is told of a policy on a day of May or June 2026."""
    policy, problems = check_text(text, today=date(2026, 6, 15), exact=lints)
    assert policy is not None, problems
    return problems


def test_every_code_is_in_the_table():
    """A code that is new has a policy that earns it."""
    assert {*LINTS, *CODES} - {"not-analysed"} == set(TOLD)


@pytest.mark.parametrize(
    ("code", "number"),
    [(code, number) for code, cases in TOLD.items() for number in range(len(cases))],
)
def test_a_code_is_told_at_its_place_with_a_next_step(code, number):
    """The line, and how the help begins."""
    text, line, step = TOLD[code][number]
    found = [problem for problem in told(text) if problem.code == code]
    assert {"warning"} == {problem.severity for problem in found}
    assert [
        problem
        for problem in found
        if line in (problem.source or "") and (problem.help or "").startswith(step)
    ], found


@pytest.mark.parametrize("code", TOLD)
def test_a_code_is_not_told_of_its_neighbours(code):
    """Nor of the policy that is meant."""
    for text in (WELL, *SILENT.get(code, ())):
        assert [] == [str(problem) for problem in told(text) if problem.code == code]


def test_nothing_is_told_of_the_policy_that_is_meant():
    """Every code has the same neighbour: a paywall as it should be."""
    assert told(WELL) == ()
