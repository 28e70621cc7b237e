"""What a person may be shown of an evaluation: it asks as many people, and its reader may not read what they may.

An answer is shown only to somebody who may read every document that it rests on, by the access lists as they are now;
so are the scores' explanations, which repeat words of both. Administrators are no exception: they see that a
document exists, not what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.answers.asked.attachments import SOURCE
from assistant.records.trace import Traces
from core.database import Engine
from core.identity import Directory
from core.types import User
from evals.suite import Case, Result
from evals.suite.subject import IndexedDocument, World
from ingestion.documents import listed_documents

Trace = Mapping[str, Any]


class Disclosure:
    """What one person may be shown; holds the access lists of one moment."""

    def __init__(self, engine: Engine, reader: User, admin: bool) -> None:
        self._traces, self._reader, self._admin = Traces(engine), reader, admin
        self._world = World(
            {d.id: IndexedDocument(d.title, "", d.url, d.allow, d.deny) for d in listed_documents(engine)}
        )

    def trace(self, trace_id: str) -> Trace | None:
        """The trace, whoever asked; None when there is none. What of it may be shown is `answer_shown`'s matter."""
        return self._traces.find(trace_id)

    def failures(self, trace: Trace) -> list[str]:
        """Calls of models that came to nothing; with the provider's own words for administrators."""
        return [
            f"{failed['said']}: {failed['detail']}" if self._admin and failed["detail"] else str(failed["said"])
            for failed in trace.get("failures", ())
        ]

    def answer_shown(self, result: Result, trace: Trace | None) -> bool:
        """Whether the person may see the answer's words."""
        if result.user == self._reader.email or not result.answer:
            return True
        return trace is not None and self.trace_shown(trace)

    def trace_shown(self, trace: Trace) -> bool:
        """Whether the person may read all that the words of the trace's answer come from."""
        used = {c["document_id"] for c in trace["citations"]}
        if trace["user"] == self._reader.email:
            # Their own attachments are in no index.
            return all(self.may_read(d) for d in used if d and not d.startswith(f"{SOURCE}:"))
        quotes_alone = trace["route"] == "search" and not trace["models"]
        if not quotes_alone or not used:
            # A model, or an app, may have used any passage that it was given; "nothing was found" quotes the nearest.
            used |= {p["document_id"] for p in trace["passages"]} | set(trace.get("given", ()))
        if not used:
            # A refusal before any search says nothing of what stands in documents.
            return self._admin and quotes_alone
        return all(map(self.may_read, used))

    def expectation_shown(self, case: Case) -> bool:
        """Whether the person may see what the case expects: its facts stand in its documents."""
        resolved = self._world.resolved(case)
        named = (*resolved.expected_documents, *resolved.stale_documents, *resolved.forbidden_documents)
        return case.user == self._reader.email or all(map(self.may_read, named))

    def may_judge(self, case: Case, directory: Directory) -> list[User]:
        """The known people who may read everything that the case expects, by name."""
        resolved = self._world.resolved(case)
        named = (*resolved.expected_documents, *resolved.stale_documents, *resolved.forbidden_documents)
        people = (directory.user(email) for email in directory.entries)
        found = [p for p in people if p.email == case.user or all(self._world.readable(d, p) for d in named)]
        return sorted(found, key=lambda p: p.name or p.email)

    def may_read(self, document_id: str) -> bool:
        """Whether the person may read the document now."""
        return self._world.readable(document_id, self._reader)

    def name(self, document_id: str) -> str:
        """The document's title, or what may be said instead."""
        known = self._world.documents.get(document_id)
        if known is not None and (self._admin or self.may_read(document_id)):
            return known.title or document_id
        # Ids hold paths, and paths hold names: an unknown document's id is shown to administrators alone.
        return document_id if self._admin else "a document that you may not read"

    def names(self, case: Case) -> dict[str, str]:
        """Each document that the case names, as the case names it → what the person may see of it."""
        before = (*case.expected_documents, *case.stale_documents, *case.forbidden_documents)
        resolved = self._world.resolved(case)
        after = (*resolved.expected_documents, *resolved.stale_documents, *resolved.forbidden_documents)
        return {given: self.name(known) for given, known in zip(before, after, strict=True)}
