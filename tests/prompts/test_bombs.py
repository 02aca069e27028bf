"""The guard is no bomb itself: it reads each file once, and remembers what it refused."""

from __future__ import annotations

import os
import time

import pytest
from attrs import define, field

from meter import PromptError
from meter.policy import Copy
from meter.prompts import render, render_template
from meter.prompts.errors import TemplateError
from meter.prompts.guard import Found, Guard
from meter.prompts.templates import sandbox_of
from meter.prompts.weight import MOST_CHARACTERS
from meter.resources import MOST_BYTES
from tests.prompts.staging import PREMIUM, Stage, every_state, make_offer, make_policy

STAGE = Stage(make_policy(offer=make_offer()))
DECISION = STAGE.read(1)
LEAF = "x" * 60_000
SECONDS = 5.0
"""Far more than is needed, and far less than it took: a minute and more."""


@define
class Files:
    """Templates by name, and how often each was read."""

    texts: dict[str, str]
    reads: list[str] = field(factory=list)

    def find(self, name):
        self.reads.append(name)
        if name not in self.texts:
            raise LookupError("there is no such file")
        return Found(self.texts[name], self.texts[name], name)

    def guard(self):
        return Guard(sandbox_of("html", None), self.find, lambda _: [])


def including(*names):
    """Return a template that includes others."""
    return "".join(f"{{% include '{name}' %}}" for name in names)


def tower(levels, times):
    """Return files of which each includes the next so often, and a leaf."""
    texts = {f"t{level}": including(*[f"t{level + 1}"] * times) for level in range(levels)}
    return {**texts, f"t{levels}": LEAF}


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (tower(7, 10), "template-too-large"),
        (tower(1, 2_000), "template-too-large"),
        (tower(1, 5), "template-too-large"),
        (tower(3, 2), "template-too-large"),
        (tower(30, 1), "include-cycle"),
        ({"t0": including("t1"), "t1": including("t0")}, "include-cycle"),
        ({"t0": including("t1", "t2"), "t1": "{{ x }}", "t2": "{{ y }}"}, "unknown-variable"),
    ],
    ids=[
        "a tower",
        "one leaf often",
        "too many characters",
        "doubled",
        "deep",
        "circle",
        "mistake",
    ],
)
def test_a_bomb_of_includes_is_read_once_and_refused_in_no_time(texts, code):
    """However often a file is included; and then it is refused from memory."""
    files = Files(texts)
    guard = files.guard()
    started = time.monotonic()
    first = guard.outcome("t0")
    assert time.monotonic() - started < SECONDS
    assert code in {problem.code for problem in first.problems}
    assert len(files.reads) <= len(texts) + 1
    read = len(files.reads)
    assert guard.outcome("t0") is first
    assert read == len(files.reads)


def test_a_diamond_is_read_once():
    """Two files may include the same third one."""
    texts = {f"d{level}": including(*[f"d{level + 1}"] * 2) for level in range(7)}
    files = Files({**texts, "d7": "x"})
    outcome = files.guard().outcome("d0")
    assert ((), 8) == (outcome.problems, outcome.weight.deep)
    assert outcome.weight.characters > 2**7
    assert sorted(files.texts) == sorted(files.reads)


def write(folder, texts):
    """Write templates into a folder."""
    for name, text in texts.items():
        (folder / f"{name}.html.j2").write_text(text.replace("' %}", ".html.j2' %}"))


def outcome_of(folder):
    """Return what is rendered, or the code of what is wrong."""
    try:
        return render(DECISION, STAGE.policy, folder=folder)
    except TemplateError as error:
        return error.problems[0].code


def test_a_refused_template_is_checked_again_when_a_file_has_changed(tmp_path):
    """Its own, one that it includes, or one that was missing."""
    write(tmp_path, {"countdown": including("a"), "a": including("b"), "b": "{{ wrong }}"})
    steps = [
        ("b", "fine", "fine"),
        ("b", "{{ wrong }}", "unknown-variable"),
        ("a", "other", "other"),
        ("a", including("c"), "template-missing"),
        ("c", "there", "there"),
        ("countdown", "<script>", "html-element"),
        ("countdown", including("a"), "there"),
        ("c", including("countdown"), "include-cycle"),
        ("c", "no circle", "no circle"),
    ]
    with pytest.raises(PromptError, match="unknown-variable"):
        render(DECISION, STAGE.policy, folder=tmp_path)
    for name, text, said in steps:
        write(tmp_path, {name: text})
        for _ in range(2):
            assert said == outcome_of(tmp_path)


def test_a_template_given_as_text_is_refused_from_memory(tmp_path):
    """And is checked again when what it includes has changed."""
    (tmp_path / "part.html.j2").write_text("{{ wrong }}")
    template = "{% include 'part.html.j2' %}" + "{{ heading }}" * 400
    for _ in range(3):
        with pytest.raises(PromptError, match="unknown-variable"):
            render_template(template, DECISION, STAGE.policy, folder=tmp_path)
    (tmp_path / "part.html.j2").write_text("right")
    assert render_template(template, DECISION, STAGE.policy, folder=tmp_path).startswith("right")


def test_a_refusal_costs_a_view_little(tmp_path):
    """Hundreds of views of a bomb take less than one check of it."""
    write(tmp_path, {**tower(7, 10), "countdown": including("t1")})
    started = time.monotonic()
    for _ in range(300):
        with pytest.raises(PromptError, match="template-too-large"):
            render(DECISION, STAGE.policy, folder=tmp_path)
    assert time.monotonic() - started < SECONDS


LONG = "w" * 10_000
MANY = Stage(
    make_policy(offer=make_offer(), copy=Copy(headline=LONG, pitch="p", benefits=["b" * 50] * 100))
)


@pytest.mark.parametrize(
    "template",
    [
        "{{ headline }}" * 30,
        "{{ headline ~ " + " ~ ".join(["headline"] * 30) + " }}",
        "{{ (headline ~ headline ~ headline)|upper }}" * 12,
        "{% for b in benefits %}{{ headline }}{% endfor %}",
        "{% for b in benefits %}{{ '" + "x" * 5_000 + "' }}{% endfor %}",
        "{{ benefits|join('" + "x" * 5_000 + "') }}",
        "{% for b in benefits %}{% include 'loop.html.j2' %}{% endfor %}",
        "{% block a %}" + "{{ headline }}" * 30 + "{% endblock %}",
    ],
    ids=lambda template: template[:40],
)
def test_what_is_printed_is_bounded(template, tmp_path):
    """Before any of it is printed: by what the texts are, not by what they might be."""
    (tmp_path / "loop.html.j2").write_text("{% for b in benefits %}{{ b }}{% endfor %}")
    decision = MANY.view(PREMIUM)
    with pytest.raises(PromptError, match=r"template-too-large.*256 KiB"):
        render_template(template, decision, MANY.policy, folder=tmp_path)
    said = render_template(template, DECISION, STAGE.policy, folder=tmp_path)
    assert len(said) < MOST_CHARACTERS


def test_an_ordinary_prompt_is_far_from_the_bound():
    """Ours, with copy as long as anybody writes."""
    copy = Copy(headline="h" * 1_000, pitch="p" * 5_000, benefits=["b" * 500] * 20)
    stage = Stage(make_policy(offer=make_offer(), copy=copy))
    for decision in every_state(stage.policy).values():
        assert len(render(decision, stage.policy)) < MOST_CHARACTERS / 4


def test_a_file_is_bounded_before_it_is_parsed():
    """A text too, which is no file."""
    with pytest.raises(PromptError, match="template-too-large"):
        render_template("{{ " * MOST_BYTES, DECISION, STAGE.policy)


def test_texts_of_a_folder_are_read_once(tmp_path):
    """And again when they have changed, though the size and the time may be the same."""
    (tmp_path / "texts").mkdir()
    path = tmp_path / "texts" / "en.toml"
    for day in ("one", "two"):
        path.write_text(f'[offer]\nends = "{day}"\n')
        os.utime(path, (0, 0))
        assert day in render(DECISION, STAGE.policy, folder=tmp_path)


def test_a_bomb_of_toml_costs_nothing(tmp_path):
    """A dotted key of 40 KB took 14 s and 1.5 GiB a view."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "en.toml").write_text("a" + ".a" * 20_000 + " = 1\n")
    started = time.monotonic()
    for _ in range(20):
        with pytest.raises(PromptError, match=r"en\.toml:1:1: error\[bad-texts\]"):
            render(DECISION, STAGE.policy, folder=tmp_path)
    assert time.monotonic() - started < SECONDS


def nested(levels):
    """Return a template whose every condition inside a tag closes it and opens another."""
    inside = ""
    if levels:
        inside = "{% if left %}>" + nested(levels - 1) + "<b" + " hidden" * 13 + "{% endif %}"
    return "<b" + "{% if left %} hidden{% endif %}" * 13 + inside + ">"


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (nested(4), "html-branch"),
        (nested(20), "html-branch"),
        ("{% raw %}" * 6_600, "template-syntax"),
        ("<x y>\n" * 10_000, "html-element"),
        ("<b {{ left }}\n" * 4_000, "html-broken"),
        ("</b>" * 15_000, "html-element"),
        ("<b>" * 20_000, "html-element"),
    ],
    ids=["ways", "more ways", "raw", "elements", "marks", "ends", "starts"],
)
def test_a_refusal_is_quick_however_the_text_repeats_itself(template, code):
    """What is refused is refused before the ways through it, or its words, multiply."""
    began = time.process_time()
    with pytest.raises(TemplateError) as raised:
        render_template(template, DECISION, STAGE.policy)
    assert code in {problem.code for problem in raised.value.problems}
    assert time.process_time() - began < SECONDS
