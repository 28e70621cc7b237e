"""The folder tree: order, links, sidecars, prefix access lists, and what happens to unreadable things."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from connectors.files import FilesConnector, FilesSettings
from core.errors import SettingsError, SourceError, Unreachable
from core.types import Connector
from tests.connectors.harness import open_kind, run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    root.mkdir()
    return root


def connector(folder: Path, **keys: Any) -> Connector:
    """The connector, an hour later: a file younger than two seconds is read once more, whatever its stamp says."""
    settings = FilesSettings(name="src", kind="files", path=folder, **keys)
    return FilesConnector(settings, folder, now=lambda: time.time() + 3_600)


def write(path: Path, text: str = "text", sidecar: Any = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    age(path)
    if sidecar is not None:
        side = path.with_name(path.name + ".metadata.json")
        side.write_text(sidecar if isinstance(sidecar, str) else json.dumps(sidecar), encoding="utf-8")
        age(side)


def age(path: Path) -> None:
    os.utime(path, (1_700_000_000, 1_700_000_000))


def test_names_that_sort_around_the_slash_come_in_order_and_once(folder: Path) -> None:
    for name in ("a.txt", "a/x.txt", "a-b.txt", "a b/y.txt", "a/x/z.txt", "ab.txt", "Ä.txt", "日本.txt"):
        write(folder / name)
    first = run(connector(folder))
    assert sorted(first.documents) == sorted(f"src:{p.relative_to(folder)}" for p in folder.rglob("*.txt"))
    assert first.seen == 8


def test_sidecar_gives_title_attributes_access_and_address(folder: Path) -> None:
    sidecar = {
        "DocumentId": "other-id",
        "Title": "The plan",
        "Attributes": {"_category": "policy", "_source_uri": "https://wiki/plan", "Regions": ["emea", "apac"], "n": 3},
        "AccessControlList": [
            {"Name": "Ana@X.com", "Type": "USER", "Access": "ALLOW"},
            {"Name": "legal", "Type": "GROUP", "Access": "DENY"},
        ],
    }
    write(folder / "plan.md", sidecar=sidecar)
    (document,) = run(connector(folder)).documents.values()
    assert (document.id, document.title, document.url) == ("src:plan.md", "The plan", "https://wiki/plan")
    assert document.allow == {"user:ana@x.com"} and document.deny == {"group:legal"}
    assert document.metadata["Regions"] == ("emea", "apac") and document.metadata["_category"] == "policy"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [({}, set()), ({"public": True}, {"everyone"}), ({"allow": ["group:emea"], "public": True}, {"group:emea"})],
)
def test_without_an_access_list_nobody_reads_unless_the_source_says_so(
    folder: Path, keys: dict[str, Any], expected: set[str]
) -> None:
    write(folder / "a.txt")
    (document,) = run(connector(folder, **keys)).documents.values()
    assert document.allow == expected


def test_the_longest_prefix_decides_and_a_list_of_its_own_replaces_it(folder: Path) -> None:
    entry = {"Type": "GROUP", "Access": "ALLOW"}
    rules = [
        {"keyPrefix": "a/", "aclEntries": [{"Name": "wide", **entry}]},
        {"keyPrefix": "a/b/", "aclEntries": [{"Name": "narrow", **entry}]},
    ]
    (folder / "acl.json").write_text(json.dumps(rules))
    own = {"AccessControlList": [{"Name": "own", **entry}]}
    write(folder / "a/1.txt")
    write(folder / "a/b/2.txt")
    write(folder / "a/b/3.txt", sidecar=own)
    write(folder / "c/4.txt")
    write(folder / "a/5.txt", sidecar={"AccessControlList": []})
    allowed = {i: set(d.allow) for i, d in run(connector(folder, public=True)).documents.items()}
    assert allowed == {
        "src:a/1.txt": {"group:wide"},
        "src:a/b/2.txt": {"group:narrow"},
        "src:a/b/3.txt": {"group:own"},
        "src:a/5.txt": set(),
        "src:c/4.txt": {"everyone"},
    }


def test_a_changed_prefix_list_changes_only_the_access_of_those_it_concerns(folder: Path) -> None:
    def rules(group: str) -> None:
        entry = {"Name": group, "Type": "GROUP", "Access": "ALLOW"}
        (folder / "acl.json").write_text(json.dumps([{"keyPrefix": "a/", "aclEntries": [entry]}]))

    rules("one")
    write(folder / "a/1.txt")
    write(folder / "b/2.txt")
    first = run(connector(folder))
    second = run(connector(folder), run(connector(folder), first.cursor).cursor)
    assert second.is_empty()
    rules("two")
    third = run(connector(folder), second.cursor)
    assert {i: set(ref.allow) for i, ref in third.access.items()} == {"src:a/1.txt": {"group:two"}}
    assert not third.documents and not third.deleted and not third.failures


def test_an_entry_that_cannot_be_understood_grants_nothing_and_an_unclear_deny_closes(folder: Path) -> None:
    allow = {"Name": "emea", "Type": "GROUP", "Access": "ALLOW"}
    unclear_allow = {"Name": "x", "Type": "ROBOT", "Access": "ALLOW"}
    unclear_deny = {"Name": "x", "Type": "ROBOT", "Access": "DENY"}
    write(folder / "1.txt", sidecar={"AccessControlList": [allow, unclear_allow]})
    write(folder / "2.txt", sidecar={"AccessControlList": [allow, unclear_deny]})
    documents = run(connector(folder)).documents
    assert documents["src:1.txt"].allow == {"group:emea"}
    assert documents["src:2.txt"].allow == set()


def test_a_broken_sidecar_fails_and_closes_its_document_until_it_is_mended(folder: Path) -> None:
    write(folder / "a.txt", sidecar={"AccessControlList": [{"Name": "emea", "Type": "GROUP", "Access": "ALLOW"}]})
    write(folder / "b.txt", sidecar={"Title": "fine"})
    first = run(connector(folder))
    write(folder / "a.txt", sidecar="{not json")
    second = run(connector(folder), first.cursor)
    assert "a.txt.metadata.json is not valid JSON" in second.failures["src:a.txt"].reason
    assert second.access["src:a.txt"].allow == set() and not second.deleted
    write(folder / "a.txt", sidecar={"AccessControlList": [{"Name": "emea", "Type": "GROUP", "Access": "ALLOW"}]})
    third = run(connector(folder), second.cursor)
    assert third.documents["src:a.txt"].allow == {"group:emea"}


def test_links_out_of_the_tree_and_round_in_circles_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    write(folder / "sub/a.txt")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "outdir").symlink_to(tmp_path)
    (folder / "sub/loop").symlink_to(folder / "sub")
    (folder / "inside.txt").symlink_to(folder / "sub/a.txt")
    (folder / "broken.txt").symlink_to(folder / "nothing")
    assert set(run(connector(folder)).documents) == {"src:inside.txt", "src:sub/a.txt"}


def test_hidden_files_pipes_and_metadata_are_no_documents(folder: Path) -> None:
    write(folder / "a.txt", sidecar={"Title": "t"})
    write(folder / ".git/config")
    write(folder / ".DS_Store")
    write(folder / "lib/_library.json")
    os.mkfifo(folder / "pipe")
    assert set(run(connector(folder)).documents) == {"src:a.txt"}


def test_a_name_that_is_not_utf8_is_reported_and_the_rest_is_read(folder: Path) -> None:
    write(folder / "a.txt")
    with open(os.fsencode(folder) + b"/caf\xe9.txt", "wb") as file:
        file.write(b"x")
    found = run(connector(folder))
    assert set(found.documents) == {"src:a.txt"}
    (failure,) = found.failures.values()
    assert "rename" in failure.reason and "caf\\xe9.txt" in failure.reason


def test_a_folder_that_cannot_be_listed_deletes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "a/1.txt")
    write(folder / "b/2.txt")
    first = run(connector(folder))
    real = os.scandir

    def scandir(path: str) -> Any:
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    # chmod 000 wouldn't stop the tests where they run as root.
    monkeypatch.setattr(os, "scandir", scandir)
    second = run(connector(folder), first.cursor)
    assert second.deleted == [] and set(second.failures) == {"src:a/"}
    with pytest.raises(SourceError, match="can't be listed"):
        list(connector(folder).listing())
    monkeypatch.undo()
    assert not run(connector(folder), second.cursor).deleted


def test_a_folder_that_is_gone_is_an_error_and_not_a_hundred_deletions(folder: Path) -> None:
    write(folder / "a.txt")
    first = run(connector(folder))
    with pytest.raises(Unreachable, match="doesn't exist"):
        run(connector(folder.with_name("elsewhere")), first.cursor)


def test_a_file_over_the_limit_is_named_with_the_limit(folder: Path) -> None:
    write(folder / "big.txt", "x" * 101)
    write(folder / "small.txt", "x" * 100)
    found = run(connector(folder, max_bytes=100))
    assert set(found.documents) == {"src:small.txt"}
    assert "101 bytes" in found.failures["src:big.txt"].reason and not found.failures["src:big.txt"].retry


def test_a_copy_that_keeps_size_and_time_is_still_noticed(folder: Path) -> None:
    write(folder / "a.txt", "one")
    first = run(connector(folder))
    write(folder / "a.txt", "two")
    assert run(connector(folder), first.cursor).documents["src:a.txt"].body == b"two"


def test_a_file_that_was_just_written_is_read_once_more(folder: Path) -> None:
    write(folder / "a.txt")
    now = open_kind(folder.parent, kind="files", path=str(folder))
    first = run(now)
    later = run(connector(folder), first.cursor)
    assert set(later.documents) == {"src:a.txt"}
    assert run(connector(folder), later.cursor).is_empty()


def test_patterns_and_age_leave_documents_out_and_removed_ones_are_deleted(folder: Path) -> None:
    for name in ("a.pdf", "drafts/b.pdf", "c.PDF", "d.txt"):
        write(folder / name)
    first = run(connector(folder))
    second = run(connector(folder, include=["*.pdf"], exclude=["drafts/"]), first.cursor)
    assert second.deleted == ["src:d.txt", "src:drafts/b.pdf"]
    third = run(connector(folder, max_age_days=30))
    assert third.documents == {}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"kind": "file", "path": "x"}, "did you mean 'files'"),
        ({"kind": "files"}, "the key 'path' is missing"),
        ({"kind": "files", "path": "x", "pubic": True}, "unknown key 'pubic'; did you mean 'public'?"),
        ({"kind": "files", "path": "x", "allow": ["emea"]}, "write user:ADDRESS, group:NAME or everyone"),
    ],
)
def test_wrong_keys_are_named_with_file_and_remedy(tmp_path: Path, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=r"debrief\.yaml") as raised:
        open_kind(tmp_path, **keys)
    assert message in str(raised.value)


def test_a_first_run_says_how_much_there_is_to_read(folder: Path) -> None:
    for name in ("a.txt", "b/c.txt", "b/d.txt"):
        write(folder / name)
    first = list(connector(folder).changes(None))
    assert {batch.total for batch in first} == {3}
    assert {batch.total for batch in connector(folder).changes(first[-1].cursor)} == {0}


def test_a_sidecar_that_leads_out_of_the_folder_closes_its_document_unread(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text(json.dumps({"Title": "TITLE FROM OUTSIDE"}))
    write(folder / "a.txt")
    write(folder / "b.txt", sidecar={"Title": "b"})
    (folder / "a.txt.metadata.json").symlink_to(tmp_path / "outside.json")
    found = run(connector(folder))
    assert set(found.documents) == {"src:b.txt"}
    assert "leads out of the source's folder" in found.failures["src:a.txt"].reason


def test_a_recording_and_the_transcript_beside_it_are_one_document(folder: Path) -> None:
    write(folder / "call.mp4", "sound")
    write(folder / "call.vtt", "WEBVTT")
    first = run(connector(folder))
    assert list(first.documents) == ["src:call.mp4"]
    found = first.documents["src:call.mp4"]
    assert found.transcript is not None and found.transcript.name == "call.vtt" and found.transcript.body == b"WEBVTT"
    write(folder / "call.vtt", "WEBVTT, mended")
    second = run(connector(folder), first.cursor)
    assert second.documents["src:call.mp4"].transcript.body == b"WEBVTT, mended"
    (folder / "call.mp4").unlink()
    third = run(connector(folder), second.cursor)
    assert list(third.documents) == ["src:call.vtt"] and third.deleted == ["src:call.mp4"]


@pytest.mark.parametrize(
    ("keys", "sidecar"),
    [
        ({"max_bytes": 4}, None),  # the recording is too big to be read: its words must not be lost with it
        ({"exclude": ["*.mp4"]}, None),
        ({}, {"AccessControlList": [{"Name": "board", "Type": "GROUP", "Access": "ALLOW"}]}),  # others may read it
    ],
)
def test_a_transcript_stays_a_document_where_it_says_more_or_to_others(
    folder: Path, keys: dict[str, Any], sidecar: Any
) -> None:
    write(folder / "call.mp4", "sound")
    write(folder / "call.vtt", "talk", sidecar)
    assert "src:call.vtt" in run(connector(folder, **keys)).documents
    assert all(document.transcript is None for document in run(connector(folder, **keys)).documents.values())
