"""Teams: who reads which channel, chat and transcript; threads with their replies; what the feed doesn't tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.types import Connector
from samples.stand_ins import graph
from samples.stand_ins.chats import Conversation, Team
from samples.stand_ins.graph import GraphStandIn
from samples.stand_ins.tenant import Tenant
from tests.connectors.harness import Found, open_kind, run
from tests.connectors.sources import tenant_keys

pytestmark = pytest.mark.integration

TEAM = "00000000-0000-0000-0000-0000000000aa"
ANA, BO = "user:ana@x.com", "user:bo@x.com"
ALIAS = "user:bo@corp.x.com"


@pytest.fixture
def server() -> Iterator[GraphStandIn]:
    with graph.start(tenant=Tenant()) as running:
        users = running.tenant.users
        users["ana"] = {"id": "ana", "mail": "Ana@x.com", "userPrincipalName": "ana@x.com"}
        users["bo"] = {"id": "bo", "mail": "bo@x.com", "userPrincipalName": "bo@corp.x.com"}
        users["nameless"] = {"id": "nameless"}
        yield running


@pytest.fixture
def team(server: GraphStandIn) -> Team:
    return server.tenant.add_team(TEAM, "Delivery", "ana")


def connector(server: GraphStandIn, **keys: Any) -> Connector:
    return open_kind(Path("/"), **{**tenant_keys("teams", server), "teams": ["delivery"], **keys})


def readers(found: Found) -> dict[str, set[str]]:
    return {document.title: set(document.allow) for document in found.documents.values()}


# (kind of channel, its members; None: not shown) → who reads it.
CHANNELS: list[tuple[str, list[str] | None, set[str]]] = [
    ("standard", [], {f"group:{TEAM}"}),
    ("standard", ["bo"], {f"group:{TEAM}"}),
    ("standard", None, {f"group:{TEAM}"}),
    ("private", [], set()),
    ("private", None, set()),
    ("private", ["ana"], {ANA}),
    ("private", ["bo"], {BO, ALIAS}),
    ("private", ["ana", "bo"], {ANA, BO, ALIAS}),
    ("private", ["gone"], set()),
    ("private", ["nameless"], set()),
    ("private", ["gone", "ana"], {ANA}),
    ("shared", [], set()),
    ("shared", None, set()),
    ("shared", ["bo"], {BO, ALIAS}),
    ("shared", ["of another tenant", "ana"], {ANA}),
    ("unknownFutureValue", ["ana"], set()),
    ("a kind of tomorrow", [], set()),
]
# Members of a chat and from when each sees it → who reads what was said on the 10th.
CHATS: list[tuple[dict[str, str] | None, set[str]]] = [
    ({}, set()),
    (None, set()),
    ({"ana": ""}, {ANA}),
    ({"ana": "", "bo": ""}, {ANA, BO, ALIAS}),
    ({"ana": "", "bo": "2026-11-09T00:00:00Z"}, {ANA, BO, ALIAS}),
    ({"ana": "", "bo": "2026-11-11T00:00:00Z"}, {ANA}),
    ({"ana": "", "bo": "2026-11-10T09:30:00Z"}, {ANA}),
    ({"ana": "", "gone": ""}, {ANA}),
]
# Who was invited → who reads the transcript of Ana's meeting.
MEETINGS: list[tuple[list[str], set[str]]] = [
    ([], {ANA}),
    (["bo"], {ANA, BO, ALIAS}),
    (["somebody@customer.example"], {ANA}),
    (["nameless"], {ANA}),
]


def test_the_truth_table_of_channels_chats_and_meetings(server: GraphStandIn, team: Team) -> None:
    assert len(CHANNELS) + len(CHATS) + len(MEETINGS) >= 25
    expected: dict[str, set[str]] = {}
    for number, (kind, members, people) in enumerate(CHANNELS):
        channel = team.add_channel(f"c{number}", kind, *members or ())
        channel.members = None if members is None else channel.members
        channel.say("text", subject=f"channel {number}")
        expected[f"channel {number}"] = people
    for number, (seen, people) in enumerate(CHATS):
        chat = server.tenant.chats[f"19:{number}@thread.v2"] = Conversation(f"19:{number}@thread.v2", f"t{number}")
        chat.members = seen
        for hour in ("09", "10"):
            chat.say("text", createdDateTime=f"2026-11-10T{hour}:00:00Z")
        expected[f"Chats, t{number}, 2026-11-10"] = people
    for number, (invited, people) in enumerate(MEETINGS):
        server.tenant.add_transcript("ana", f"meeting {number}", "WEBVTT\n", *invited)
        expected[f"meeting {number}, 2026-11-10"] = people
    reader = connector(server, chats=list(server.tenant.chats), transcripts_of=["ana@x.com"])
    found = run(reader)
    assert not found.failures
    assert {title: people for title, people in readers(found).items() if people != expected[title]} == {}
    assert len(found.documents) == len(expected)
    assert reader.memberships() == {TEAM: {ANA}}
    notes = " ".join(reader.notes())
    assert "c15: what a unknownFutureValue channel is" in notes and "Nobody reads Delivery/c4" in notes


def test_who_leaves_a_private_channel_or_a_chat_reads_no_more(server: GraphStandIn, team: Team) -> None:
    channel = team.add_channel("Board", "private", "ana", "bo")
    channel.say("text", subject="secret")
    chat = server.tenant.chats["19:a@thread.v2"] = Conversation(
        "19:a@thread.v2", "topic", members={"ana": "", "bo": ""}
    )
    chat.say("text")
    keys = {"chats": ["19:a@thread.v2"]}
    first = run(connector(server, **keys))
    for left in (channel, chat):
        assert left.members is not None
        del left.members["bo"]
    second = run(connector(server, **keys), first.cursor)
    assert [set(ref.allow) for ref in second.access.values()] == [{ANA}, {ANA}] and not second.documents
    chat.members = {"ana": "", "bo": "2999-01-01T00:00:00Z"}
    third = run(connector(server, **keys), second.cursor)
    assert third.is_empty(), "who joins again without the history reads what is said from then on"


def test_members_that_cant_be_read_to_the_end_change_nothing(server: GraphStandIn, team: Team) -> None:
    channel = team.add_channel("Board", "private", "ana", "bo")
    channel.say("text", subject="secret")
    first = run(connector(server))
    server.faults.add("error", "/members", times=50, seconds=0.01)
    with pytest.raises(Exception, match="src"):
        run(connector(server, attempts=2), first.cursor)
    server.faults.clear()
    assert run(connector(server), first.cursor).is_empty()


def test_a_thread_is_a_page_of_who_said_what(server: GraphStandIn, team: Team) -> None:
    channel = team.add_channel("General")
    thread = channel.say("<p>Who takes <at id='0'>Solution</at> A?</p>", subject="Roll-out", who="Ana Ruíz")
    channel.say("I do & gladly", thread, "Bo", body={"contentType": "text", "content": "I do & <gladly>"})
    channel.say("x", thread, "Carla", deletedDateTime="2026-11-01T00:00:00Z")
    channel.say("x", messageType="systemEventMessage")
    channel.say("<p>" + "word " * 40 + "</p>")
    first, second = sorted(run(connector(server)).documents.values(), key=lambda document: document.title)
    assert second.title.startswith("word word") and second.title.endswith(" …") and len(second.title) < 90
    text = first.body.decode()
    assert first.title == "Roll-out" and "Ana Ruíz, 20" in text and "I do &amp; &lt;gladly&gt;" in text
    assert "Carla" not in text and first.metadata["authors"] == ("Ana Ruíz", "Bo")
    assert first.metadata["path"] == "Delivery/General/Roll-out" and first.metadata["channel"] == "General"


def test_a_reply_is_seen_though_the_feed_doesnt_tell(server: GraphStandIn, team: Team) -> None:
    channel = team.add_channel("General")
    long_ago = "2025-01-01T09:00:00Z"
    old = [channel.say("old", subject=f"old {number}", createdDateTime=long_ago) for number in range(220)]
    lately = channel.say("new", subject="new")
    first = run(connector(server))
    assert len(first.documents) == 221
    channel.say("a reply", lately)
    server.faults.requests.clear()
    found = run(connector(server), first.cursor)
    assert [document.title for document in found.documents.values()] == ["new"]
    asked = [request for request in server.faults.requests if "/messages" in request]
    assert len(asked) == 3 and found.seen == 1, "the feed, the message, its replies"
    channel.edit(old[0], body={"contentType": "text", "content": "edited"})
    channel.edit(old[1], deletedDateTime="2026-11-01T00:00:00Z")
    edited = run(connector(server), found.cursor)
    assert [document.title for document in edited.documents.values()] == ["old 0"]
    assert edited.deleted == [f"src:{TEAM}/{channel.id}/{old[1]}"]
    # A reply to a thread that was silent for long waits for the day on which everything is compared.
    channel.say("late", old[2], createdDateTime=datetime.now(UTC).isoformat())
    assert run(connector(server), edited.cursor).is_empty()
    state = json.loads(str(edited.cursor))
    part = state["parts"][f"channel:{TEAM}/{channel.id}"]
    listing = json.loads(part["listing"])
    listing["extra"]["full_at"] -= timedelta(days=7, seconds=1).total_seconds()
    part["listing"] = json.dumps(listing)
    assert [d.title for d in run(connector(server), json.dumps(state)).documents.values()] == ["old 2"]


def test_chats_are_a_document_a_day(server: GraphStandIn) -> None:
    chat = server.tenant.chats["19:a@thread.v2"] = Conversation("19:a@thread.v2", "Launch", members={"ana": ""})
    for day in ("01", "01", "02"):
        chat.say(f"said on {day}", createdDateTime=f"2026-11-{day}T09:00:00Z")
    first = run(connector(server, teams=[], chats=["19:a@thread.v2"]))
    assert set(readers(first)) == {"Chats, Launch, 2026-11-01", "Chats, Launch, 2026-11-02"}
    chat.say("more", createdDateTime="2026-11-02T10:00:00Z")
    second = run(connector(server, teams=[], chats=["19:a@thread.v2"]), first.cursor)
    (document,) = second.documents.values()
    assert b"more" in document.body and not second.deleted


def test_transcripts_come_with_their_meeting_and_go(server: GraphStandIn) -> None:
    said = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n<v Ana Ruiz>We start in May.</v>\n"
    transcript = server.tenant.add_transcript("ana", "Kick-off", said, "bo")
    keys: dict[str, Any] = {"teams": [], "transcripts_of": ["Ana@x.com"]}
    first = run(connector(server, **keys))
    (document,) = first.documents.values()
    assert document.body.decode() == said and document.media_type == "text/vtt"
    assert document.title == "Kick-off, 2026-11-10" and document.metadata["meeting_date"] == "2026-11-10"
    meeting = server.tenant.meetings[transcript["meetingId"]]
    meeting["participants"]["attendees"] = []
    taken = run(connector(server, **keys), first.cursor)
    assert [set(ref.allow) for ref in taken.access.values()] == [{ANA}] and not taken.documents
    server.tenant.transcripts.clear()
    assert run(connector(server, **keys), taken.cursor).deleted == [document.id]


def test_what_isnt_there_is_named_and_takes_nothing(server: GraphStandIn, team: Team) -> None:
    team.add_channel("General").say("text", subject="a")
    first = run(connector(server))
    del server.tenant.teams[TEAM]
    keys = {"chats": ["19:x@thread.v2"], "transcripts_of": ["nobody@x.com"]}
    gone = run(connector(server, **keys), first.cursor)
    assert not gone.deleted and len(gone.failures) == 3
    assert any("There is no team delivery" in failure.reason for failure in gone.failures.values())
    with pytest.raises(Exception, match="says what is read"):
        connector(server, teams=[])
