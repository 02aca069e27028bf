"""What the diagrams say of verified crawlers is what the engine decides for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from meter import Article, PageView, Reader, Usage, decide, loads_policy
from meter.facts import Vocabulary
from meter.rulebook import Rulebook
from meter.verify.lints import lints
from meter.verify.space import Space
from meter.verify.walk.crawlers import ELSEWHERE, VerifiedCrawlers
from meter.verify.walk.symbolic import among, verdicts
from meter.vocabulary import ArticleAccess, CrawlerClass
from tests.laws.test_planted_bugs import Bug, copy_with, run_suite
from tests.planted import some
from tests.verify.crawler_classes import asking
from tests.verify.random_policies import SETS, WORDS, random_policy
from tests.web.published import POLICY

NOBODY = Reader(id=None)
NOW = datetime(2026, 6, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
CRAWLERS = (None, *CrawlerClass)


def crawlers_of(policy):
    """Return what diagrams say of verified crawlers, and their space."""
    space = Space([Rulebook(policy, Vocabulary([policy], []))])
    whole = verdicts(space)
    return VerifiedCrawlers(space, whole), space, whole


def random_page(random):
    """Return a view of a verified crawler, or a stranger, and when it is."""
    word = {name: random.choice([*words, "other", None]) for name, words in WORDS.items()}
    now = NOW + timedelta(hours=random.randrange(24 * 60))
    article = Article(
        id="a",
        access=random.choice(list(ArticleAccess)),
        section=word["section"],
        kind=word["kind"],
        tags=[tag for tag in SETS["tags"] if random.random() < 0.4],
        value=random.choice([None, 0.0, 0.25, 0.5, 1.0]),
        published=random.choice([None, now - timedelta(hours=random.choice([0, 1, 30, 999]))]),
    )
    seen = {name: word[name] for name in ("device", "channel", "language", "referrer")}
    country = random.choice([None, "JP", "SE", "SE-M", "DE"])
    crawler = random.choice([False, *CrawlerClass])
    return PageView(article=article, country=country, crawler=crawler, **seen), now


def nearest(section, mentioned):
    """Return the mentioned section that covers one, the longest."""
    around = [name for name in mentioned if section and f"{section}/".startswith(f"{name}/")]
    return max(around, key=len, default=ELSEWHERE)


@pytest.mark.parametrize("asks", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_diagrams_and_engine_agree_about_crawlers(seed, asks):
    """What random pages show is among the verdicts; each verdict is shown by a page of its own.

    Of any policies, and of such as ask for classes.
    """
    random = Random(seed)
    policy = asking(seed) if asks else random_policy(random)
    crawlers, space, whole = crawlers_of(policy)
    said = {
        (crawler, section): crawlers.verdicts(crawler, section)
        for crawler in CRAWLERS
        for section in (ELSEWHERE, *crawlers.sections)
    }
    for _ in range(150):
        view, now = random_page(random)
        decision, _ = decide(policy, NOBODY, view, Usage(), now)
        here = said[view.crawler or None, nearest(view.article.section, crawlers.sections)]
        assert (decision.rule, decision.show) in {(each.rule, each.show) for each in here}
    for (crawler, section), met in said.items():
        for verdict in met:
            where = crawlers.where(crawler, section)
            mine = space.diagrams.conjoin(
                where, among(space, whole, lambda one, v=verdict: one == v)
            )
            asked = space.concretize(space.witness(mine))
            assert nearest(asked.view.article.section, crawlers.sections) == section
            # A class that no rule names is any crawler to the policy: here it is this one.
            view = evolve(asked.view, crawler=crawler or False)
            decision, _ = decide(policy, NOBODY, view, Usage(), asked.now)
            assert (decision.rule, decision.show) == (verdict.rule, verdict.show)


BLIND = [
    Bug(f"every {name} is alike", "verify/walk/crawlers.py", code, "self._space.possible")
    for name, code in (
        ("class", 'self._code("crawler", _view(crawler=crawler))'),
        ("section", "self._in(section)"),
    )
]


@pytest.mark.parametrize("bug", some(BLIND), ids=lambda bug: bug.name)
def test_verdicts_that_ignore_what_is_asked_are_found(bug, tmp_path):
    """By the test above."""
    done = run_suite(
        copy_with(tmp_path, bug), ("verify/test_crawlers.py",), only="diagrams_and_engine"
    )
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "1 failed" in done.stdout, done.stdout[-2000:]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", "", []),
        ('"search"], access = ["metered"]', '"search"]', []),
        ("search = true", "search = false", []),
        ('"search"], access = ["metered"]', '"search", "training"]', ["usage-opened"]),
        ("train_ai = false\n", "", []),
    ],
)
def test_machines_and_rules_that_disagree_are_told(old, new, told):
    """A yes that no rule keeps, and a no that a rule of premium breaks; nothing else."""
    assert old in POLICY
    found = [each.code for each in lints(loads_policy(POLICY.replace(old, new)))]
    assert [code for code in found if code.startswith("usage-")] == told


def test_a_use_that_every_rule_refuses_is_told():
    """With the rules that refuse it, and where it is said."""
    text = POLICY.replace("train_ai = false", "train_ai = true").replace(
        "[[rules]]",
        '[[rules]]\nname = "no training"\nwhen = { crawler = ["training"] }\nshow = "wall"\n'
        "[[rules]]",
        1,
    )
    (found,) = [each for each in lints(loads_policy(text)) if each.code.startswith("usage-")]
    assert (found.code, found.path) == ("usage-refused", ("machines", "train_ai"))
    assert found.message == (
        "`train_ai = true` is never published: `no training` shows every verified crawler of the"
        " class `training` a preview of every article"
    )
