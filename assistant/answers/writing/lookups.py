"""The tools that every installation has: search with filters, a document or a section of it, attached tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import BaseModel, Field

from assistant.answers.asked.tables import calculated
from assistant.answers.reading.subject import concerns_another
from assistant.answers.reading.validity import holding
from assistant.planning import SEARCHING, Found, Tool
from assistant.question import Question
from core.database import utc_now
from core.text.words import content_words
from core.types import Chunk, Passage
from retrieval.query.filters import AnyOf, Filter, all_of, matches, parse_filter
from retrieval.query.records import attributes_of
from retrieval.query.search import Search, Searcher

_SEARCHED, _TOLD, _TOLD_CHARS = 12, 6, 700
_READ_CHUNKS, _OUTLINE = 12, 40


class SearchFor(BaseModel):
    """Arguments of `search_documents`."""

    query: str = Field(min_length=2, max_length=300, description="What to look for, in the words of a document.")
    customer: str = Field(default="", max_length=100, description="Only documents about this customer, by its name.")
    document_type: str = Field(
        default="", max_length=60, description="Only documents of this type, as found results name it."
    )
    changed_since: str = Field(
        default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="Only documents changed on or after this day."
    )


class ReadDocument(BaseModel):
    """Arguments of `read_document`."""

    document: str = Field(min_length=1, max_length=500, description="The document's id or title, as results name it.")
    section: str = Field(default="", max_length=200, description="Words of a heading; empty reads from the beginning.")


class AskTables(BaseModel):
    """Arguments of `attached_tables`."""

    question: str = Field(min_length=2, max_length=300, description="One calculation in plain words, with the column.")


@dataclass(frozen=True)
class DocumentTools:
    """Looks things up in the documents that the asking person may read."""

    searcher: Searcher

    def tools(self, question: Question, *, files_alone: bool = False) -> list[Tool]:
        """Those that can bring something for the question; of one about attached files alone no documents."""
        tables = list(_table_tool(question))
        return tables if files_alone else [*self._documents(), *tables]

    def _documents(self) -> list[Tool]:
        return [
            Tool(
                SEARCHING,
                "Searches all documents that the person may read; gives the passages that fit best.",
                SearchFor,
                self.search,
                _searching,
            ),
            Tool(
                "read_document",
                "Reads one document that a result names, or a section of it, where a passage is not enough.",
                ReadDocument,
                self.read,
                lambda given: f"Reading “{given.document}”" + (f", {given.section}" if given.section else ""),
            ),
        ]

    def search(self, question: Question, given: SearchFor) -> Found:
        """The passages for a query, within the question's own filters."""
        own = _own_filter(given)
        passages = self._found(question, given.query, own)
        said = ""
        if not passages and own is not None:
            passages, said = self._found(question, given.query, None), "Nothing with that filter; without it:\n\n"
        if not passages:
            return Found("Nothing was found.")
        return Found(said + "\n\n".join(map(_told, passages[:_TOLD])), tuple(passages))

    def read(self, question: Question, given: ReadDocument) -> Found:
        """The document's text from its beginning or from a section on, as far as it fits."""
        chunks = self._document(question, given.document)
        if not chunks:
            return Found("There is no such document that the person may read; search for it.")
        wanted = set(content_words(given.section))
        own = [c for c in chunks if wanted and wanted <= set(content_words(" ".join([*c.heading_path, c.locator])))]
        headings = list(dict.fromkeys(" › ".join(c.heading_path) for c in chunks if c.heading_path))[:_OUTLINE]
        if wanted and not own:
            return Found(f"It has no such section. Its sections: {'; '.join(headings) or 'none'}.")
        read = (own or chunks)[:_READ_CHUNKS]
        rest = len(own or chunks) - len(read)
        more = f"\n\n({rest} more passages. Sections: {'; '.join(headings)})" if rest > 0 else ""
        text = "\n\n".join(chunk.text for chunk in read)
        return Found(f"{_about(read[0])}\n{text}{more}", tuple(Passage(chunk, 0.0) for chunk in read))

    def _found(self, question: Question, query: str, own: Filter | None) -> list[Passage]:
        search = Search(query, question.user, _SEARCHED, all_of(question.filters, own))
        passages = [p for p in self.searcher.search(search) if not concerns_another(query, p.chunk, question.language)]
        return holding(query, passages, utc_now().date()).passages

    def _document(self, question: Question, named: str) -> list[Chunk]:
        """The chunks of the document with that id, or else that title, as far as the question's filters let through."""
        chunks = self.searcher.document(named, question.user)
        if not chunks:
            found = self.searcher.search(Search(named, question.user, _SEARCHED, question.filters))
            wanted = " ".join(named.casefold().split())
            titled = (p.chunk for p in found if wanted in {p.chunk.title.casefold(), p.chunk.document_id.casefold()})
            chunk = next(titled, None)
            chunks = self.searcher.document(chunk.document_id, question.user) if chunk is not None else []
        return [chunk for chunk in chunks if matches(question.filters, attributes_of(chunk))]


def _table_tool(question: Question) -> Iterator[Tool]:
    if any(section.rows for attached in question.attachments for section in attached.sections):
        told = "Counts, sums, filters and ranks rows of the tables in the files that the person attached."
        yield Tool("attached_tables", told, AskTables, _tables, lambda given: f"Calculating: {given.question}")


def _tables(question: Question, given: AskTables) -> Found:
    nothing = Found("That can't be calculated from the attached tables; name the column as it is written there.")
    return calculated(replace(question, text=given.question)) or nothing


def _own_filter(given: SearchFor) -> Filter | None:
    changed = parse_filter({"updated_at": {"from": given.changed_since}}) if given.changed_since else None
    customer = AnyOf("customer", (given.customer,)) if given.customer else None
    kind = AnyOf("document_type", (given.document_type,)) if given.document_type else None
    return all_of(customer, kind, changed)


def _searching(given: SearchFor) -> str:
    within = [
        given.document_type and f"in documents of the type {given.document_type}",
        given.customer and f"of {given.customer}",
    ]
    return " ".join(filter(None, [f"Looking for “{given.query}”", *within]))


def _told(passage: Passage) -> str:
    text = passage.chunk.text
    return f"{_about(passage.chunk)}\n{text[:_TOLD_CHARS]}{' …' if len(text) > _TOLD_CHARS else ''}"


def _about(chunk: Chunk) -> str:
    return f"document {chunk.document_id} – {'; '.join(_facts(chunk))}"


def _facts(chunk: Chunk) -> Iterator[str]:
    yield ", ".join(part for part in (chunk.title, chunk.locator, " › ".join(chunk.heading_path)) if part)
    for name in ("document_type", "customer", "updated_at"):
        value = chunk.metadata.get(name)
        if value:
            yield f"{name}: {', '.join(value) if isinstance(value, tuple) else str(value)[:60]}"
