"""Teams as Microsoft Graph shows it: channels with threads, members, a feed of first messages; chats; transcripts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request

Json = dict[str, Any]
_GRAPH = "https://graph.microsoft.com/v1.0"


@dataclass
class Conversation:
    """A channel, or a chat, with its messages.

    Attributes:
        kind: A channel's membership type.
        members: User id → from when they see what was said; None: the application may not list them.
        threads: First message's id → that message and its replies.
        log: First messages that came or changed, in order. A reply changes no first message.
    """

    id: str
    name: str
    kind: str = "standard"
    members: dict[str, str] | None = field(default_factory=dict)
    threads: dict[str, list[Json]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1_700_000_000_000))

    def say(self, text: str, thread: str = "", who: str = "Somebody", **facts: Any) -> str:
        """A message; with `thread` a reply in it. Its id."""
        known = str(next(self._numbers))
        message = {
            "id": known,
            "replyToId": thread or None,
            "messageType": "message",
            "createdDateTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "deletedDateTime": None,
            "subject": None,
            "from": {"user": {"id": who, "displayName": who}},
            "body": {"contentType": "html", "content": text},
            "webUrl": f"https://teams.microsoft.com/l/message/{quote(self.id)}/{known}",
            "attachments": [],
            **facts,
        }
        self.threads.setdefault(thread or known, []).append(message)
        if not thread:
            self.log.append(known)
        return known

    def edit(self, thread: str, number: int = 0, **facts: Any) -> None:
        """Changes a message of a thread."""
        self.threads[thread][number].update(facts)
        if not number:
            self.log.append(thread)


@dataclass
class Team:
    """A team with its channels."""

    id: str
    name: str
    channels: dict[str, Conversation] = field(default_factory=dict)

    def add_channel(self, name: str, kind: str = "standard", *members: str) -> Conversation:
        """A new channel; `members` count in private and shared ones."""
        known = f"19:{self.id[:8]}{len(self.channels)}@thread.tacv2"
        self.channels[known] = Conversation(known, name, kind, dict.fromkeys(members, ""))
        return self.channels[known]


class Tenant(Protocol):
    """Whose teams they are."""

    teams: dict[str, Team]
    chats: dict[str, Conversation]
    transcripts: list[Json]
    meetings: dict[str, Json]


def add_routes(app: Blueprint, tenant: Tenant, page: Callable[[list[Json]], Any]) -> None:
    """Serves the tenant's teams, chats and transcripts."""
    _channels(app, tenant, page)
    _chats(app, tenant, page)
    _transcripts(app, tenant, page)


def _channels(app: Blueprint, tenant: Tenant, page: Callable[[list[Json]], Any]) -> None:
    def found(team: str, channel: str) -> Conversation | None:
        known = tenant.teams.get(team)
        return known.channels.get(channel) if known else None

    base = "/v1.0/teams/<team>/channels/<channel>"

    @app.get("/v1.0/groups")
    def groups() -> Any:
        return page([{"id": team.id, "displayName": team.name} for team in tenant.teams.values()])

    @app.get("/v1.0/teams/<team>/channels")
    def channels(team: str) -> Any:
        known = tenant.teams.get(team)
        if known is None:
            return _missing()
        return page([{"id": c.id, "displayName": c.name, "membershipType": c.kind} for c in known.channels.values()])

    @app.get(f"{base}/members")
    @app.get(f"{base}/allMembers")
    def members(team: str, channel: str) -> Any:
        known = found(team, channel)
        return _missing() if known is None else _members(known, page)

    @app.get(f"{base}/messages")
    def messages(team: str, channel: str) -> Any:
        known = found(team, channel)
        if known is None:
            return _missing()
        rows = [said[0] for said in known.threads.values()]
        if "replies" in request.args.get("$expand", ""):
            rows = [{**said[0], "replies": said[1:]} for said in known.threads.values()]
        return page(rows)

    @app.get(f"{base}/messages/delta")
    def delta(team: str, channel: str) -> Any:
        known = found(team, channel)
        if known is None:
            return _missing()
        since = int(request.args.get("$deltatoken", 0))
        ids = dict.fromkeys(known.log[since:]) if since else {}
        rows = [known.threads[i][0] if i in known.threads else {"id": i, "@removed": {}} for i in ids]
        link = f"{_GRAPH}/teams/{team}/channels/{quote(channel)}/messages/delta?$deltatoken={len(known.log)}"
        return {"value": rows, "@odata.deltaLink": link}

    @app.get(f"{base}/messages/<message>")
    def message(team: str, channel: str, message: str) -> Any:
        known = found(team, channel)
        return known.threads[message][0] if known and message in known.threads else _missing()

    @app.get(f"{base}/messages/<message>/replies")
    def replies(team: str, channel: str, message: str) -> Any:
        known = found(team, channel)
        return page(known.threads[message][1:]) if known and message in known.threads else _missing()


def _chats(app: Blueprint, tenant: Tenant, page: Callable[[list[Json]], Any]) -> None:
    @app.get("/v1.0/chats/<chat>")
    def chat(chat: str) -> Any:
        known = tenant.chats.get(chat)
        return {"id": known.id, "topic": known.name, "chatType": "group"} if known else _missing()

    @app.get("/v1.0/chats/<chat>/members")
    def chat_members(chat: str) -> Any:
        known = tenant.chats.get(chat)
        return _missing() if known is None else _members(known, page)

    @app.get("/v1.0/chats/<chat>/messages")
    def chat_messages(chat: str) -> Any:
        known = tenant.chats.get(chat)
        if known is None:
            return _missing()
        said = sorted((said[0] for said in known.threads.values()), key=lambda m: str(m["createdDateTime"]))
        return page(said[::-1])


def _transcripts(app: Blueprint, tenant: Tenant, page: Callable[[list[Json]], Any]) -> None:
    base = "/v1.0/users/<user>/onlineMeetings"

    @app.get(f"{base}/getAllTranscripts(meetingOrganizerUserId='<organiser>')")
    def transcripts(user: str, organiser: str) -> Any:
        return page([t for t in tenant.transcripts if t["meetingOrganizer"]["user"]["id"] == organiser])

    @app.get(f"{base}/<meeting>")
    def meeting(user: str, meeting: str) -> Any:
        return tenant.meetings.get(meeting) or _missing()

    @app.get(f"{base}/<meeting>/transcripts/<transcript>/content")
    def content(user: str, meeting: str, transcript: str) -> Any:
        known = next((t for t in tenant.transcripts if t["id"] == transcript), None)
        if known is None or request.args.get("$format") != "text/vtt":
            return _missing()
        return Response(known["_text"], mimetype="text/vtt")


def _members(known: Conversation, page: Callable[[list[Json]], Any]) -> Any:
    if known.members is None:
        return jsonify({"error": {"code": "Forbidden", "message": "Missing role permissions."}}), 403
    kind = "#microsoft.graph.aadUserConversationMember"
    return page(
        [
            {
                "@odata.type": kind,
                "id": f"member-{user}",
                "userId": user,
                "roles": [],
                "visibleHistoryStartDateTime": since or "0001-01-01T00:00:00Z",
            }
            for user, since in known.members.items()
        ]
    )


def _missing() -> Any:
    return jsonify({"error": {"code": "NotFound", "message": "The object was not found."}}), 404
