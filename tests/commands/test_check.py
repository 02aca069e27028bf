"""`meter check` lists every problem with its place, as text, JSON and annotations."""

from __future__ import annotations

import pytest


def broken(folder):
    """Write a policy with one error."""
    text = (folder / "policy.toml").read_text().replace('spend = "monthly"', 'spend = "monthyl"')
    (folder / "broken.toml").write_text(text)
    return 1 + text[: text.index('"monthyl"')].count("\n")


def test_check_lists_problems_with_their_place(meter, folder):
    """An error ends in 1; the answer is on stdout."""
    line = broken(folder)
    answer = meter("check", "broken.toml", "policy.toml", "--today", "2026-06-01")
    assert (answer.code, answer.err) == (1, "")
    assert (
        f"broken.toml:{line}:9: error[unknown-meter]: rule `within the monthly allowance` spends"
        " from `monthyl`, which is not a meter" in answer.out
    )
    assert "help: did you mean `monthly`?" in answer.out
    assert "broken.toml: 1 error\n" in answer.out
    assert "policy.toml: nothing wrong (7 rules, 1 meter, 3 offers)" in answer.out


def test_check_as_json_and_for_a_pull_request(meter, folder):
    """One document, or one annotation a problem."""
    line = broken(folder)
    document = meter("check", "broken.toml", "--format", "json").json
    assert (
        document["ok"],
        document["policies"][0]["problems"][0]["code"],
        document["policies"][0]["problems"][0]["line"],
    ) == (
        False,
        "unknown-meter",
        line,
    )
    annotation = meter("check", "broken.toml", "--format", "github").out
    assert annotation.startswith(
        f"::error file=broken.toml,line={line},col=9,title=unknown-meter::rule `within the monthly"
        " allowance`"
    )
    assert annotation.count("\n") == 1


def test_check_warns_and_fails_only_if_strict(meter):
    """An offer that is over is allowed, and probably a mistake."""
    late = ("check", "policy.toml", "--today", "2026-07-01")
    assert meter(*late).code == 0
    assert "warning[offer-over]" in meter(*late).out
    assert meter(*late, "--strict").code == 1
    assert meter("check", "policy.toml", "--today", "2026-06-30", "--strict").code == 0


def test_check_goes_on_after_a_file_it_cannot_read(meter):
    """And ends in 2."""
    answer = meter("check", "nowhere.toml", "policy.toml", "--today", "2026-06-01")
    assert (answer.code, answer.out) == (
        2,
        "policy.toml: nothing wrong (7 rules, 1 meter, 3 offers)\n",
    )
    assert "there is no file `nowhere.toml`" in answer.err
    document = meter("check", "nowhere.toml", "--format", "json").json
    assert (document["ok"], document["policies"][0]["problems"][0]["code"]) == (
        False,
        "no-such-file",
    )


LIBRARY = '[[institutions]]\nname = "Harbour Library"\naddresses = ["192.0.2.0/24"]\n'


def test_check_reads_the_institutions_beside_a_policy(meter, folder):
    """With their places; a warning fails only if strict, an error always."""
    beside = folder / "institutions.toml"
    line = ("check", "policy.toml", "--today", "2026-06-01")
    beside.write_text(LIBRARY)
    assert meter(*line, "--strict").out.endswith("\ninstitutions.toml: nothing wrong\n")
    beside.write_text(LIBRARY.replace("192.0.2.0/24", "0.0.0.0/0"))
    assert "institutions.toml:3:14: warning[wide-range]" in meter(*line).out
    assert [meter(*line).code, meter(*line, "--strict").code] == [0, 1]
    beside.write_text(LIBRARY.replace("192.0.2.0/24", "192.0.2.1/24"))
    answer = meter(*line, "--format", "json")
    assert answer.code == 1
    policy, institutions = answer.json["policies"]
    assert (policy["policy"], policy["problems"]) == ("policy.toml", [])
    assert (institutions["policy"], institutions["problems"][0]["line"]) == ("institutions.toml", 3)


def test_check_knows_institutions_by_the_products_of_every_policy_beside_them(meter, folder):
    """What is a product of neither is told once; what one lacks is told."""
    (folder / "institutions.toml").write_text(LIBRARY + 'product = "digital"\n')
    text = (folder / "policy.toml").read_text()
    for name in ("digital", "cooking"):
        (folder / f"{name}.toml").write_text(f"{text}\n[products.{name}]\n")
    assert meter("check", "digital.toml").code == 0
    answer = meter("check", "digital.toml", "cooking.toml", "digital.toml")
    assert answer.out.count("error[unknown-product]: `digital` is not a product") == 1


def test_check_says_what_uses_the_crawlers_beside_a_policy(meter, folder):
    """Institutions are used by themselves, crawlers are not: to check them proves nothing."""
    (folder / "crawlers.toml").write_text("crawlers = []\n")
    line = "crawlers.toml: nothing wrong (a site uses it only with the setting `crawler`)"
    assert line in meter("check", "policy.toml", "--strict").out.splitlines()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("institution.toml", "institutions.toml"),
        ("Institutions.toml", "institutions.toml"),
        ("insitutions.TOML", "institutions.toml"),
        ("crawler.toml", "crawlers.toml"),
        ("crawlers_.toml", "crawlers.toml"),
    ],
)
def test_check_warns_of_a_file_that_nobody_reads(meter, folder, name, meant):
    """A slip in its name would leave a library outside, and nobody would know."""
    (folder / name).write_text(LIBRARY)
    answer = meter("check", "policy.toml", "--today", "2026-06-01")
    assert f"{name}: warning[misnamed-file]: `{name}` is read by nobody" in answer.out
    assert f"help: did you mean `{meant}`?" in answer.out
    assert meter("check", "policy.toml", "--today", "2026-06-01", "--strict").code == 1
    (folder / meant).write_text(f"{meant.removesuffix('.toml')} = []\n")
    assert "misnamed-file" not in meter("check", "policy.toml").out


def test_check_takes_a_file_with_the_policy_that_includes_it(meter, folder):
    """Named besides, it is not checked twice; alone, it says what to check; its name is its own."""
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    text = f'include = ["crawler.toml"]\n{text}'
    (folder / "policy.toml").write_text(text, encoding="utf-8")
    (folder / "crawler.toml").write_text("[words]\nkind = 3\n", encoding="utf-8")
    answer = meter("check", "crawler.toml", "policy.toml", "--today", "2026-06-01")
    assert answer.code == 1
    assert answer.out.startswith("crawler.toml:2:8: error[wrong-type]")
    assert answer.out.endswith("\npolicy.toml: 1 error\n")
    (folder / "crawler.toml").write_text("[switches]\nstorm = false\n", encoding="utf-8")
    answer = meter("check", "crawler.toml", "policy.toml", "--today", "2026-06-01")
    assert answer.out == "policy.toml: nothing wrong (7 rules, 1 meter, 3 offers)\n"
    alone = meter("check", "crawler.toml")
    assert alone.code == 1
    assert "(if a policy includes this file, check that policy: " in alone.out


@pytest.mark.parametrize("name", ["spring.toml", "instructions.toml", "institution.txt"])
def test_check_leaves_other_files_alone(meter, folder, name):
    """A folder holds drafts and notes, whose names are their own."""
    (folder / name).write_text(LIBRARY)
    assert "misnamed-file" not in meter("check", "policy.toml").out


def test_check_says_how_institutions_alone_are_checked(meter, folder):
    """They are checked with their policy, by its products."""
    (folder / "institutions.toml").write_text(LIBRARY)
    answer = meter("check", "institutions.toml")
    assert answer.code == 1
    assert "error[not-a-policy]: these are institutions, not a policy" in answer.out
    assert "`meter check` the policy beside it" in answer.out


def test_check_lists_what_is_missing_in_each_language(meter, folder):
    """In words and as JSON; the exit code is as ever."""
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    text = text.replace("[publication]\n", '[publication]\nfallback = { fo = ["da", "nb"] }\n', 1)
    few = '[copy.da.texts.left]\none = "{n} {period}"\nfew = "a"\nother = "{n} {period}"\n'
    (folder / "danish.toml").write_text(f"{text}\n{few}", encoding="utf-8")
    answer = meter("check", "danish.toml", "--languages")
    assert answer.code == 0
    assert "\n    missing: [copy.da.texts.subscription-wall] heading\n" in answer.out
    assert "    the text `left` has `few`, which no number in `da` takes\n" in answer.out
    assert "  fo: there are no texts in it, so readers see `da`\n" in answer.out
    answer = meter("check", "danish.toml", "--languages", "--format", "json")
    found = {each["language"]: each for each in answer.json["policies"][0]["languages"]}
    assert ("yours", ["en"]) == (found["da"]["source"], found["da"]["stand_in"])
    assert ("other", "da") == (found["fo"]["source"], found["fo"]["words"])
    assert "[copy.da.texts.left]" not in found["da"]["missing"]
    assert ("ships", []) == (found["nb"]["source"], found["nb"]["missing"])
    assert "languages" not in meter("check", "danish.toml", "--format", "json").json["policies"][0]


def test_check_lists_what_a_file_of_texts_leaves_out(meter, folder):
    """By its file, where the folder of templates has one of the language."""
    (folder / "mine" / "texts").mkdir(parents=True)
    words = '[left]\none = "{n} {period}"\nother = "{n} {period}"\n'
    (folder / "mine" / "texts" / "da.toml").write_text(words, encoding="utf-8")
    answer = meter("check", "policy.toml", "--languages", "--templates", "mine")
    assert "\n    missing: texts/da.toml [subscription-wall] heading\n" in answer.out


def test_check_counts_what_many_warnings_have_in_common(meter, folder):
    """Of 30 offers that are over twelve are printed; JSON has them all."""
    offers = "".join(
        f'[offers.old{number}]\nkind = "subscription"\nprice = 1\ncurrency = "USD"\n'
        'term = "1 month"\nends = 2026-01-01\n'
        for number in range(30)
    )
    (folder / "many.toml").write_text((folder / "policy.toml").read_text() + offers)
    late = ("check", "many.toml", "--today", "2026-06-01")
    answer = meter(*late)
    assert answer.out.count(": warning[offer-over]") == 12
    assert "… and 18 more warning[offer-over]; `--format json` lists all of them\n" in answer.out
    problems = meter(*late, "--format", "json").json["policies"][0]["problems"]
    assert [problem["code"] for problem in problems].count("offer-over") == 30
