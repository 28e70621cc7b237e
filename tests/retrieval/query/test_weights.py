from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import FilterError
from core.types import User
from retrieval.query.weights import (
    LEVELS,
    LIMIT,
    WeightContext,
    Weights,
    factor,
    load_weights,
    multiplier,
    parse_weights,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ANA = User("ana@x.com", attributes={"region": "EMEA", "products": ("scan", "guard")})


def boost(raw, attributes, context=None):
    boosts = parse_weights(raw).boosts(attributes, WeightContext(ANA, context or {}, NOW))
    return {b.attribute: b.factor for b in boosts}


def test_levels_are_published():
    text = (Path(__file__).parents[3] / "docs" / "weights.md").read_text()
    for name, level in LEVELS.items():
        assert f"`{name}` | {level:g}" in text
        assert multiplier(name) == level and multiplier(f"-{name}") == pytest.approx(1 / level)
    assert f"{LIMIT:g}" in text


@pytest.mark.parametrize(("weight", "expected"), [(1.3, 1.3), (-2, 0.5), (0.5, 0.5), ("very high", 2.0), ("HIGH", 1.5)])
def test_bare_numbers_and_spellings(weight, expected):
    assert multiplier(weight) == pytest.approx(expected)


@pytest.mark.parametrize("weight", [0, 9, -9, "huge", True, None, float("nan"), [1]])
def test_what_is_no_weight_is_refused(weight):
    with pytest.raises(FilterError, match=r"f.yaml: 'kind_of.values.a'.*none, low, medium, high, very_high"):
        parse_weights({"kind_of": {"a": weight}}, "f.yaml")


def test_per_value_ignores_case_and_takes_the_strongest_element_of_a_list():
    raw = {"tags": {"Featured": "high", "legacy": "-very_high", "other": "low"}}
    assert boost(raw, {"tags": "featured"}) == {"tags": 1.5}
    assert boost(raw, {"tags": ("other", "Legacy")}) == {"tags": 0.5}
    assert boost(raw, {"tags": "unknown"}) == boost(raw, {}) == {}
    assert boost({"verified": {True: "high"}}, {"verified": True}) == {"verified": 1.5}
    assert boost({"year": {2026: "high"}}, {"year": 2026}) == {"year": 1.5}


@pytest.mark.parametrize(
    ("curve", "age_days", "expected"),
    [
        ({"half_life_days": 100}, 0, 1.5),
        ({"half_life_days": 100}, 100, 1.25),
        ({"half_life_days": 100}, 200, 1.125),
        ({"curve": "linear", "half_life_days": 100}, 100, 1.25),
        ({"curve": "linear", "half_life_days": 100}, 200, 1.0),
        ({"curve": "window", "window_days": 30}, 30, 1.5),
        ({"curve": "window", "window_days": 30}, 31, 1.0),
        ({"half_life_days": 100}, -5, 1.5),
    ],
)
def test_freshness_counts_from_now(curve, age_days, expected):
    when = datetime.fromtimestamp(NOW.timestamp() - age_days * 86_400, UTC).isoformat()
    found = boost({"updated_at": {"kind": "freshness", "weight": "high", **curve}}, {"updated_at": when})
    assert found.get("updated_at", 1.0) == pytest.approx(expected, abs=1e-3)


def test_a_document_without_a_date_has_the_age_that_is_set_for_it():
    rule = {"kind": "freshness", "half_life_days": 100, "weight": "high"}
    assert boost({"updated_at": rule}, {}) == {}
    assert boost({"updated_at": {**rule, "unknown_age_days": 100}}, {}) == {"updated_at": 1.25}


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ({"saturates_at": 100}, 0, 1.0),
        ({"saturates_at": 100}, 50, 1.25),
        ({"saturates_at": 100}, 900, 1.5),
        ({"better": "smaller", "saturates_at": 1, "neutral_at": 5}, 3, 1.25),
        ({"better": "smaller", "saturates_at": 1, "neutral_at": 5}, 9, 1.0),
    ],
)
def test_numbers_saturate(rule, value, expected):
    found = boost({"views": {"kind": "number", "weight": "high", **rule}}, {"views": value})
    assert found.get("views", 1.0) == pytest.approx(expected)


def test_same_as_the_user_or_the_conversation():
    raw = {
        "region": {"kind": "same_as", "of": "user", "weight": "low"},
        "customer": {"kind": "same_as", "of": "conversation", "weight": "high"},
        "about": {"kind": "same_as", "of": "user", "attribute": "products", "weight": "medium"},
    }
    attributes = {"region": "emea", "customer": "Acme", "about": ("guard", "other")}
    assert boost(raw, attributes, {"customer": "ACME"}) == {"region": 1.1, "customer": 1.5, "about": 1.25}
    assert boost(raw, attributes) == {"region": 1.1, "about": 1.25}


def test_several_rules_for_one_attribute_and_the_limit():
    raw = {"customer": [{"Acme": "very_high"}, {"kind": "same_as", "weight": "very_high"}], "x": {"y": "very_high"}}
    boosts = parse_weights(raw).boosts({"customer": "Acme", "x": "y"}, WeightContext(ANA, {"customer": "acme"}, NOW))
    assert [b.factor for b in boosts] == [2.0, 2.0, 2.0]
    assert factor(boosts) == LIMIT


def test_overriding_replaces_one_attribute_and_keeps_the_rest():
    house = parse_weights({"a": {"x": "high"}, "b": {"x": "high"}})
    merged = house.overridden_by(parse_weights({"a": {"x": "none"}}))
    assert {b.attribute for b in merged.boosts({"a": "x", "b": "x"}, WeightContext(ANA))} == {"b"}
    assert house.overridden_by(None) is house and not Weights()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ([1], "must map attributes"),
        ({"a": 3}, "map its values to weights"),
        ({"a": {"kind": "magic"}}, "kinds are values"),
        ({"a": {"kind": "freshness", "weight": "low"}}, "needs 'half_life_days'"),
        ({"a": {"kind": "freshness", "curve": "window", "half_life_days": 3}}, "needs 'window_days'"),
        ({"a": {"kind": "freshness", "half_life": 3}}, "unknown key 'a.half_life'; freshness takes"),
        ({"a": {"kind": "number", "better": "smaller", "saturates_at": 5}}, "must lie below"),
        ({"a": {"kind": "same_as", "of": "moon"}}, "a.of"),
    ],
)
def test_mistakes_are_named(raw, says):
    with pytest.raises(FilterError, match=says):
        parse_weights(raw, "weights.yaml")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(FilterError, match="correct the path"):
        load_weights(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: {b: [")
    with pytest.raises(FilterError, match="mend that line"):
        load_weights(broken)
    broken.write_text("")
    assert not load_weights(broken)
