"""The JSON Schema is current, and says of a policy what the loader says."""

import json
import tomllib
from datetime import date, datetime
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import tomli_w
from hypothesis import given, settings

from meter.loading import check_text, dumps_policy, loads_policy
from meter.loading.events import event_shape
from meter.loading.schema import PART, policy_schema, schema_text
from meter.resources import template_root
from meter.testing import strategies

GOOD = (template_root() / "sample" / "policy.toml").read_text("utf-8")
VALIDATOR = jsonschema.Draft202012Validator(policy_schema())
OF_A_PART = jsonschema.Draft202012Validator(policy_schema(PART))
OWN = 'include = ["part.toml"]\n[publication]\nname = "H"\n'
RULE = '[[rules]]\nname = "{name}"\nshow = "wall"\n'


def _as_json(value):
    """Return the tables of TOML as JSON has them: dates are texts."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def _valid(text):
    return VALIDATOR.is_valid(_as_json(tomllib.loads(text)))


def test_the_shipped_schema_is_current():
    """The file in the package is what the loader's own tables say.

    `python docs/reference/generate.py` writes it.
    """
    assert (template_root() / "policy.schema.json").read_text("utf-8") == schema_text()


def test_the_schema_is_a_schema():
    """It keeps the rules of JSON Schema, draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_an_event_has_a_schema_too():
    """What is sent as an event can be checked before it is sent."""
    validator = jsonschema.Draft202012Validator(event_shape(ZoneInfo("UTC")).schema())
    event = {"at": "2026-06-01T09:00:00Z", "reader": {"id": "r1"}, "article": "a1"}
    assert validator.is_valid(event)
    assert not validator.is_valid({**event, "article": 5})
    assert not validator.is_valid({**event, "referer": "x"})


def test_the_sample_policy_is_valid():
    """What the loader reads, an editor with the schema accepts."""
    assert _valid(GOOD)


@given(policy=strategies.policies())
@settings(max_examples=40, deadline=None)
def test_every_written_policy_is_valid(policy):
    """Whatever policy is written, the schema accepts the text."""
    assert _valid(dumps_policy(policy))


BROKEN = [
    ("", None),
    ('timezone = "Asia/Tokyo"', "timezone = 5"),
    ('name = "The Harbour Review"', ""),
    ('name = "The Harbour Review"', 'nmae = "The Harbour Review"'),
    ('window = { calendar = "month" }', 'window = { calendar = "moon" }'),
    ('window = { calendar = "month" }', 'window = { calendar = "month", lifetime = true }'),
    ('window = { calendar = "month" }', "window = {}"),
    ('window = { calendar = "month" }', ""),
    ("limit = { anonymous = 3, registered = 5 }", ""),
    ("limit = { anonymous = 3, registered = 5 }", "limit = 10001"),
    ("limit = { anonymous = 3, registered = 5 }", "limit = -1"),
    ("limit = { anonymous = 3, registered = 5 }", "limit = 5.5"),
    ("limit = { anonymous = 3, registered = 5 }", "limit = true"),
    ("limit = { anonymous = 3, registered = 5 }", "limit = { anonymos = 3 }"),
    ("limit = { anonymous = 3, registered = 5 }", "limit = 3\nlimits = [ { limit = 3 } ]"),
    ("limit = { anonymous = 3, registered = 5 }", "limits = []"),
    ("price = 9", "price = -9"),
    ("price = 9", 'price = "9"'),
    ("price = 9", ""),
    ('kind = "trial"', 'kind = "gift"'),
    ('when = { tags = ["sponsored"] }', 'when = { tags = "sponsored" }'),
    ('when = { tags = ["sponsored"] }', "when = { tags = [] }"),
    ('when = { tags = ["sponsored"] }', "when = { tags = {} }"),
    ('when = { tags = ["sponsored"] }', 'when = { tags = { some = ["a"] } }'),
    ('when = { tags = ["sponsored"] }', "when = { score = {} }"),
    ('when = { tags = ["sponsored"] }', "when = { score = { above = 2 } }"),
    ('when = { tags = ["sponsored"] }', "when = { dates = {} }"),
    ('when = { tags = ["sponsored"] }', 'when = { dates = { from = "June" } }'),
    ('when = { tags = ["sponsored"] }', "when = { gift = 1 }"),
    ('when = { tags = ["sponsored"] }', "when = { any = [] }"),
    ('when = { tags = ["sponsored"] }', "when = { any = [ { not = { reader = [5] } } ] }"),
    ('when = { tags = ["sponsored"] }', "when = { left = {} }"),
    ('show = "article"', 'show = "everything"'),
    ('show = "article"', ""),
]


@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_the_loader_and_the_schema_refuse_the_same(old, new):
    """A mistake of form is one for both."""
    text = "" if new is None else GOOD.replace(old, new, 1)
    assert text != GOOD
    assert (check_text(text)[0], _valid(text)) == (None, False)


@given(policy=strategies.policies())
@settings(max_examples=20, deadline=None)
def test_every_part_of_a_policy_is_valid_as_an_included_file(tmp_path_factory, policy):
    """All but the publication and the rules that end a policy may stand in an included file."""
    folder = tmp_path_factory.mktemp("parts")
    table = tomllib.loads(dumps_policy(policy))
    own = {"include": ["part.toml"], **{key: table.pop(key) for key in ("publication", "rules")}}
    (folder / "part.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    assert loads_policy(tomli_w.dumps(own), folder=folder) == policy
    assert OF_A_PART.is_valid(_as_json(table))
    assert not VALIDATOR.is_valid(_as_json(table))


@pytest.mark.parametrize(
    ("part", "is_one"),
    [
        ("", True),
        (RULE.format(name="first").replace("wall", "article"), True),
        ("[switches]\nstorm = false\n", True),
        ('[meters.m]\nwindow = { calendar = "month" }\nlimit = 1\n', True),
        ('[meters.m]\nwindow = { calendar = "moon" }\nlimit = 1\n', False),
        ('[publication]\nname = "H"\n', False),
        ('include = ["other.toml"]\n', False),
        ("rule = []\n", False),
        ('[[rules]]\nname = "all"\nshow = "artcle"\n', False),
    ],
)
def test_the_loader_and_the_schema_of_a_part_refuse_the_same(tmp_path, part, is_one):
    """What stands in the policy's own file only is refused in a part by both."""
    (tmp_path / "part.toml").write_text(part, encoding="utf-8")
    policy, _ = check_text(OWN + RULE.format(name="last"), folder=tmp_path)
    valid = OF_A_PART.is_valid(_as_json(tomllib.loads(part)))
    assert (policy is not None, valid) == (is_one, is_one)
