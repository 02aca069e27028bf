"""`meter import` brings counts and settings from another system, and tells what it could not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from meter import Paywall, load_policy, open_store
from meter.stores.keys import reader_key

CORPUS = Path(__file__).parents[1] / "corpus" / "newspack"
COUNTS = """time,reader,article,device
2026-06-01T09:00:00+09:00,anna,a1,phone
2026-06-02 09:00,anna,a2,phone
2026-06-03 09:00,anna,a2,phone
2026-05-02 09:00,ben,a2,phone
"""
LINE = ("import", "counts", "counts.csv", "--policy", "policy.toml", "--at", "2026-06-10")
STORE = ("--store", "sqlite:///usage.db")
NOW = datetime(2026, 6, 10, tzinfo=UTC)


@pytest.fixture
def counts(folder):
    """A file of counts in the folder."""
    path = folder / "counts.csv"
    path.write_text(COUNTS, encoding="utf-8")
    return path


def test_times_of_another_form_are_told_how_to_be_read(meter, counts):
    """Where one form reads all of them; with a form, what is not in it is told so."""
    counts.write_text("reader,article,time\nanna,a1,13.06.2026\nanna,a2,02.06.2026\n", "utf-8")
    answer = meter(*LINE, *STORE)
    assert answer.code == 1
    assert "counts.csv: say how its times are written with `--time-format '%d.%m.%Y'`" in answer.err
    answer = meter(*LINE, *STORE, "--time-format", "%d/%m/%Y")
    assert "counts.csv:2: `13.06.2026` is no time of the form `%d/%m/%Y`\n" in answer.err
    assert "say how" not in answer.err


def kept(url, reader, **settings):
    """Return the articles that a store holds for a reader."""
    store = open_store(url)
    ledger = Paywall(load_policy("policy.toml"), store, **settings).ledger(reader, now=NOW)
    store.close()
    return [read.id for read in ledger["monthly"].reads]


def test_what_was_counted_elsewhere_is_in_the_store(meter, counts):
    """And told: what counts, what repeats, what is over; twice is once."""
    told = (
        "4 rows in counts.csv\n"
        "  count now: 2 in `monthly`, for 1 reader\n"
        "  repeat what was counted in the same window: 1\n"
        "  over, in no window that runs: 1\n"
        "  cannot be taken: 0\n"
    )
    for _ in range(2):
        answer = meter(*LINE, *STORE)
        assert (answer.code, answer.out) == (0, told)
        assert answer.err == (
            "counts.csv: nothing is read from `device`\n"
            "counts.csv: 3 times without a zone, taken in Asia/Tokyo\n"
        )
        assert kept("sqlite:///usage.db", "anna") == ["a1", "a2"]
        assert kept("sqlite:///usage.db", "ben") == []


def test_rows_that_cannot_be_taken_end_with_1(meter, counts):
    """Each is told with its line, and written beside with the reason."""
    counts.write_text(f"{COUNTS}2026-06-02,,a3,phone\n", encoding="utf-8")
    answer = meter(*LINE, *STORE, "--format", "json")
    assert answer.code == 1
    assert "counts.csv:6: no reader\n" in answer.err
    assert answer.json == {
        "file": "counts.csv",
        "meter": "monthly",
        "dry_run": False,
        "rows": 5,
        "counted": 2,
        "readers": 1,
        "repeated": 1,
        "over": 1,
        "refused": 1,
        "rejected_file": "counts.rejected.csv",
        "without_zone": 3,
        "ignored_columns": ["device"],
        "first_refused": [{"line": 6, "reason": "no reader"}],
    }
    beside = counts.with_name("counts.rejected.csv")
    assert beside.read_text(encoding="utf-8").splitlines() == [
        "time,reader,article,device,line,reason",
        "2026-06-02,,a3,phone,6,no reader",
    ]


def test_a_dry_run_keeps_nothing(meter, counts):
    """It says what would count, over any store."""
    answer = meter(*LINE, "--store", "memory://", "--dry-run")
    assert (answer.code, answer.out.splitlines()[1]) == (
        0,
        "  would count: 2 in `monthly`, for 1 reader",
    )
    answer = meter(*LINE, "--store", "memory://")
    assert (answer.code, answer.out) == (2, "")
    assert "`memory://` is forgotten when this command ends" in answer.err


def test_the_secret_and_the_namespace_of_the_site_are_kept_to(meter, counts, folder):
    """The record stands under the key that the site will look for."""
    (folder / "secret.txt").write_text(
        "a-secret-that-is-new\na-secret-that-is-old\n", encoding="utf-8"
    )
    answer = meter(*LINE, *STORE, "--secret-file", "secret.txt", "--namespace", "harbour")
    assert answer.code == 0
    assert kept(
        "sqlite:///usage.db", "anna", secret="a-secret-that-is-new", namespace="harbour"
    ) == ["a1", "a2"]
    store = open_store("sqlite:///usage.db")
    assert (
        store.load(reader_key("anna", namespace="harbour", secret="a-secret-that-is-new"))
        is not None
    )
    store.close()


def test_ids_that_are_addresses_are_cut_as_the_site_cuts_them(meter, counts):
    """`--article-ids path`, as for `meter serve`."""
    counts.write_text(
        "reader,article,time\nanna,https://my.example/a1?x=1,2026-06-02\n", encoding="utf-8"
    )
    assert meter(*LINE, *STORE, "--article-ids", "path").code == 0
    assert kept("sqlite:///usage.db", "anna") == ["a1"]


def test_a_policy_of_several_meters_has_to_be_told_which(meter, counts, folder):
    """And a name that is none is not taken for one."""
    policy = folder / "policy.toml"
    more = '\n[meters.weekly]\nwindow = { calendar = "week" }\nlimit = 2\n'
    policy.write_text(policy.read_text(encoding="utf-8") + more, encoding="utf-8")
    answer = meter(*LINE, *STORE)
    assert answer.code == 2
    assert "several meters; say which counts: `--meter` `monthly` or `weekly`" in answer.err
    answer = meter(*LINE, *STORE, "--meter", "montly")
    assert answer.code == 2
    assert "the policy has no meter `montly`; did you mean `monthly`?" in answer.err
    assert meter(*LINE, *STORE, "--meter", "monthly").code == 0


def test_newspacks_settings_become_a_policy_that_passes_check(meter, folder):
    """With what is not the same on stderr; nothing is overwritten."""
    files = (CORPUS / "campaigns.json", CORPUS / "gates.json")
    line = ("import", "newspack", *files, "--out", "made", "--timezone", "Asia/Tokyo")
    answer = meter(*line)
    assert answer.code == 0
    assert answer.out == "made/policy.toml: 19 things to look at, listed at its top\n"
    assert answer.err.count("not the same: ") == 19
    assert meter("check", "made/policy.toml").code == 0
    again = meter(*line)
    assert (again.code, again.out) == (2, "")
    assert "`made/policy.toml` is there already and is not overwritten" in again.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "`x.json` cannot be read: this is not JSON"),
        ("3", "`x.json` holds neither an object nor a list"),
        ('{"a": 1}', "`x.json` has none of `prompts`, `segments` and `gates`"),
        ('[{"status": []}]', "`x.json[0].status` should be a text, not `[]`"),
        ("[" * 100_000, "`x.json` cannot be read: lists and objects are nested too deep"),
    ],
)
def test_a_file_that_is_no_export(meter, folder, text, words):
    """The file, the place and what it should be; nothing is written."""
    (folder / "x.json").write_text(text, encoding="utf-8")
    answer = meter("import", "newspack", "x.json", "--out", "made")
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err
    assert not (folder / "made").exists()


def test_files_of_one_name_are_all_read(meter, folder):
    """In two folders; the one after the other does not hide it."""
    for name, title in (("a", "Give"), ("b", "Join")):
        (folder / name).mkdir()
        prompt = {"title": title, "status": "publish", "options": {"placement": "inline"}}
        (folder / name / "x.json").write_text(json.dumps({"prompts": [prompt]}), "utf-8")
    assert meter("import", "newspack", "a/x.json", "b/x.json", "--out", "made").code == 0
    made = load_policy("made/policy.toml")
    assert ["Give", "Join"] == [prompt.heading for prompt in made.prompts]


def test_an_export_in_another_encoding_is_told(meter, folder):
    """And one with nothing to tell of says so."""
    (folder / "x.json").write_text('{"prompts": []}', "utf-16")
    answer = meter("import", "newspack", "x.json", "--out", "made")
    assert (answer.code, answer.err) == (
        2,
        "error: `x.json` is not UTF-8; save it as JSON in UTF-8\n",
    )
    (folder / "x.json").write_text('{"prompts": []}', "utf-8")
    answer = meter("import", "newspack", "x.json", "--out", "made")
    assert (answer.code, answer.out) == (0, "made/policy.toml: nothing to look at\n")
