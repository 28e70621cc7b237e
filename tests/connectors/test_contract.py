"""What every connector keeps, whatever it reads. A new kind adds a harness and a line in `SOURCES`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.common import diff as compare
from connectors.registry import KINDS
from core.errors import SourceError
from samples.stand_ins import confluence, graph, redshift, s3, salesforce, smartsheet, totango
from tests.connectors.harness import Harness, run
from tests.connectors.sources import (
    ConfluenceHarness,
    DataCenterHarness,
    FilesHarness,
    OneDriveHarness,
    OutlookHarness,
    RedshiftHarness,
    S3Harness,
    SalesforceHarness,
    SharePointHarness,
    SmartsheetHarness,
    TeamsHarness,
    TotangoHarness,
)

# Kind → its harness and what starts its stand-in.
SOURCES: dict[str, tuple[Callable[..., Harness], Callable[[], Any]]] = {
    "s3": (S3Harness, s3.start),
    "sharepoint": (SharePointHarness, graph.start),
    "onedrive": (OneDriveHarness, graph.start),
    "outlook": (OutlookHarness, graph.start),
    "teams": (TeamsHarness, graph.start),
    "totango": (TotangoHarness, totango.start),
    "redshift": (RedshiftHarness, redshift.start),
    "confluence": (ConfluenceHarness, confluence.start),
    "confluence data center": (DataCenterHarness, confluence.start),
    "salesforce": (SalesforceHarness, salesforce.start),
    "smartsheet": (SmartsheetHarness, smartsheet.start),
}


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[str], Any]]:
    """The stand-ins, each started when the first test asks for it."""
    running: dict[str, Any] = {}
    with ExitStack() as stack:

        def server(kind: str) -> Any:
            if kind not in running:
                running[kind] = stack.enter_context(SOURCES[kind][1]())
            return running[kind]

        yield server


@pytest.fixture(params=["files", *(pytest.param(kind, marks=pytest.mark.integration) for kind in SOURCES)])
def source(request: pytest.FixtureRequest, servers: Callable[[str], Any], tmp_path: Path) -> Harness:
    if request.param == "files":
        return FilesHarness(tmp_path)
    harness, _ = SOURCES[request.param]
    return harness(servers(request.param))


def test_every_kind_is_held_to_the_contract() -> None:
    assert {"files", *(name.partition(" ")[0] for name in SOURCES)} == set(KINDS)


def fill(source: Harness, count: int) -> list[str]:
    names = [f"doc-{number:03}" for number in range(count)]
    for name in names:
        source.put(name, f"text of {name}")
    return [source.id_of(name) for name in names]


def test_the_first_run_is_everything(source: Harness) -> None:
    ids = fill(source, 5)
    found = run(source.connector())
    assert sorted(found.documents) == sorted(ids) and found.seen == 5 and not found.failures
    for number, document_id in enumerate(ids):
        document = found.documents[document_id]
        assert f"text of doc-{number:03}" in document.body.decode()
        assert document.allow == {"group:emea"} and document.source == "src" and document.url


def test_nothing_changed_fetches_nothing(source: Harness) -> None:
    fill(source, 5)
    first = run(source.connector())
    source.downloads()
    second = run(source.connector(), first.cursor)
    assert second.is_empty() and second.seen == (5 if source.lists_all else 0) and source.downloads() == 0


def test_only_what_changed_comes_back(source: Harness) -> None:
    fill(source, 5)
    first = run(source.connector())
    source.put("doc-001", "another text")
    source.put("doc-new", "new text")
    source.delete("doc-003")
    second = run(source.connector(), first.cursor)
    assert set(second.documents) == {source.id_of("doc-001"), source.id_of("doc-new")}
    assert "another text" in second.documents[source.id_of("doc-001")].body.decode()
    assert second.deleted == [source.id_of("doc-003")] and not second.access
    assert run(source.connector(), second.cursor).is_empty()


def test_a_change_of_access_alone_fetches_nothing(source: Harness) -> None:
    fill(source, 3)
    first = run(source.connector())
    source.downloads()
    deny = ("group:contractors",) if source.can_deny else ()
    # A channel is its team's or its members'; elsewhere a list may name both.
    allow = getattr(source, "other_access", ("group:dach", "user:Ana@X.com"))
    source.set_access("doc-001", allow, deny)
    second = run(source.connector(), first.cursor)
    found = second.documents if source.access_is_content else second.access
    assert bool(second.documents) == source.access_is_content and not second.deleted and source.downloads() == 0
    (ref,) = found.values()
    assert ref.id == source.id_of("doc-001")
    assert ref.allow == {name.replace("Ana@X", "ana@x") for name in allow} and ref.deny == set(deny)
    assert run(source.connector(), second.cursor).is_empty()


def test_without_an_access_list_nobody_may_read(source: Harness) -> None:
    source.put("closed", "text", allow=())
    (document,) = run(source.connector()).documents.values()
    assert document.allow == frozenset()


def test_the_listing_agrees_with_a_full_run(source: Harness) -> None:
    fill(source, 3)
    source.set_access("doc-002", ("user:ana@x.com",), ("group:contractors",) if source.can_deny else ())
    documents = run(source.connector()).documents
    listed = {ref.id: (ref.allow, ref.deny) for ref in source.connector().listing()}
    assert listed == {i: (d.allow, d.deny) for i, d in documents.items()}


def test_replaying_a_cursor_gives_the_same_again(source: Harness) -> None:
    fill(source, 4)
    first = run(source.connector())
    source.put("doc-000", "changed")
    source.delete("doc-002")
    one, two = (run(source.connector(), first.cursor) for _ in range(2))
    assert (one.documents.keys(), one.deleted) == (two.documents.keys(), two.deleted)
    assert (list(one.documents), one.deleted) == ([source.id_of("doc-000")], [source.id_of("doc-002")])


def test_a_crash_between_batches_loses_nothing(source: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "_BATCH_DOCUMENTS", 3)
    fill(source, 12)
    before = run(source.connector())
    for number in (1, 2, 4, 5, 7, 8, 9):
        source.put(f"doc-{number:03}", "changed")
    source.delete("doc-000")
    source.delete("doc-011")
    whole = run(source.connector(), before.cursor)
    assert len(whole.documents) == 7 and len(whole.deleted) == 2 and len(whole.batches) > 2
    cursors = [batch.cursor for batch in whole.batches[:-1]]
    assert any(cursors) or not source.resumes
    for number in range(1, len(whole.batches)):
        taken = whole.batches[:number]
        committed = next((batch.cursor for batch in reversed(taken) if batch.cursor), before.cursor)
        rest = run(source.connector(), committed)
        documents = {document.id for batch in taken for document in batch.documents} | set(rest.documents)
        assert documents == set(whole.documents)
        assert {i for batch in taken for i in batch.deleted} | set(rest.deleted) == set(whole.deleted)
        assert run(source.connector(), rest.cursor).is_empty()


def test_a_clock_that_runs_behind_hides_no_change(source: Harness) -> None:
    fill(source, 2)
    first = run(source.connector())
    source.put("doc-001", "changed")
    source.date_back("doc-001")
    assert set(run(source.connector(), first.cursor).documents) == {source.id_of("doc-001")}


def test_two_edits_within_a_second_are_both_seen(source: Harness) -> None:
    source.put("doc", "text a")
    cursor = run(source.connector()).cursor
    for letter in "bcd":
        source.put("doc", f"text {letter}")
        found = run(source.connector(), cursor)
        assert f"text {letter}" in found.documents[source.id_of("doc")].body.decode()
        cursor = found.cursor


@pytest.mark.parametrize("name", ["Ünïcödé – 日本語 🙂", "a b+c&d%20e#f?g'h", "n" * 230, ".."[:1] + "x y" * 40])
def test_names_of_every_kind(source: Harness, name: str) -> None:
    name = name.lstrip(".")
    source.put(name, "text")
    first = run(source.connector())
    assert list(first.documents) == [source.id_of(name)]
    assert run(source.connector(), first.cursor).is_empty()
    source.delete(name)
    assert run(source.connector(), first.cursor).deleted == [source.id_of(name)]


def test_an_empty_and_a_huge_document_harm_no_other(source: Harness) -> None:
    source.put("empty", "")
    source.put("huge", "x" * 50_000)
    source.put("fine", "text")
    found = run(source.connector(max_bytes=20_000))
    assert set(found.documents) == {source.id_of("empty"), source.id_of("fine")}
    failure = found.failures[source.id_of("huge")]
    assert "20,000" in failure.reason and "max_bytes" in failure.reason and not failure.retry
    second = run(source.connector(max_bytes=20_000), found.cursor)
    assert second.is_empty()


@pytest.mark.parametrize("kind", ["throttle", "error", "timeout", "cut", "malformed"])
def test_a_page_that_fails_once_is_asked_for_again(source: Harness, kind: str) -> None:
    if source.faults is None:
        pytest.skip("it is not read over HTTP")
    ids = fill(source, 3)
    fault = source.faults.add(kind, source.page_path, seconds=0.7)  # type: ignore[arg-type]
    found = run(source.connector())
    assert fault.hits == 1 and sorted(found.documents) == sorted(ids) and not found.failures


def test_a_throttled_call_is_logged_once(source: Harness, caplog: pytest.LogCaptureFixture) -> None:
    if source.faults is None:
        pytest.skip("it is not read over HTTP")
    fill(source, 2)
    source.faults.add("throttle", source.page_path, seconds=0.1)
    with caplog.at_level(logging.INFO):
        run(source.connector())
    said = [record for record in caplog.records if record.name.startswith("connectors.")]
    assert [record.levelname for record in said] == ["WARNING"]
    message = said[0].getMessage()
    assert message.startswith("source src asks to slow down") and "try 2 of" in message and "http://" not in message


def test_a_page_that_always_fails_ends_the_run_and_deletes_nothing(source: Harness) -> None:
    if source.faults is None:
        pytest.skip("it is not read over HTTP")
    fill(source, 3)
    first = run(source.connector())
    source.faults.add("error", source.page_path, times=100, seconds=0.01)
    batches = []
    with pytest.raises(SourceError) as raised:
        batches.extend(source.connector(attempts=2).changes(first.cursor))
    assert not any(batch.deleted for batch in batches) and "src" in str(raised.value)
    source.faults.clear()
    assert run(source.connector(), first.cursor).is_empty()


@pytest.mark.parametrize("kind", ["error", "timeout", "cut"])
def test_one_document_that_cannot_be_fetched_is_reported_and_tried_again(source: Harness, kind: str) -> None:
    if source.faults is None or not source.body_path:
        pytest.skip("its documents come with the listing")
    fill(source, 3)
    source.faults.add(kind, source.body_path, times=100, seconds=0.7)  # type: ignore[arg-type]
    found = run(source.connector(attempts=1))
    assert len(found.failures) == 3 and all(failure.retry for failure in found.failures.values())
    source.faults.clear()
    again = run(source.connector(), found.cursor)
    assert len(again.documents) == 3 and not again.failures


def test_a_cursor_of_another_version_is_refused_with_the_remedy(source: Harness) -> None:
    with pytest.raises(SourceError, match="debrief sync src --full"):
        run(source.connector(), '{"v": 99}')
