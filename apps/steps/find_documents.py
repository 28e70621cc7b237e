"""`find_documents`: all documents that fit, newest first, with what is known of each; nothing is ranked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from apps.accounts import vocabulary
from apps.accounts.documents import found_documents
from apps.customers import CustomerScope
from apps.run import Context, SourceQuote
from apps.run.indexed import file_of
from apps.steps.kind import Addressed, StepKind
from core.types import Chunk, Passage
from retrieval.query.filters import all_of, parse_filter


class FindDocuments(Addressed):
    """Parameters.

    Attributes:
        filter: As in search (`status=open`).
        of: The customer that they are of.
        kind: What they are, whatever this company calls it (accounts.yaml, `types`).
        since: The earliest day.
        latest: How many of the newest; 0 takes all.
        text: Whether their whole text is read, as a file that other steps take.
        optional: Whether the run goes on where there is none.
    """

    filter: str | dict[str, Any] = ""
    of: str = ""
    kind: Literal["", "contract", "report", "meeting", "letter", "advice"] = ""
    since: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    latest: int = Field(default=0, ge=0, le=1000)
    text: bool = False
    optional: bool = False


def find_documents(given: FindDocuments, context: Context) -> dict[str, Any]:
    """The documents, each numbered among the run's evidence. Raises AppError when there is none."""
    filters = all_of(parse_filter(given.filter) if given.filter else None, given.opened(context))
    context.looked.append(_looked(given))
    chunks = found_documents(context, filters=filters, customer=given.of, kind=given.kind, since=given.since)
    scope = given.discretion(context)
    if scope is not None:
        chunks = [chunk for chunk in chunks if scope.is_silent(chunk.title)]
    chunks = chunks[: given.latest or None]
    if not chunks and not given.optional:
        raise context.nothing("to go on with")
    rows = [_row(chunk, given, context, scope) for chunk in chunks]
    context.tell_withheld()
    return {"documents": rows, "count": len(chunks)}


def _row(chunk: Chunk, given: FindDocuments, context: Context, scope: CustomerScope | None) -> dict[str, Any]:
    words = vocabulary(context)
    parts = (context.searcher().document(chunk.document_id, context.user) or [chunk]) if given.text else [chunk]
    if scope is not None:
        told = [passage.chunk for part in parts if (passage := scope.told(Passage(part, 0.0))) is not None]
        parts = told or [replace(chunk, text="")]
    file = file_of(parts)
    number = context.cite(SourceQuote(chunk.title, chunk.url, chunk.document_id, quote=parts[0].text[:400]))
    about = {key: list(value) if isinstance(value, tuple) else value for key, value in chunk.metadata.items()}
    row = {
        "title": chunk.title,
        "url": chunk.url,
        "document_id": chunk.document_id,
        "number": number,
        "customer": ", ".join(words.customers_of(chunk)),
        "kind": words.type_of(chunk),
        "date": words.dated(chunk),
        "about": about,
        "source": chunk.source,
    }
    return {**row, "text": file.text, "file": file} if given.text else row


def _looked(given: FindDocuments) -> str:
    """What was looked for, in words."""
    parts = [f"of the kind {given.kind}" if given.kind else "", f"of {given.of}" if given.of else ""]
    parts += [f"with {given.filter}" if given.filter else "", f"since {given.since}" if given.since else ""]
    return " ".join(["documents", *filter(None, parts)])


KIND = StepKind(
    "find_documents",
    "Finds all documents that fit, newest first, with what is known of them.",
    FindDocuments,
    ("documents", "count"),
    find_documents,
)
