"""What was said in the meetings that a person called: each transcript is a document, read by who was invited.

Transcripts are listed and compared at each run: their feed tells only of new ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.common import Access, stamp
from connectors.graph.access import Permissions
from connectors.graph.client import GraphTenant, Missing
from connectors.graph.drive import moment
from connectors.graph.threads import Json, Links, Thread, ThreadDetails, ThreadedPlace
from core.types import Attributes, Document, Failure, Principal


@dataclass
class Transcripts(ThreadedPlace):
    """The transcripts of one organiser's meetings.

    Attributes:
        organiser: Their address, and `user` their object id.
    """

    tenant: GraphTenant = field(kw_only=True)
    permissions: Permissions = field(kw_only=True)
    organiser: str = field(kw_only=True)
    user: str = field(kw_only=True)
    has_feed: bool = False

    def __post_init__(self) -> None:
        self._meetings: dict[str, Json] = {}

    def everything(self, links: Links) -> Iterator[Thread]:
        """All transcripts, each with its meeting."""
        path = f"{self._path}/getAllTranscripts(meetingOrganizerUserId='{quote(self.user)}')"
        for found in self.tenant.values(path):
            meeting = self._meeting(str(found["meetingId"]))
            subject = _subject(meeting)
            yield Thread(
                f"transcript/{found['id']}",
                stamp(str(found["id"]), str(found.get("createdDateTime")), str(found.get("endDateTime")), subject),
                side=self._access(meeting).digest,
                updated_at=moment(found.get("endDateTime") or found.get("createdDateTime")),
                raw=(found, meeting),
                path=f"Meetings/{self.organiser}/{subject.replace('/', '∕')}",
            )

    def details(self, item: Thread) -> ThreadDetails:
        """The meeting, and who was invited to it."""
        return ThreadDetails(self.metadata(item), self._access(item.raw[1]))

    def metadata(self, item: Thread) -> Attributes:
        """When it was, and who called it."""
        begin = str(item.raw[1].get("startDateTime") or item.raw[0].get("createdDateTime") or "")
        said = {"path": item.path, "organizer": self.organiser, "document_type": "transcript"}
        return {**said, "meeting_date": begin[:10]} if begin else said

    def fetch(self, item: Thread, details: ThreadDetails) -> Document | Failure:
        """The transcript as WebVTT, with who speaks when."""
        found, meeting = item.raw
        path = f"{self._path}/{quote(str(found['meetingId']))}/transcripts/{quote(str(found['id']))}/content"
        limit = self.settings.max_bytes
        body = self.tenant.download(f"{path}?$format=text/vtt", limit)
        document_id = f"{self.settings.name}:{item.key}"
        if body is None:
            reason = (
                f"The transcript is larger than max_bytes ({limit:,}) of the source {self.settings.name}; raise it."
            )
            return Failure(document_id, item.path, reason)
        day = str(details.metadata.get("meeting_date", ""))
        return Document(
            id=document_id,
            source=self.settings.name,
            title=", ".join(filter(None, (_subject(meeting), day))),
            url=str(meeting.get("joinWebUrl") or ""),
            body=body,
            media_type="text/vtt",
            name="transcript.vtt",
            created_at=moment(meeting.get("startDateTime") or found.get("createdDateTime")),
            updated_at=item.updated_at,
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata=details.metadata,
        )

    @property
    def _path(self) -> str:
        return f"/users/{quote(self.user)}/onlineMeetings"

    def _meeting(self, meeting: str) -> Json:
        """The meeting, asked for once a run; empty if it is gone."""
        if meeting not in self._meetings:
            try:
                self._meetings[meeting] = self.tenant.get(f"{self._path}/{quote(meeting)}")
            except Missing:
                self._meetings[meeting] = {}
        return self._meetings[meeting]

    def _access(self, meeting: Json) -> Access:
        """Who called the meeting and who was invited by name; of a meeting that is gone, who called it."""
        people: set[Principal] = set(self.permissions.person({"id": self.user}))
        for invited in (meeting.get("participants") or {}).get("attendees") or ():
            people |= self._invited(invited)
        return Access(frozenset(people), self.access.deny)

    def _invited(self, invited: Any) -> frozenset[Principal]:
        user = (invited.get("identity") or {}).get("user") or {}
        return self.permissions.person({"id": user["id"]}) if user.get("id") else frozenset()


def _subject(meeting: Json) -> str:
    return " ".join(str(meeting.get("subject") or "Meeting").split())
