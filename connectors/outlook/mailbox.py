"""The chosen folders of one mailbox: each folder's change feed, and threads of what lies in any of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.common import stamp
from connectors.common.listing import Remembered
from connectors.graph.client import GraphTenant
from connectors.graph.drive import moment
from connectors.graph.threads import Json, Links, Thread, ThreadDetails, ThreadedPlace
from connectors.outlook.message import mbox
from core.types import Attributes, Document, Failure

# Ids that stay the same when a message is moved: https://learn.microsoft.com/graph/outlook-immutable-id
PREFER = 'IdType="ImmutableId"'
_PAGES = f"{PREFER}, odata.maxpagesize=200"
_HEAD = "id,conversationId,changeKey,subject,receivedDateTime,isDraft,sensitivity,parentFolderId,hasAttachments"
_TEXT = f"{_HEAD},from,toRecipients,ccRecipients,sentDateTime,uniqueBody,body,internetMessageId,webLink"


@dataclass
class MailFolders(ThreadedPlace):
    """A mailbox. A thread is all that lies of a conversation in the chosen folders.

    Attributes:
        address: Whose it is.
        folders: Folder id → its path.
    """

    tenant: GraphTenant = field(kw_only=True)
    address: str = field(kw_only=True)
    folders: dict[str, str] = field(kw_only=True)
    attachments: bool = True

    def everything(self, links: Links) -> Iterable[Thread]:
        """All conversations, from the beginning of each folder's feed."""
        heads: dict[str, dict[str, Json]] = defaultdict(dict)
        for folder in self.folders:
            for row in self._feed(folder, "", links):
                if "@removed" not in row:
                    heads[str(row.get("conversationId") or row["id"])][str(row["id"])] = row
        for conversation in sorted(heads):
            item = self._item(conversation, heads[conversation].values())
            if item is not None:
                yield item

    def touched(self, links: Links, known: Remembered) -> Iterator[str]:
        """The conversations of what came, changed or went."""
        homes = {mark: entry.key for entry in known.entries() for mark in entry.side.split(",")}
        for folder in self.folders:
            for row in self._feed(folder, links.get(folder, ""), links):
                # A row may say only what changed, or only that the message went.
                home = homes.get(stamp(str(row["id"])))
                if home is not None:
                    yield home
                if row.get("conversationId"):
                    yield self._key(str(row["conversationId"]))

    def thread(self, key: str) -> Thread | None:
        """The conversation as it is now."""
        conversation = key.removeprefix(self._key(""))
        return self._item(conversation, self._messages(conversation, _HEAD))

    def scope(self) -> tuple[str, ...]:
        """Another choice of folders."""
        return (repr(sorted(self.folders.items())), str(self.attachments))

    def metadata(self, item: Thread) -> Attributes:
        """Whose mailbox, and which folders."""
        folders = sorted({self.folders[str(head["parentFolderId"])] for head in item.raw})
        return {"path": item.path, "mailbox": self.address, "folders": tuple(folders), "document_type": "e-mail"}

    def fetch(self, item: Thread, details: ThreadDetails) -> Document | Failure:
        """The messages as a mailbox file, each with what its writer said and attached."""
        conversation = item.key.removeprefix(self._key(""))
        messages = sorted(filter(self._counts, self._messages(conversation, _TEXT)), key=_received)
        if not messages:
            return Failure(f"{self.settings.name}:{item.key}", item.path, "It was moved while it was read.", retry=True)
        # Written down in a mail, a file is a third longer.
        limit = int(self.settings.max_bytes * 0.7) if self.attachments else 0
        body = mbox(self.tenant, f"/users/{quote(self.address)}/messages", messages, limit)
        senders = dict.fromkeys(_address(message.get("from")) for message in messages)
        subject = str(messages[0].get("subject") or "No subject")
        return Document(
            id=f"{self.settings.name}:{item.key}",
            source=self.settings.name,
            title=subject,
            url=str(messages[-1].get("webLink") or ""),
            body=body,
            media_type="application/mbox",
            name="thread.mbox",
            created_at=moment(messages[0].get("receivedDateTime")),
            updated_at=moment(messages[-1].get("receivedDateTime")),
            allow=details.effective.allow,
            deny=details.effective.deny,
            metadata={**details.metadata, "authors": tuple(filter(None, senders))},
        )

    def _feed(self, folder: str, link: str, links: Links) -> Iterator[Json]:
        """What the folder's feed tells since `link`; where it goes on is noted in `links`."""
        first = f"/users/{quote(self.address)}/mailFolders/{quote(folder)}/messages/delta?$select={_HEAD}"
        final = ""
        for page in self.tenant.pages(link or first, _PAGES):
            yield from page.get("value", ())
            final = page.get("@odata.deltaLink", final)
        links[folder] = final

    def _messages(self, conversation: str, fields: str) -> Iterator[Json]:
        wanted = quote(f"conversationId eq '{conversation.replace(chr(39), chr(39) * 2)}'")
        path = f"/users/{quote(self.address)}/messages?$filter={wanted}&$select={fields}&$top=100"
        return self.tenant.values(path, PREFER)

    def _item(self, conversation: str, heads: Iterable[Json]) -> Thread | None:
        """The thread of these heads; None if none of them counts."""
        counted = sorted(filter(self._counts, heads), key=_received)
        if not counted:
            return None
        subject = " ".join(str(counted[0].get("subject") or "No subject").split()).replace("/", "∕")
        folder = self.folders[str(counted[0]["parentFolderId"])]
        return Thread(
            self._key(conversation),
            stamp(*sorted(f"{head['id']} {head.get('changeKey')}" for head in counted)),
            side=",".join(sorted(stamp(str(head["id"])) for head in counted)),
            updated_at=moment(counted[-1].get("receivedDateTime")),
            raw=tuple(counted),
            path=f"{self.address}/{folder}/{subject}",
        )

    def _counts(self, head: Json) -> bool:
        """Whether a message is read: chosen folders only, no drafts, nothing that its writer marked as private."""
        is_open = str(head.get("sensitivity") or "normal").lower() == "normal"
        return str(head.get("parentFolderId")) in self.folders and is_open and not head.get("isDraft")

    def _key(self, conversation: str) -> str:
        return f"{self.address}/{conversation}"


def _received(message: Json) -> tuple[str, str]:
    return str(message.get("receivedDateTime") or ""), str(message["id"])


def _address(person: Any) -> str:
    return str(((person or {}).get("emailAddress") or {}).get("address") or "").lower()
