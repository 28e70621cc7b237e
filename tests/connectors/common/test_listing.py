"""The compact cursor, and the merge of what was with what is."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.common.listing import ListedVersion, ListingWriter, matched, merged, read_cursor
from core.errors import SourceError

keys = st.lists(st.text(min_size=1, max_size=12), max_size=40, unique=True).map(sorted)


@dataclass(frozen=True)
class Thing:
    key: str


def written(names: list[str], stamp: str = "s") -> ListingWriter:
    writer = ListingWriter("policy")
    for name in names:
        writer.add(ListedVersion(name, stamp, "side", "details", "access"))
    return writer


@given(keys)
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read_back(names: list[str]) -> None:
    remembered = read_cursor(written(names).cursor({"token": 1}), "src")
    assert [entry.key for entry in remembered.entries()] == names
    assert remembered.policy == "policy" and remembered.extra == {"token": 1}


@given(keys, keys)
@settings(max_examples=100, deadline=None)
def test_merging_and_matching_find_the_same(before: list[str], now: list[str]) -> None:
    def found(pairs: object) -> set[tuple[str | None, str | None]]:
        return {(item and item.key, entry and entry.key) for item, entry in pairs}  # type: ignore[attr-defined]

    entries = [ListedVersion(name, "") for name in before]
    expected = {(name if name in now else None, name if name in before else None) for name in {*before, *now}}
    assert found(merged((Thing(name) for name in now), entries, str)) == expected
    assert found(matched((Thing(name) for name in reversed(now)), entries)) == expected


@given(keys, st.integers(0, 40))
@settings(max_examples=30, deadline=None)
def test_a_cursor_in_the_middle_holds_the_new_before_it_and_the_old_after_it(names: list[str], at: int) -> None:
    old = read_cursor(written(names, "old").cursor(), "src")
    half = names[:at]
    cursor = written(half, "new").cursor(None, old.listing, half[-1] if half else "")
    resumed = {entry.key: entry.content for entry in read_cursor(cursor, "src").entries()}
    assert resumed == {name: "new" if index < at else "old" for index, name in enumerate(names)}


def test_a_source_that_lists_out_of_order_is_an_error_and_not_a_hundred_deletions() -> None:
    with pytest.raises(SourceError, match="out of order"):
        list(merged(iter([Thing("b"), Thing("a")]), [], str))


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "[]", '{"v": 1}', '{"v": 1, "policy": "", "listing": "%%%"}', '{"v": 2}']
)
def test_a_cursor_that_cannot_be_read_names_the_remedy(cursor: str) -> None:
    with pytest.raises(SourceError, match="debrief sync src --full"):
        list(read_cursor(cursor, "src").entries())


def test_a_cursor_that_was_cut_short_is_refused() -> None:
    cursor = json.loads(written([f"name {n}" for n in range(500)]).cursor())
    cursor["listing"] = cursor["listing"][: len(cursor["listing"]) // 8 * 4]
    with pytest.raises(SourceError, match="cut short"):
        list(read_cursor(json.dumps(cursor), "src").entries())


def test_a_listing_of_twenty_thousand_stays_small() -> None:
    names = [f"folder-{number % 100:02}/a report with a usual name {number:05}.docx" for number in range(20_000)]
    writer = ListingWriter()
    for number, name in enumerate(sorted(names)):
        writer.add(ListedVersion(name, f"{number * 2654435761 % 2**48:012x}"))
    assert len(writer.cursor()) < 700_000
