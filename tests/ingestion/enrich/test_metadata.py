from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ingestion.enrich.metadata import RESERVED, attribute_name, iso_date, merged, normalise


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("Document Type", "document_type"),
        ("_last_updated_at", "updated_at"),
        ("_authors", "authors"),
        ("SuccessManager", "success_manager"),
        ("ReviewDate", "review_by"),
        ("Größe", "gr_e"),
        ("customer", "customer"),
    ],
)
def test_source_names_become_attribute_names(field, name):
    assert attribute_name(field) == name


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2026-11-22", "2026-11-22T00:00:00Z"),
        ("2026-11-22T10:00:00+02:00", "2026-11-22T08:00:00Z"),
        ("22.11.2026", "2026-11-22T00:00:00Z"),
        (date(2026, 11, 22), "2026-11-22T00:00:00Z"),
        (datetime(2026, 11, 22, 10, tzinfo=timezone(timedelta(hours=1))), "2026-11-22T09:00:00Z"),
        (1_700_000_000, "2023-11-14T22:13:20Z"),
        (1_700_000_000_000, "2023-11-14T22:13:20Z"),
        ("next week", None),
        (float("inf"), None),
    ],
)
def test_dates_in_every_spelling(value, iso):
    assert iso_date(value) == iso


def test_reserved_attributes_get_their_type_and_wrong_values_are_named():
    found, problems = normalise(
        {"_authors": "Ana Ruiz; Bo Lind", "view_count": "1,204", "review_by": "soon", "Tags": ["a", "b"], "empty": ""},
        {},
    )
    assert found == {"authors": ("Ana Ruiz", "Bo Lind"), "view_count": 1204, "tags": ("a", "b")}
    assert len(problems) == 1 and "review_by" in problems[0] and "soon" in problems[0]


def test_a_mapping_wins_over_aliases_and_can_drop_a_field():
    found, _ = normalise({"Type": "A", "Secret": "x"}, {"Type": "category", "Secret": ""})
    assert found == {"category": "A"}
    for raw in ({"Lead": "Jo", "owner": "a bot"}, {"owner": "a bot", "Lead": "Jo"}):
        assert normalise(raw, {"Lead": "owner"})[0] == {"owner": "Jo"}


def test_the_standard_name_wins_over_an_alias():
    assert normalise({"author": "alias", "authors": "real"}, {})[0] == {"authors": ("real",)}
    assert normalise({"authors": "real", "author": "alias"}, {})[0] == {"authors": ("real",)}


def test_an_earlier_layer_wins():
    assert merged({"a": 1}, {"a": 2, "b": 3}) == {"a": 1, "b": 3}


def test_every_reserved_attribute_is_documented(project_root):
    text = (project_root / "docs" / "metadata.md").read_text(encoding="utf-8")
    assert [name for name in RESERVED if f"`{name}`" not in text] == []


def test_iso_dates_are_utc():
    assert iso_date(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"
