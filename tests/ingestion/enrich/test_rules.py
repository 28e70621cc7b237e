import pytest

from core.errors import PatternTimeout, SettingsError
from core.settings import Settings
from ingestion.enrich.rules import Condition, RulesFile, apply_rules, load_rules


def rules(*items):
    return RulesFile.model_validate({"rules": items}).rules


def test_rules_run_in_order_each_on_what_the_ones_before_left():
    found = apply_rules(
        rules(
            {
                "name": "by folder",
                "when": {"attribute": "source_uri", "contains": "/PLAYBOOKS/"},
                "then": [{"set": {"document_type": "playbook"}}],
            },
            {
                "name": "tag",
                "when": {"attribute": "document_type", "equals": "Playbook"},
                "then": [{"append": {"tags": "how-to"}}, {"delete": ["scratch"]}],
            },
        ),
        {"source_uri": "x/playbooks/a.md", "scratch": "1"},
        "body",
    )
    assert found.fired == ("by folder", "tag")
    assert found.attributes == {"source_uri": "x/playbooks/a.md", "document_type": "playbook", "tags": ("how-to",)}


def test_a_dropped_document_says_why_and_later_rules_do_not_run():
    found = apply_rules(
        rules(
            {
                "name": "private",
                "when": {"body": True, "contains": "do not share"},
                "then": [{"drop": "Private notes."}],
            },
            {"name": "late", "when": {"attribute": "a", "exists": False}, "then": [{"set": {"a": 1}}]},
        ),
        {},
        "Please DO NOT SHARE this.",
    )
    assert found.dropped == "Private notes."
    assert found.fired == ("private",)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"attribute": "n", "greater": 4}, True),
        ({"attribute": "n", "greater": 5}, False),
        ({"attribute": "n", "less": 6}, True),
        ({"attribute": "updated_at", "less": "2026-01-01"}, True),
        ({"attribute": "tags", "any_of": ["b", "z"]}, True),
        ({"attribute": "tags", "equals": "z"}, False),
        ({"attribute": "missing", "equals": "z"}, False),
        ({"attribute": "missing", "exists": False}, True),
        ({"attribute": "tags", "exists": False}, False),
        ({"not": {"attribute": "tags", "equals": "a"}}, False),
        ({"all": [{"attribute": "n", "equals": 5}, {"attribute": "tags", "equals": "a"}]}, True),
        ({"any": [{"attribute": "n", "equals": 4}, {"attribute": "tags", "equals": "b"}]}, True),
        ({"attribute": "n", "matches": "^5$"}, True),
    ],
)
def test_each_test_of_a_condition(condition, holds):
    attributes = {"n": 5, "tags": ("a", "b"), "updated_at": "2025-12-31T23:00:00Z"}
    found = apply_rules(rules({"name": "r", "when": condition, "then": [{"set": {"hit": True}}]}), attributes, "")
    assert ("hit" in found.attributes) is holds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [{name: a, when: {attribute: x}, then: [{drop: d}]}]", "add a test"),
        ("rules: [{name: a, when: {attribute: x, matches: '('}, then: [{drop: d}]}]", "not a regular expression"),
        ("rules: [{name: a, when: {attribute: x, equals: 1}, then: [{drop: d, delete: [x]}]}]", "exactly one of"),
        ("rules: [{name: a, when: {attribute: x, equals: 1}, then: [{set: {review_by: soon}}]}]", "takes a date"),
        ("rulez: []", "did you mean 'rules'"),
        ("rules: [", "not valid YAML"),
    ],
)
def test_a_wrong_rules_file_is_refused_with_its_place(tmp_path, text, said):
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=said) as caught:
        load_rules(Settings(rules_file=file, root=tmp_path))
    assert str(file) in str(caught.value)


def test_a_pattern_that_takes_for_ever_says_so(tmp_path):
    condition = Condition(body=True, matches="(a|aa)+$")
    with pytest.raises(PatternTimeout):
        condition.holds({}, "a" * 60 + "!")
