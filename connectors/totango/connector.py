"""Totango: accounts with health, metrics, owners and contacts; touchpoints and tasks as dated documents.

Each run lists everything, since there is no feed of deletions: a request for 1,000 records. What is listed is compared
by its content, so that only what changed is written again.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from connectors.common import (
    Access,
    AccessPolicy,
    ListingDiff,
    SourceItem,
    default_access,
    is_included,
    read_cursor,
    stamp,
)
from connectors.common.sidecar import plain
from connectors.totango.client import Json, Totango, TotangoLogin
from core import records
from core.records import Figure
from core.types import AttributeValue, Batch, Cursor, Document, DocumentRef, Failure, Principal

_DAY_MS = 86_400_000
# Account attributes under Totango's own names → what apps read them as. Others are told by the source's `mapping`.
_FACTS = {
    "Success Manager": records.ACCOUNT_OWNER,
    "Contract Renewal Date": records.CONTRACT_END,
    "Contract Value": records.CONTRACT_VALUE,
    "Contract Currency": records.CURRENCY,
    # The customer's language isn't that of the document.
    "Language": records.CUSTOMER_LANGUAGE,
}
# A metric of a period: "Logins (2026-Q3)", "Logins (2026-09)", "Logins (2026)".
_PERIODIC = re.compile(r"(?P<name>.+?)\s*\((?P<period>20\d\d(?:-(?:Q[1-4]|\d\d))?)\)")


class TotangoSettings(TotangoLogin):
    """A source of kind "totango". Totango has no access lists, so they are made from an account's attributes.

    Attributes:
        user_attributes: Account attributes that hold the address of someone who may read what is about it.
        group_attributes: Account attributes that hold the name of a group that may.
        readers: Who may read everything besides.
        attributes: Account attributes to ask for where the account search can't scroll.
        done_statuses: The statuses of tasks that nobody has to do any more.
        history_days: How far back touchpoints and tasks go.
        app_url: Where people open an account; its id is appended.
    """

    user_attributes: tuple[str, ...] = ("Success Manager Email",)
    group_attributes: tuple[str, ...] = ()
    readers: tuple[Principal, ...] = ()
    attributes: tuple[str, ...] = ()
    touchpoints: bool = True
    tasks: bool = True
    done_statuses: tuple[str, ...] = ("done", "closed", "completed")
    history_days: int = Field(default=730, gt=0)
    app_url: str = "https://app.totango.com/#!/account"


@dataclass(frozen=True, slots=True)
class Record(SourceItem):
    """An account, touchpoint or task, written as a document already."""

    title: str = ""
    url: str = ""
    text: str = ""
    created_at: datetime | None = None
    metadata: Mapping[str, AttributeValue] = field(default_factory=dict)
    effective: Access = field(default_factory=Access)

    @property
    def digest(self) -> str:
        """Changes when the metadata do."""
        return stamp(self.title, self.url, json.dumps(self.metadata, sort_keys=True, default=list))


class TotangoConnector:
    """Reads Totango."""

    def __init__(self, settings: TotangoSettings, totango: Totango, now: Callable[[], float] = time.time) -> None:
        self.name = settings.name
        self._settings = settings
        self._totango = totango
        self._now = now
        default = default_access(settings.allow, settings.public)
        self._policy = AccessPolicy(default=default, deny=frozenset(settings.deny))

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """New, changed and deleted records since `cursor`."""
        comparison: ListingDiff[Record, Record] = ListingDiff(self.name, self, self._policy.digest, ordered=False)
        yield from comparison.batches(self._records(), read_cursor(cursor, self.name))

    def listing(self) -> Iterator[DocumentRef]:
        """Every record with its access list."""
        for record in self._records():
            yield record.effective.ref(f"{self.name}:{record.key}")

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """None: Totango's teams aren't offered by its API."""
        return {}

    def first(self) -> Document | Failure | None:
        """The first account."""
        record = next(self._records(), None)
        return None if record is None else self.document(record, record)

    def notes(self) -> list[str]:
        """What stands in the way of reading Totango well."""
        if not (self._settings.user_attributes or self._settings.group_attributes or self._settings.readers):
            return ["Neither user_attributes, group_attributes nor readers say who may read the accounts."]
        return []

    def details(self, item: Record) -> Record:
        """All is known from the listing."""
        return item

    def document(self, item: Record, details: Record) -> Document | Failure:
        """The record as a Markdown document."""
        body = item.text.encode()
        document_id = f"{self.name}:{item.key}"
        if len(body) > self._settings.max_bytes:
            reason = (
                f"The record has {len(body):,} bytes, more than max_bytes ({self._settings.max_bytes:,}) of the source "
                f"{self.name}; raise it in debrief.yaml, or exclude the record."
            )
            return Failure(document_id, item.title, reason)
        return Document(
            id=document_id,
            source=self.name,
            title=item.title,
            url=item.url,
            body=body,
            media_type="text/markdown",
            name=f"{item.key.rsplit('/', 1)[-1]}.md",
            created_at=item.created_at,
            updated_at=item.updated_at,
            allow=item.effective.allow,
            deny=item.effective.deny,
            metadata=item.metadata,
        )

    def _records(self) -> Iterator[Record]:
        """Everything that there is, as documents; accounts first, since they decide who reads the rest."""
        settings = self._settings
        contacts: dict[str, list[str]] = {}
        for user in self._totango.users():
            account, title = ([*(user.get("selected_fields") or []), None, None])[:2]
            line = ", ".join(str(part) for part in (user.get("display_name"), title, user.get("name")) if part)
            contacts.setdefault(str(account), []).append(line)
        access: dict[str, Access] = {}
        for account in self._totango.accounts(settings.attributes):
            key = str(account["id"])
            access[key] = self._access(account)
            yield from self._let_through(self._account(account, contacts.get(key, ()), access[key]))
        nobody = self._policy.of("")
        since_ms = int(self._now() * 1000) - settings.history_days * _DAY_MS
        if settings.touchpoints:
            activities = self._totango.names("activity-types")
            tags = self._totango.names("touchpoint-tags")
            for note in self._totango.events("note", since_ms):
                about = str((note.get("account") or {}).get("id", ""))
                yield from self._let_through(self._note(note, activities, tags, access.get(about, nobody)))
        if settings.tasks:
            for task in self._totango.events("task", since_ms):
                about = str((task.get("account") or {}).get("id") or task.get("account_id", ""))
                yield from self._let_through(self._task(task, access.get(about, nobody)))

    def _let_through(self, record: Record) -> Iterator[Record]:
        if is_included(record.key, self._settings.include, self._settings.exclude):
            yield record

    def _access(self, account: Json) -> Access:
        """Who may read what is about the account; its default if no attribute says."""
        settings = self._settings
        values = {
            name: str((a or {}).get("val") or "").strip() for name, a in (account.get("attributes") or {}).items()
        }
        allow: set[Principal] = {
            f"user:{found.lower()}" for name in settings.user_attributes if (found := values.get(name))
        }
        allow |= {f"group:{found}" for name in settings.group_attributes if (found := values.get(name))}
        own = Access(frozenset(allow | set(settings.readers))) if allow or settings.readers else None
        return self._policy.of("", own)

    def _account(self, account: Json, contacts: Iterable[str], access: Access) -> Record:
        name = str(account.get("display_name") or account["id"])
        health = str((account.get("health") or {}).get("curr") or "")
        attributes = {key: (value or {}).get("val") for key, value in (account.get("attributes") or {}).items()}
        metrics = account.get("metrics") or {}
        metadata = {key: value for key, raw in {**attributes, **metrics}.items() if (value := plain(raw)) is not None}
        metadata |= {name: metadata[key] for key, name in _FACTS.items() if key in metadata}
        metadata.pop("Language", None)
        if "Language" in attributes:
            attributes["Customer language"] = attributes.pop("Language")
        facts = {"Account id": account["id"], "Health": health, "Status": account.get("status"), **attributes}
        sections = [f"# {name}", _listed(facts)]
        sections += ["## Metrics", _listed(metrics)] if metrics else []
        sections += ["## Contacts", "\n".join(f"- {line}" for line in contacts)] if contacts else []
        metadata |= {"customer": name, records.ACCOUNT_ID: str(account["id"]), "document_type": records.ACCOUNT}
        known: dict[str, AttributeValue] = {
            records.HEALTH: health,
            records.CONTACTS: tuple(contacts),
            records.FIGURES: tuple(map(str, _figures({**attributes, **metrics}))),
        }
        metadata |= {key: value for key, value in known.items() if value}
        number = str(account["id"])
        return self._record(f"account/{number}", name, sections, metadata=metadata, access=access, account=number)

    def _note(self, note: Json, activities: Json, tags: Json, access: Access) -> Record:
        about, content, properties = (note.get(key) or {} for key in ("account", "note_content", "properties"))
        customer = str(about.get("display_name") or "")
        subject = str(properties.get("subject") or "Touchpoint")
        moment = _moment(note.get("timestamp"))
        named = tuple(str(tags.get(tag, tag)) for tag in properties.get("touchpoint_tags") or ())
        activity = str(properties.get("activity_type_id") or "")
        facts = {
            "Customer": customer,
            "Date": f"{moment:%Y-%m-%d}" if moment else "",
            "By": (content.get("totango_user") or {}).get("user_name"),
            "Kind": properties.get("meeting_type"),
            "Activity": activities.get(activity, activity),
            "Tags": ", ".join(named),
            "Participants": ", ".join(map(str, properties.get("totango_participants") or ())),
        }
        account = str(about.get("id") or "")
        metadata: dict[str, AttributeValue] = {k: str(v) for k, v in facts.items() if v and k != "Date"}
        metadata |= {"tags": named, "document_type": records.TOUCHPOINT, records.ACCOUNT_ID: account}
        key = f"touchpoint/{content.get('note_id') or note['id']}"
        sections = [f"# {subject}", _listed(facts), str(content.get("text") or "")]
        return self._record(key, subject, sections, metadata=metadata, access=access, account=account, moment=moment)

    def _task(self, task: Json, access: Access) -> Record:
        about = task.get("account") or {}
        title = str(task.get("title") or "Task")
        account = str(about.get("id") or task.get("account_id") or "")
        facts = {
            "Customer": about.get("display_name"),
            "Due": task.get("due_date"),
            "Status": task.get("status"),
            "Priority": task.get("priority"),
            "Assigned to": task.get("assignee"),
        }
        status = str(task.get("status") or "")
        said = {
            "customer": about.get("display_name"),
            records.DUE_ON: task.get("due_date"),
            "priority": task.get("priority"),
            records.ASSIGNEE: task.get("assignee"),
        }
        metadata = {key: value for key, raw in said.items() if (value := plain(raw)) is not None}
        metadata |= {records.TASK_STATUS: status, records.IS_DONE: status.lower() in self._settings.done_statuses}
        metadata |= {"document_type": records.TASK, records.ACCOUNT_ID: account}
        sections = [f"# {title}", _listed(facts), str(task.get("description") or "")]
        moment = _moment(task.get("timestamp"))
        key = f"task/{task['id']}"
        return self._record(key, title, sections, metadata=metadata, access=access, account=account, moment=moment)

    def _record(
        self,
        key: str,
        title: str,
        sections: Iterable[str],
        *,
        metadata: Mapping[str, AttributeValue],
        access: Access,
        account: str,
        moment: datetime | None = None,
    ) -> Record:
        text = "\n\n".join(section for section in sections if section) + "\n"
        return Record(
            key=key,
            content=stamp(text),
            side=stamp(json.dumps(metadata, sort_keys=True, default=list), access.digest),
            size=len(text),
            updated_at=moment,
            title=title,
            url=f"{self._settings.app_url}/{account}" if account else "",
            text=text,
            created_at=moment,
            metadata=metadata,
            effective=access,
        )


def open_totango(settings: TotangoSettings, root: Path) -> TotangoConnector:
    """The connector of a Totango service."""
    return TotangoConnector(settings, Totango(settings))


def _listed(facts: Mapping[str, Any]) -> str:
    return "\n".join(f"- {name}: {plain(value)}" for name, value in facts.items() if value not in (None, "", {}, []))


def _figures(facts: Mapping[str, Any]) -> Iterator[Figure]:
    """The facts that are a number and whose name ends in a period."""
    for name, value in facts.items():
        match = _PERIODIC.fullmatch(name)
        if match and isinstance(value, int | float) and not isinstance(value, bool):
            yield Figure(match["name"], match["period"], float(value))


def _moment(milliseconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
