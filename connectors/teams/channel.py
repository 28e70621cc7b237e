"""A channel: each thread, a message with its replies, is a document.

The feed of a channel tells of first messages, not of replies, and reaches back eight months. So threads in which
something was said lately are looked at at each run, or, where listing the whole channel takes fewer requests, that is
done; and everything is compared every `refresh_days`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from connectors.common import stamp
from connectors.common.listing import Remembered
from connectors.graph.client import Gone, GraphTenant, Missing
from connectors.graph.drive import moment
from connectors.graph.threads import Json, Links, Thread, ThreadDetails, ThreadedPlace
from connectors.teams.rendering import is_said, page, title_of, writer
from core.types import Attributes, Document, Failure

_FEED = "feed"
# Threads that come with a request; requests that a single one takes.
_PAGE = 50
_REQUESTS = 2


@dataclass
class Channel(ThreadedPlace):
    """A channel of a team.

    Attributes:
        path: Its address in Graph.
        place: "Team/Channel", as people see it.
        follow_days: Threads in which something was said this recently are looked at at each run.
    """

    tenant: GraphTenant = field(kw_only=True)
    path: str = field(kw_only=True)
    place: str = field(kw_only=True)
    follow_days: int = 30

    def everything(self, links: Links) -> Iterator[Thread]:
        """All threads; the feed begins an hour ago, before they are listed."""
        since = datetime.fromtimestamp(self.now(), UTC) - timedelta(hours=1)
        wanted = quote(f"lastModifiedDateTime gt {since:%Y-%m-%dT%H:%M:%S}Z")
        for _ in self._feed(f"{self.path}/messages/delta?$filter={wanted}", links):
            pass
        for message in self.tenant.values(f"{self.path}/messages?$top={_PAGE}&$expand=replies"):
            replies = list(message.get("replies") or ())
            if more := message.get("replies@odata.nextLink"):
                replies.extend(self.tenant.values(str(more)))
            item = self._item(message, replies)
            if item is not None:
                yield item

    def touched(self, links: Links, known: Remembered) -> Iterator[str]:
        """First messages that came or changed, and threads in which something was said lately."""
        for row in self._feed(links[_FEED], links):
            yield self._key(str(row["id"]))
        oldest = datetime.fromtimestamp(self.now(), UTC) - timedelta(days=self.follow_days)
        entries = list(known.entries())
        recent = [e.key for e in entries if (last := moment(e.side)) is None or last >= oldest]
        if len(recent) * _REQUESTS > len(entries) / _PAGE:
            raise Gone("listing everything takes fewer requests")
        yield from recent

    def thread(self, key: str) -> Thread | None:
        """The thread as it is now: two requests."""
        path = f"{self.path}/messages/{quote(key.removeprefix(self._key('')))}"
        try:
            return self._item(self.tenant.get(path), list(self.tenant.values(f"{path}/replies?$top=50")))
        except Missing:
            return None

    def metadata(self, item: Thread) -> Attributes:
        """Where it was said, and by whom."""
        team, _, channel = self.place.partition("/")
        people = tuple(filter(None, dict.fromkeys(map(writer, item.raw))))
        return {"path": item.path, "team": team, "channel": channel, "authors": people, "document_type": "discussion"}

    def fetch(self, item: Thread, details: ThreadDetails) -> Document | Failure:
        """The thread, whose text came with the listing."""
        title = title_of(item.raw[0])
        return Document(
            id=f"{self.settings.name}:{item.key}",
            source=self.settings.name,
            title=title,
            url=str(item.raw[0].get("webUrl") or ""),
            body=page(title, item.raw).encode("utf-8", "replace"),
            media_type="text/html",
            name="thread.html",
            created_at=moment(item.raw[0].get("createdDateTime")),
            updated_at=item.updated_at,
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata=details.metadata,
        )

    def _feed(self, link: str, links: Links) -> Iterator[Json]:
        final = ""
        for found in self.tenant.pages(link):
            yield from found.get("value", ())
            final = found.get("@odata.deltaLink", final)
        links[_FEED] = final

    def _item(self, message: Json, replies: list[Json]) -> Thread | None:
        """The thread; None if nobody said anything in it that is still there."""
        said = sorted(filter(is_said, [message, *replies]), key=lambda m: (str(m.get("createdDateTime")), str(m["id"])))
        if not said:
            return None
        title = title_of(said[0])
        last = max(str(m.get("createdDateTime") or "") for m in said)
        return Thread(
            self._key(str(message["id"])),
            stamp(page(title, said)),
            side=last,
            updated_at=moment(last),
            raw=tuple(said),
            path=f"{self.place}/{title.replace('/', '∕')}",
        )

    def _key(self, message: str) -> str:
        return f"{self.key.partition(':')[2]}/{message}"


@dataclass
class Chat(Channel):
    """A chat, which has no threads: a day of it is a document. It has no feed either, so it is listed at each run.

    Attributes:
        members: Who is in it, with the time from which they see what was said (empty: from the beginning).
    """

    members: dict[str, str] = field(default_factory=dict)
    has_feed: bool = False

    def everything(self, links: Links) -> Iterator[Thread]:
        """All days, the latest first."""
        days: dict[str, list[Json]] = {}
        for message in self.tenant.values(f"{self.path}/messages?$top=50"):
            days.setdefault(str(message.get("createdDateTime"))[:10], []).append(message)
        for day, messages in days.items():
            item = self._item({"id": day, "messageType": "day"}, messages)
            if item is not None:
                # Who joined later reads later days; so the list is looked at whenever somebody comes or goes.
                yield replace(item, side=self.details(item).effective.digest, path=f"{self.place}/{day}")

    def details(self, item: Thread) -> ThreadDetails:
        """The people who see the whole of that day."""
        begin = str(item.raw[0].get("createdDateTime") or "")
        late = {person for person, since in self.members.items() if since and since > begin}
        access = replace(self.access, allow=self.access.allow - late)
        return ThreadDetails(self.metadata(item), access)

    def fetch(self, item: Thread, details: ThreadDetails) -> Document | Failure:
        """The day, whose text came with the listing."""
        title = item.path.replace("/", ", ")
        found = super().fetch(item, details)
        if isinstance(found, Failure):
            return found
        return replace(found, title=title, name="chat.html", body=page(title, item.raw).encode("utf-8", "replace"))
