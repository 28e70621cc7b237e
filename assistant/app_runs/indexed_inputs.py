"""Files that an app asks for and that are indexed: chosen from what the person may read instead of asked for.

Which documents an app takes follows from its form: two required files of an app for reports are two reports of one
customer, a file of an app for transcripts is a meeting's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.language import App, AppFile, Input
from apps.run.indexed import file_of
from assistant.accounts.asked import Asked
from assistant.accounts.documents import reports_of
from assistant.accounts.figures import compared_periods
from assistant.accounts.known import Known
from assistant.accounts.meetings import meeting_meant
from core.types import Chunk


@dataclass(frozen=True)
class IndexedFiles:
    """The files by the input that they fill, and the first chunk of the document that each of them is."""

    values: Mapping[str, AppFile] = field(default_factory=dict)
    documents: tuple[Chunk, ...] = ()


def file_inputs(app: App, kind: str) -> list[Input]:
    """The inputs of `app` that documents of the kind ("report", "transcript") fill; empty if it takes none."""
    if kind not in app.routing.attachments:
        return []
    files = [i for i in app.inputs if i.type == "file"]
    required = [i for i in files if i.required]
    if kind == "report":
        return required if len(required) == 2 else []
    return (required or files)[:1] if len(required) < 2 else []


def filled_with(app: App, kind: str, documents: Sequence[Sequence[Chunk]]) -> IndexedFiles:
    """The app's inputs of that kind with these documents, in order."""
    inputs = file_inputs(app, kind)
    if len(inputs) != len(documents) or not all(documents):
        return IndexedFiles()
    files = {item.name: file_of(parts, item.accept) for item, parts in zip(inputs, documents, strict=True)}
    return IndexedFiles(files, tuple(parts[0] for parts in documents))


def chosen_files(app: App, asked: Asked, known: Known) -> IndexedFiles:
    """The files that the message means: two reports of the customer that it names, or the meeting."""
    if file_inputs(app, "report") and len(asked.customers) == 1:
        reports = {r.period: r.chunk for r in reports_of(known, asked.customers[0])}
        periods = compared_periods(asked, sorted(reports))
        found = [known.parts(reports[p].document_id) for p in periods or ()]
        return filled_with(app, "report", found)
    if file_inputs(app, "transcript"):
        meeting = meeting_meant(asked, known)
        if meeting is not None:
            return filled_with(app, "transcript", [known.parts(meeting.chunk.document_id)])
    return IndexedFiles()
