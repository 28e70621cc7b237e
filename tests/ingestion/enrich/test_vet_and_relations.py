import random
from datetime import UTC, datetime

import pytest

from ingestion.enrich.duplicates import duplicates, signature
from ingestion.enrich.relations import related
from ingestion.enrich.rules import VettingPolicy
from ingestion.enrich.vet import vet
from ingestion.state import DocumentRecord

TODAY = datetime(2026, 11, 22, tzinfo=UTC)
POLICY = VettingPolicy(required=("title", "owner"))


def words(seed, count=400):
    return [f"word{random.Random(seed * 1000 + n).randrange(3000)}" for n in range(count)]


def record(name, seed=None, **attributes):
    text = " ".join(words(seed)) if seed is not None else ""
    base = {"title": name, "owner": "ana", "vetting": "vetted"}
    return DocumentRecord(
        id=f"files:{name}",
        source="files",
        title=name,
        chunks=1,
        attributes={**base, **attributes},
        vetting="vetted",
        signature=signature(text),
    )


def test_vetting_names_everything_that_is_missing():
    verdict = vet({"status": "Draft"}, POLICY, TODAY)
    assert verdict.vetting == "draft"
    assert len(verdict.lacks) == 3
    assert "owner" in " ".join(verdict.lacks) and "draft" in verdict.lacks[-1]


def test_vetting_outcomes():
    complete = {"title": "a", "owner": "b"}
    assert vet(complete, POLICY, TODAY).vetting == "vetted"
    assert vet({**complete, "review_by": "2026-11-21T00:00:00Z"}, POLICY, TODAY).vetting == "expired"
    assert vet({**complete, "review_by": "2026-11-23T00:00:00Z"}, POLICY, TODAY).vetting == "vetted"
    assert vet({**complete, "status": "superseded"}, POLICY, TODAY).vetting == "superseded"
    assert vet(complete, POLICY, TODAY, superseded_by="files:b").vetting == "superseded"


def test_a_document_named_by_a_newer_one_becomes_superseded_by_id_path_name_or_title():
    for name in ("files:old.md", "old.md", "OLD.MD"):
        records = [record("old.md"), record("new.md", supersedes=(name,))]
        changed = related(lambda records=records: records, POLICY, TODAY)
        assert [(r.id, r.vetting) for r in changed] == [("files:old.md", "superseded")], name


def test_nothing_changes_twice():
    records = [record("old.md", 1), record("new.md", 1, supersedes=("old.md",), updated_at="2026-01-01T00:00:00Z")]
    changed = {r.id: r for r in related(lambda: records, POLICY, TODAY)}
    assert changed["files:old.md"].duplicate_of == "files:new.md"
    settled = [changed.get(r.id, r) for r in records]
    assert list(related(lambda: settled, POLICY, TODAY)) == []


def test_near_duplicates_are_grouped_under_the_newest_and_others_are_left_alone():
    text = words(1)
    edited = [*text[:200], "changed", *text[201:]]
    found = duplicates(
        {
            "a": signature(" ".join(text)),
            "b": signature(" ".join(edited)),
            "c": signature(" ".join(words(2))),
            "d": b"",
        },
        {"a": "2026-01-01", "b": "2026-02-01"},
    )
    assert found == {"a": "b"}


def test_half_a_text_in_common_is_no_duplicate():
    shared = words(3, 200)
    left, right = [*shared, *words(4, 200)], [*shared, *words(5, 200)]
    assert duplicates({"a": signature(" ".join(left)), "b": signature(" ".join(right))}, {}) == {}


@pytest.mark.parametrize(
    ("other", "superseded"),
    [
        ({"valid_from": "2021-05-01T00:00:00Z"}, True),
        ({"version": "2"}, True),
        ({"valid_from": "2027-01-01T00:00:00Z", "version": "5"}, False),  # a later one
        ({}, False),  # of no known age
        ({"valid_from": "2021-05-01T00:00:00Z", "customer": "Gull Lines"}, False),  # another customer's
    ],
)
def test_the_version_that_says_so_replaces_earlier_ones_of_its_name(other: dict[str, str], superseded: bool) -> None:
    stated = {"valid_from": "2026-04-01T00:00:00Z", "version": "4", "replaces_earlier": True}
    new = DocumentRecord("s:new", "s", "Mooring fees 2026", attributes={"vetting": "vetted", **stated})
    old = DocumentRecord("s:old", "s", "Mooring fees (v2)", attributes={"vetting": "vetted", **other})
    changed = {r.id: r.vetting for r in related(lambda: [new, old], VettingPolicy(), TODAY)}
    assert (changed.get("s:old") == "superseded") == superseded and changed.get("s:new") != "superseded"


def test_what_its_own_text_ends_has_expired() -> None:
    assert vet({"title": "Fees", "valid_until": "2026-01-31T00:00:00Z"}, VettingPolicy(), TODAY).vetting == "expired"
