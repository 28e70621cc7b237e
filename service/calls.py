"""The requests of the REST interface, each as what it sends and what comes back; `service.client` sends them.

debrief.send(filling_in("tickets.issue", {"summary": "VPN drops"}))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from service import form_models as f
from service import models as m
from service import operation_models as o
from service import shared_models as s

Given = TypeVar("Given", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call(Generic[Given]):
    """One request, and what comes back."""

    gives: type[Given]
    method: str
    path: str
    body: BaseModel | None = None
    params: Mapping[str, str | int] | None = None
    once: str = ""

    def request(self, client: httpx.Client | httpx.AsyncClient, accept: str = "application/json") -> httpx.Request:
        """The request."""
        headers = {"Accept": accept, **({"Idempotency-Key": self.once} if self.once else {})}
        content = self.body.model_dump(mode="json") if self.body is not None else None
        return client.build_request(self.method, self.path, json=content, params=self.params, headers=headers)


def asking(question: str, *, once: str = "", **more: Any) -> Call[m.AnswerOut]:
    """A question; `more` are the other names of `models.Ask`."""
    return Call(m.AnswerOut, "POST", "ask", m.Ask(question=question, **more), once=once)


def searching(question: str, **more: Any) -> Call[m.Found]:
    """A search; `more` are the other names of `models.Search`."""
    return Call(m.Found, "POST", "search", m.Search(question=question, **more))


def listing(cursor: str = "", limit: int = 50) -> Call[m.Page[m.ConversationOut]]:
    """The person's conversations."""
    return Call(m.Page[m.ConversationOut], "GET", "conversations", params={"cursor": cursor, "limit": limit})


def opening(conversation: str) -> Call[m.ConversationWhole]:
    """A conversation."""
    return Call(m.ConversationWhole, "GET", f"conversations/{conversation}")


def listing_apps(cursor: str = "", limit: int = 50) -> Call[m.Page[m.AppOut]]:
    """The person's apps."""
    return Call(m.Page[m.AppOut], "GET", "apps", params={"cursor": cursor, "limit": limit})


def running(app: str, inputs: Mapping[str, Any], *, once: str = "") -> Call[m.RunOut]:
    """A run of an app."""
    return Call(m.RunOut, "POST", f"apps/{app}/runs", m.RunIn(inputs=dict(inputs)), once=once)


def asking_data(question: str, query: dict[str, Any] | None = None) -> Call[m.DataOut]:
    """A question over tables."""
    return Call(m.DataOut, "POST", "data/questions", m.DataIn(question=question, query=query))


def listing_actions(cursor: str = "", limit: int = 50) -> Call[m.Page[f.ActionOut]]:
    """What the person may have written into other systems."""
    return Call(m.Page[f.ActionOut], "GET", "actions", params={"cursor": cursor, "limit": limit})


def listing_forms(cursor: str = "", limit: int = 50) -> Call[m.Page[f.FormListed]]:
    """The person's forms."""
    return Call(m.Page[f.FormListed], "GET", "forms", params={"cursor": cursor, "limit": limit})


def filling_in(action: str, fields: Mapping[str, str], *, once: str = "", **more: Any) -> Call[f.FormOut]:
    """A form for another system; `more` are the other names of `form_models.FormIn`."""
    return Call(f.FormOut, "POST", "forms", f.FormIn(action=action, fields=dict(fields), **more), once=once)


def reading_form(form: str) -> Call[f.FormOut]:
    """A form, and what became of it."""
    return Call(f.FormOut, "GET", f"forms/{form}")


def changing_form(form: str, fields: Mapping[str, str], *, once: str = "") -> Call[f.FormOut]:
    """Other values for some fields of a form."""
    return Call(f.FormOut, "PATCH", f"forms/{form}", f.FormChange(fields=dict(fields)), once=once)


def confirming(form: f.FormOut, *, once: str = "") -> Call[f.FormOut]:
    """Sending a form as it was read."""
    return Call(f.FormOut, "POST", f"forms/{form.id}/confirm", f.Seen(mark=form.mark), once=once)


def cancelling(form: str, *, once: str = "") -> Call[f.FormOut]:
    """Putting a form away."""
    return Call(f.FormOut, "POST", f"forms/{form}/cancel", once=once)


def rating(trace: str, given: m.FeedbackIn) -> Call[m.Nothing]:
    """What the person thinks of an answer."""
    return Call(m.Nothing, "PUT", f"answers/{trace}/feedback", given)


def checking_access(document: str) -> Call[m.AccessOut]:
    """Whether the person may read a document, and through what."""
    return Call(m.AccessOut, "GET", "documents/access", params={"document": document})


def listing_sources(cursor: str = "", limit: int = 50) -> Call[m.Page[o.SourceOut]]:
    """How the sources stand; for administrators."""
    return Call(m.Page[o.SourceOut], "GET", "sources", params={"cursor": cursor, "limit": limit})


def listing_syncs(source: str = "", cursor: str = "", limit: int = 50) -> Call[m.Page[o.SyncRunOut]]:
    """The syncs, the newest first; for administrators."""
    return Call(m.Page[o.SyncRunOut], "GET", "sync-runs", params={"source": source, "cursor": cursor, "limit": limit})


def reporting(run: int, outcome: str = "", cursor: str = "", limit: int = 50) -> Call[m.Page[o.SyncDocumentOut]]:
    """What became of each document of a sync; for administrators."""
    params: dict[str, str | int] = {"outcome": outcome, "cursor": cursor, "limit": limit}
    return Call(m.Page[o.SyncDocumentOut], "GET", f"sync-runs/{run}/documents", params=params)


def syncing(*sources: str, once: str = "") -> Call[o.SyncStarted]:
    """Starting a sync of these sources, or of all; for administrators."""
    return Call(o.SyncStarted, "POST", "sync-runs", o.SyncIn(sources=list(sources)), once=once)


def listing_evaluations(cursor: str = "", limit: int = 50) -> Call[m.Page[o.EvaluationOut]]:
    """The evaluations, the newest first."""
    return Call(m.Page[o.EvaluationOut], "GET", "evaluations", params={"cursor": cursor, "limit": limit})


def evaluating(suite: str = "", *tags: str, once: str = "") -> Call[o.EvaluationStarted]:
    """Starting an evaluation; for administrators."""
    return Call(o.EvaluationStarted, "POST", "evaluations", o.EvaluationIn(suite=suite, tags=list(tags)), once=once)


def sharing(conversation: str, *people: str, once: str = "") -> Call[s.ReadersOut]:
    """Letting these people read one's conversation; without any, who may read it."""
    path = f"conversations/{conversation}/readers"
    return Call(
        s.ReadersOut, "POST" if people else "GET", path, s.ReadersIn(people=list(people)) if people else None, once=once
    )


def listing_shared(cursor: str = "", limit: int = 50) -> Call[m.Page[s.SharedOut]]:
    """The conversations that others have shared with the person."""
    return Call(m.Page[s.SharedOut], "GET", "shared-conversations", params={"cursor": cursor, "limit": limit})


def opening_shared(conversation: str) -> Call[s.SharedWhole]:
    """Somebody else's conversation, as the person may see it now."""
    return Call(s.SharedWhole, "GET", f"shared-conversations/{conversation}")


def collecting(app: str, name: str, note: str = "", *, once: str = "") -> Call[s.CollectionOut]:
    """Beginning a collection of an app's form."""
    return Call(s.CollectionOut, "POST", f"apps/{app}/collections", s.CollectionIn(name=name, note=note), once=once)


def putting_in(app: str, collection: str, inputs: Mapping[str, Any], *, once: str = "") -> Call[s.CollectedOut]:
    """Filling in a collection's form."""
    path = f"apps/{app}/collections/{quote(collection)}/answers"
    return Call(s.CollectedOut, "POST", path, m.RunIn(inputs=dict(inputs)), once=once)


def listing_collected(app: str, collection: str, cursor: str = "", limit: int = 50) -> Call[m.Page[s.CollectedOut]]:
    """What was put in: everything for who began it, for others their own."""
    path = f"apps/{app}/collections/{quote(collection)}/answers"
    return Call(m.Page[s.CollectedOut], "GET", path, params={"cursor": cursor, "limit": limit})
