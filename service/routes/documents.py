"""Search, documents, and who may read them."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Query, Request

from core import audit
from core.types import User
from ingestion.documents import find_documents, why_readable
from ingestion.state import SyncState
from retrieval.query.filters import parse_filter
from retrieval.query.search import Search
from retrieval.query.weights import Weights, parse_weights
from service import models as m
from service import shapes
from service.caller import Callers
from service.parts import Parts
from service.problems import NotFound, responses
from service.routes.common import Cursor, Limit, Operating, Searching, With, of_admin, router

routes = router("documents")
_MOST = 10_000
DocumentId = Annotated[str, Query(min_length=1, max_length=1_000, description="The document's id.")]


@routes.post("/search")
def search(body: m.Search, caller: Searching, parts: With) -> m.Found:
    """The passages that the person may read, best first, each with why it ranks where it does."""
    return m.Found(passages=[shapes.passage(p) for p in parts.retriever().search(search_of(body, caller.user))])


@routes.get("/documents")
def documents(
    caller: Searching,
    parts: With,
    find: Annotated[str, Query(max_length=500, description="Words of the title, the id or the address.")] = "",
    source: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> m.Page[m.DocumentOut]:
    """The indexed documents that the person may read, what changed last first."""
    found = find_documents(
        parts.engine, caller.user, text=find, source=source or None, outcomes=["indexed"], limit=_MOST
    )
    part, more = shapes.page_of(found, lambda d: d.id, cursor, limit)
    return m.Page(items=[m.DocumentOut(id=d.id, source=d.source, title=d.title, url=d.url) for d in part], next=more)


@routes.get("/documents/text", responses=responses(404))
def text(document: DocumentId, caller: Searching, parts: With) -> m.DocumentText:
    """A document's text as it is indexed."""
    found = document_text(document, caller.user, parts)
    audit.record(parts.engine, caller.user, "opened", document, "by the interface", documents=[document])
    return found


@routes.get("/documents/access", responses=responses(404))
def access(document: DocumentId, caller: Searching, parts: With) -> m.AccessOut:
    """Whether the caller may read a document, and through what. One that they may not read is as one that isn't."""
    if not parts.readable([document], caller.user):
        raise _none(document)
    return _access(document, caller.user, parts)


@routes.get("/access-checks", responses=responses(404))
def access_of(
    document: DocumentId,
    person: Annotated[str, Query(min_length=3, max_length=320, description="The person's e-mail address.")],
    caller: Operating,
    parts: With,
    request: Request,
) -> m.AccessOut:
    """Whether somebody may read a document, and why; for administrators."""
    admin, callers = of_admin(caller, parts), cast(Callers, request.app.state.callers)
    found = _access(document, callers.person(person), parts)
    audit.record(parts.engine, admin, "checked access", document, found.reason, person=found.person)
    return found


def search_of(body: m.Search, user: User) -> Search:
    """The search for the person."""
    weights = parse_weights(body.weights, "weights") if body.weights else Weights()
    return Search(body.question, user, body.limit, parse_filter(body.filters or None), weights, dict(body.context))


def document_text(document: str, user: User, parts: Parts) -> m.DocumentText:
    """The document. Raises NotFound: there is none that the person may read."""
    chunks = parts.retriever().document(document, user)
    if not chunks:
        raise _none(document)
    first = chunks[0]
    return m.DocumentText(
        id=document, title=first.title, url=first.url, text="\n\n".join(chunk.text for chunk in chunks)
    )


def _access(document: str, person: User, parts: Parts) -> m.AccessOut:
    record = SyncState(parts.engine).known([document]).get(document)
    if record is None:
        raise _none(document)
    said = why_readable(person, record)
    readable = said.startswith("Yes") and record.outcome == "indexed"
    return m.AccessOut(document=document, person=person.email, readable=readable, reason=said, outcome=record.outcome)


def _none(document: str) -> NotFound:
    return NotFound(f"There is no document {document[:80]!r} that you may read; /api/v1/documents lists them.")
