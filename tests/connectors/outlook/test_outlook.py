"""Outlook: who reads which mailbox, threads as one document, quoted history, attached files, folders, moves."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from core.types import Connector, Document
from ingestion.parse.sandbox import ParserPool
from samples.stand_ins import graph
from samples.stand_ins.graph import GraphStandIn
from samples.stand_ins.mailboxes import Mailbox, attachment
from samples.stand_ins.tenant import Tenant
from tests.connectors.harness import Found, open_kind, run
from tests.connectors.sources import tenant_keys

pytestmark = pytest.mark.integration

ANA = "ana@x.com"
TEAM, BOARD = "00000000-0000-0000-0000-0000000000aa", "00000000-0000-0000-0000-0000000000bb"
OWNER = {f"user:{ANA}"}


@pytest.fixture
def server() -> Iterator[GraphStandIn]:
    with graph.start(tenant=Tenant()) as running:
        running.tenant.add_mailbox("bo@x.com")
        member = {"@odata.type": "#microsoft.graph.user", "id": "bo@x.com"}
        running.tenant.groups[TEAM] = {"id": TEAM, "displayName": "team", "members": [member]}
        yield running


@pytest.fixture
def box(server: GraphStandIn) -> Mailbox:
    return server.tenant.add_mailbox(ANA)


def connector(server: GraphStandIn, *mailboxes: Any, **keys: Any) -> Connector:
    said = {"mailboxes": list(mailboxes) or [ANA], "folders": ["Inbox"]}
    return open_kind(Path("/"), **{**tenant_keys("outlook", server), **said, **keys})


def only(found: Found) -> Document:
    (document,) = found.documents.values()
    return document


# (what the mailbox is for, whether the person's account is enabled, the readers said) → who reads what lies in it.
READERS: list[tuple[str | None, bool | None, list[str], set[str]]] = [
    ("user", True, [], OWNER),
    ("user", False, [], set()),
    ("user", None, [], set()),
    ("user", True, ["user:Bo@x.com"], OWNER | {"user:bo@x.com"}),
    ("user", True, [f"group:{TEAM.upper()}"], OWNER | {f"group:{TEAM}"}),
    ("user", False, ["user:bo@x.com"], {"user:bo@x.com"}),
    ("shared", True, [], set()),
    ("shared", False, [], set()),
    ("shared", False, ["user:bo@x.com"], {"user:bo@x.com"}),
    ("shared", False, [f"group:{TEAM}", "group:Support"], {f"group:{TEAM}", "group:Support"}),
    ("shared", True, [f"group:{BOARD}"], {f"group:{BOARD}"}),
    ("room", True, [], set()),
    ("equipment", True, [], set()),
    ("linked", True, [], set()),
    ("others", True, [], set()),
    ("unknownFutureValue", True, [], set()),
    ("a kind of tomorrow", True, ["user:bo@x.com"], {"user:bo@x.com"}),
    (None, True, [], set()),
    (None, True, ["user:bo@x.com"], {"user:bo@x.com"}),
]
# What a message is, where it lies → whether its thread is there at all.
COUNTS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"sensitivity": "private"}, False),
    ({"sensitivity": "confidential"}, False),
    ({"sensitivity": "personal"}, False),
    ({"sensitivity": "a word of tomorrow"}, False),
    ({"isDraft": True}, False),
    ({"folder": "private"}, False),
    ({"folder": "below"}, False),
]


def test_the_truth_table_of_mailboxes(server: GraphStandIn) -> None:
    assert len(READERS) + len(COUNTS) >= 25
    said, expected = [], {}
    for number, (purpose, enabled, readers, people) in enumerate(READERS):
        address = f"box{number}@x.com"
        facts = {"mail": ANA, "userPrincipalName": ANA, "accountEnabled": enabled}
        server.tenant.add_mailbox(address, purpose, **facts).put(f"subject {number}", "text")
        said.append({"address": address, "readers": readers})
        expected[f"subject {number}"] = people
    reader = connector(server, *said)
    found = {document.title: set(document.allow) for document in run(reader).documents.values()}
    assert {title: people for title, people in found.items() if people != expected[title]} == {}
    assert len(found) == len(READERS)
    notes = " ".join(reader.notes())
    assert "box6@x.com: it is a shared mailbox" in notes and "box17@x.com: whose it is can't be read" in notes
    members = reader.memberships()
    assert members == {TEAM: frozenset({"user:bo@x.com"}), BOARD: frozenset()}


def test_the_truth_table_of_messages(server: GraphStandIn, box: Mailbox) -> None:
    folders = {"private": box.add_folder("Private"), "below": box.add_folder("Below", "inbox")}
    for number, (facts, _) in enumerate(COUNTS):
        folder = folders.get(facts.get("folder", ""), "inbox")
        box.put(f"subject {number}", "text", folder, **{k: v for k, v in facts.items() if k != "folder"})
    there = {document.title for document in run(connector(server)).documents.values()}
    assert there == {f"subject {number}" for number, (_, counts) in enumerate(COUNTS) if counts}


def test_who_leaves_a_team_or_is_taken_out_of_the_settings_reads_no_more(server: GraphStandIn, box: Mailbox) -> None:
    box.purpose = "shared"
    box.put("subject", "text")
    first = run(connector(server, {"address": ANA, "readers": [f"group:{TEAM}", "user:bo@x.com"]}))
    server.tenant.groups[TEAM]["members"] = []
    reader = connector(server, {"address": ANA, "readers": [f"group:{TEAM}"]})
    second = run(reader, first.cursor)
    assert [set(ref.allow) for ref in second.access.values()] == [{f"group:{TEAM}"}] and not second.documents
    assert reader.memberships() == {TEAM: frozenset()}
    gone = run(connector(server, "bo@x.com"), second.cursor)
    assert gone.deleted == [only(first).id]


def test_a_thread_is_one_document_without_what_it_quotes(server: GraphStandIn, box: Mailbox) -> None:
    earlier = "<p>Could you move the review?</p><hr><p>From: Carla Roth</p><p>Forwarded: the plant closes in May.</p>"
    box.put("Review", earlier, conversationId="c1", receivedDateTime="2026-11-02T09:00:00Z")
    first = run(connector(server))
    reply = {"contentType": "html", "content": "<p>Yes, Tuesday at ten.</p>"}
    quoted = {"contentType": "html", "content": f"<p>Yes, Tuesday at ten.</p><blockquote>{earlier}</blockquote>"}
    when = "2026-11-03T09:00:00Z"
    facts = {"conversationId": "c1", "receivedDateTime": when, "uniqueBody": reply, "body": quoted}
    box.put("RE: Review", "", **facts, **{"from": {"emailAddress": {"name": "Ana Ruíz", "address": "Ana@x.com"}}})
    found = only(run(connector(server), first.cursor))
    assert found.id == only(first).id and found.title == "Review"
    assert found.created_at and found.updated_at and (found.updated_at - found.created_at).days == 1
    assert found.metadata["authors"] == ("somebody@customer.example", "ana@x.com")
    assert found.metadata["path"] == f"{ANA}/Inbox/Review"
    with ParserPool() as parser:
        parsed = parser.parse(found.body, found.name, found.media_type)
    text = "\n".join(section.text for section in parsed.sections)
    assert text.count("Could you move the review?") == 1 and "Tuesday at ten" in text
    assert "the plant closes in May" in text, "what the first one forwards stands nowhere else"
    assert "Ana Ruíz" in text


def test_attached_files_are_read_with_their_thread(server: GraphStandIn, box: Mailbox) -> None:
    inner = EmailMessage()
    inner["Subject"], inner["From"] = "The offer", "carla@customer.example"
    inner.set_content("We take ten seats.\nFrom here on it is ours.\n")
    files = [
        attachment("offer.csv", b"item,price\nseat,120\n", contentType="text/csv"),
        attachment("The offer.eml", inner.as_bytes(), "itemAttachment"),
        attachment("logo.png", b"\x89PNG", isInline=True),
        attachment("elsewhere.docx", b"", "referenceAttachment"),
        attachment("film.mp4", b"x" * 30_000),
    ]
    box.put("Offer", "<p>See attached.</p>\nFrom now on weekly.", files=files)
    once, twice = (only(run(connector(server, max_bytes=20_000))) for _ in range(2))
    assert once.body == twice.body, "the same bytes each time"
    with ParserPool() as parser:
        parsed = parser.parse(once.body, once.name, once.media_type)
    text = "\n".join(section.text for section in parsed.sections)
    assert "120" in text and "ten seats" in text and "From here on it is ours" in text and "From now on weekly" in text
    assert "film.mp4 has 30,000 bytes" in text and "elsewhere" not in text
    without = only(run(connector(server, attachments=False)))
    assert b"offer.csv" not in without.body


def test_a_message_that_moves_takes_its_thread_along(server: GraphStandIn, box: Mailbox) -> None:
    box.add_folder("Projects")
    folder = box.add_folder("Plans", next(f for f, known in box.folders.items() if known["displayName"] == "Projects"))
    other = box.add_folder("Elsewhere")
    one = box.put("Subject", "first", conversationId="c")
    two = box.put("RE: Subject", "second", conversationId="c")
    keys: dict[str, Any] = {"folders": ["inbox", "projects/Plans"]}
    first = run(connector(server, **keys))
    box.move(one, folder)
    moved = run(connector(server, **keys), first.cursor)
    assert list(moved.documents) == list(first.documents) and not moved.deleted
    assert only(moved).metadata["folders"] == ("Inbox", "Projects/Plans")
    box.move(one, other)
    smaller = run(connector(server, **keys), moved.cursor)
    assert b"first" not in only(smaller).body and b"second" in only(smaller).body
    box.delete(two)
    gone = run(connector(server, **keys), smaller.cursor)
    assert gone.deleted == list(first.documents) and not gone.documents
    box.move(one, "inbox")
    assert list(run(connector(server, **keys), gone.cursor).documents) == list(first.documents)


def test_folders_are_chosen_by_name_and_with_what_lies_below(server: GraphStandIn, box: Mailbox) -> None:
    box.folders["inbox"]["displayName"] = "Posteingang"
    below = box.add_folder("Kunde A", "inbox")
    box.put("a", "text")
    box.put("b", "text", below)
    titles = {
        name: {document.title for document in run(connector(server, **keys)).documents.values()}
        for name, keys in {
            "well-known": {"folders": ["Inbox"]},
            "shown": {"folders": ["posteingang/Kunde A"]},
            "all": {"folders": ["Inbox"], "subfolders": True},
        }.items()
    }
    assert titles == {"well-known": {"a"}, "shown": {"b"}, "all": {"a", "b"}}
    missing = run(connector(server, folders=["Projects"]))
    (failure,) = missing.failures.values()
    assert "has no folder Projects" in failure.reason and failure.retry


def test_a_folder_or_mailbox_that_is_gone_takes_nothing_away(server: GraphStandIn, box: Mailbox) -> None:
    folder = box.add_folder("Projects")
    box.put("a", "text", folder)
    first = run(connector(server, folders=["Projects"]))
    box.folders[folder]["displayName"] = "Old"
    renamed = run(connector(server, folders=["Projects"]), first.cursor)
    assert renamed.failures and not renamed.deleted
    del server.tenant.mailboxes[ANA]
    gone = run(connector(server, folders=["Projects"]), renamed.cursor)
    assert gone.failures and not gone.deleted


def test_a_feed_that_is_too_old_begins_anew(server: GraphStandIn, box: Mailbox) -> None:
    message = box.put("a", "text")
    box.put("b", "text")
    first = run(connector(server))
    box.oldest_token = 99
    box.put("a", "other", message=message)
    found = run(connector(server), first.cursor)
    assert [document.title for document in found.documents.values()] == ["a"] and found.seen == 2


def test_a_long_mailbox_comes_page_by_page_and_unchanged_costs_three_requests(
    server: GraphStandIn, box: Mailbox
) -> None:
    server.page_size = 2
    for number in range(7):
        box.put(f"s{number % 5}", f"text {number}")
    first = run(connector(server))
    assert len(first.documents) == 5
    server.faults.requests.clear()
    assert run(connector(server), first.cursor).is_empty()
    asked = [request for request in server.faults.requests if "/v1.0/users" in request]
    assert len(asked) == 4, "the person, what the mailbox is for, its folders, the feed"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"mailboxes": []}, "mailboxes"),
        ({"mailboxes": ["no address"]}, "address"),
        ({"folders": []}, "name those that may be read"),
        ({"mailboxes": [{"address": ANA, "readers": ["bo"]}]}, "no principal"),
        ({"mailboxes": [{"address": ANA, "reader": []}]}, "reader"),
    ],
)
def test_bad_settings_are_named(server: GraphStandIn, keys: dict[str, Any], said: str) -> None:
    with pytest.raises(Exception, match=said):
        connector(server, **keys)
