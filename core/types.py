"""The words that every folder shares: users, documents, chunks, passages and answers.

Reading order of the project starts here; nothing in this module does any work.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

# "user:ana@example.com", "group:emea" or "everyone". E-mail addresses are compared in lower case.
Principal = str
EVERYONE: Principal = "everyone"
# Among a person's groups: there may be more that nobody told us of. Then a document that denies anybody is closed.
UNKNOWN_GROUPS = "(unknown groups)"

# Where a connector resumes: JSON text that only the connector that made it reads.
Cursor = str

# A table's cells row by row, the header first; as many cells in each as the header has. Empty for what is no table.
Rows = tuple[tuple[str, ...], ...]

# A metadata value as the index filters and weighs it. Dates are ISO 8601 strings in UTC.
AttributeValue = str | int | float | bool | tuple[str, ...]
Attributes = Mapping[str, AttributeValue]


def folded(text: str) -> str:
    """`text` as e-mail addresses and denied groups are compared: in lower case, accents composed."""
    return unicodedata.normalize("NFC", text).lower()


@dataclass(frozen=True, slots=True)
class User:
    """A person who asks. There is no anonymous user: each search and each answer names one."""

    email: str
    groups: tuple[str, ...] = ()
    attributes: Attributes = field(default_factory=dict)
    name: str = ""
    # Other addresses of the same person, as access lists may have them.
    aliases: tuple[str, ...] = ()

    def principals(self) -> frozenset[Principal]:
        """All principals that this person is: the addresses, each group (nested ones included), everyone."""
        own = (f"user:{folded(address)}" for address in (self.email, *self.aliases))
        return frozenset({*own, *(f"group:{g}" for g in self.groups), EVERYONE})

    def denials(self) -> frozenset[Principal]:
        """All under which a deny list may mean this person: the principals, groups in other spellings included."""
        own = self.principals()
        return own | frozenset(map(folded, own))


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that is part of another one's document."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """One document as its source has it, before parsing.

    Attributes:
        id: Stable and unique over all sources, by convention "<source>:<id within the source>".
        body: The file's bytes.
        media_type: For example "application/pdf"; empty when the source doesn't say (the file name decides).
        allow: Who may read it. Empty means nobody.
        deny: Who may not, whatever `allow` says.
        metadata: Attributes from the source under the names of docs/metadata.md.
        transcript: Of a recording, the transcript that lies beside it; None without one.
    """

    id: str
    source: str
    title: str
    url: str
    body: bytes
    media_type: str = ""
    name: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    allow: frozenset[Principal] = frozenset()
    deny: frozenset[Principal] = frozenset()
    metadata: Attributes = field(default_factory=dict)
    transcript: Companion | None = None


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document's id and who may read it, without its content."""

    id: str
    allow: frozenset[Principal] = frozenset()
    deny: frozenset[Principal] = frozenset()


@dataclass(frozen=True, slots=True)
class Failure:
    """One document that could not be fetched or parsed, and why. The run goes on without it.

    Attributes:
        reason: One sentence: fact, value, remedy.
        retry: True when the same bytes may succeed later (a time-out), False when they can't (encrypted).
    """

    document_id: str
    title: str
    reason: str
    retry: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """What a connector found since the last cursor, in portions that fit in memory.

    Attributes:
        deleted: Ids that are gone at the source.
        access: Documents of which only the access list changed.
        seen: How many items of the source this batch has looked at, changed or not.
        total: How many items there are to look at, where the source can tell beforehand; else 0.
        cursor: Where to resume once this batch is safely written. None: not at a resumable point yet.
    """

    documents: tuple[Document, ...] = ()
    deleted: tuple[str, ...] = ()
    access: tuple[DocumentRef, ...] = ()
    failures: tuple[Failure, ...] = ()
    seen: int = 0
    cursor: Cursor | None = None
    total: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a parsed document that belongs together: the text under one heading, a slide, a table.

    Attributes:
        kind: "text", "table" (Markdown table, header row first), "turn" (a speaker's turn), "note", "code", or
            "history" (what a mail quotes of the messages before it).
        rows: Of a table its cells, which `text` only shows.
        page: 1-based page, slide or sheet number; None where the format has none.
        locator: Where a reader finds it: "page 3", "slide 2", "sheet Usage", "00:12:05".
    """

    text: str
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    locator: str = ""
    kind: Literal["text", "table", "turn", "note", "code", "history"] = "text"
    rows: Rows = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's text in reading order, and what its file says of itself (title, authors, dates)."""

    sections: tuple[Section, ...]
    title: str = ""
    metadata: Attributes = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage-sized piece of a document, with the document's fields that it is filtered and weighted by.

    Attributes:
        id: uuid5 of document id and ordinal, so that writing it twice leaves one.
        rows: Of a table the header and those rows that the chunk shows; see `core.tables.TableText`.
        begin: Offset in characters into the document's text (its sections joined by a blank line).
        metadata: The document's attributes (document_type, customer, updated_at, language, …).
    """

    id: str
    document_id: str
    ordinal: int
    text: str
    heading_path: tuple[str, ...] = ()
    page: int | None = None
    locator: str = ""
    kind: str = "text"
    rows: Rows = ()
    begin: int = 0
    end: int = 0
    source: str = ""
    title: str = ""
    url: str = ""
    allow: frozenset[Principal] = frozenset()
    deny: frozenset[Principal] = frozenset()
    metadata: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Boost:
    """One metadata weight that applied to a hit: which attribute, its value there, and the factor."""

    attribute: str
    value: str
    factor: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why a hit ranks where it does. Scores of a stage that didn't find or read the chunk are None.

    Attributes:
        words: How near the question's words come to its own, see `retrieval/models/late_interaction.py`.
    """

    text: float | None = None
    vector: float | None = None
    fused: float = 0.0
    words: float | None = None
    boosts: tuple[Boost, ...] = ()
    rerank: float | None = None
    final: float = 0.0


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found, and why. `vector_similarity` is the plain cosine to the question, -1..1."""

    chunk: Chunk
    score: float
    why: Why = field(default_factory=Why)
    vector_similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered reference from an answer to a passage.

    Attributes:
        marker: The number shown in the answer, from 1.
        quote: The passage's words that support the statement, verbatim.
        begin, end: Offsets into the answer's text of the statement that the citation supports.
        quote_begin, quote_end: Offsets of the quote in the document's text (see `Chunk.begin`).
    """

    marker: int
    document_id: str
    title: str
    url: str
    quote: str
    begin: int
    end: int
    chunk_id: str = ""
    page: int | None = None
    locator: str = ""
    quote_begin: int = 0
    quote_end: int = 0


# "partly": the documents say something about it, and whether that is the answer isn't sure.
Outcome = Literal["answered", "partly", "no_evidence", "refused", "needs_input"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person gets back.

    Attributes:
        route: Which way the question went: "search", "records", "data", "talk" (small talk), or "app:<name>".
        confidence: 0..1, how strong the evidence is; for "no_evidence" how close it came.
        nearest: When there is no evidence, the documents that came closest.
        choices: When input is needed, what to choose from.
        offers: Apps that could do more with it, as "app:<name>".
        run: The id of the app's run that answered, whose outputs are kept; empty for any other answer.
        understood: The question as it was answered, where that isn't as it was asked.
        query: Of route "data", the structured query as JSON, which gives rows and chart again to whoever may see them;
            of route "action", the id of the form.
        unfinished: Whether the model that writes was cut off; it can be asked to go on.
        language: ISO 639-1, where the person chose it; follow-ups keep it.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    outcome: Outcome = "answered"
    route: str = "search"
    trace_id: str = ""
    confidence: float = 0.0
    passages: tuple[Passage, ...] = ()
    nearest: tuple[Passage, ...] = ()
    choices: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    run: str = ""
    understood: str = ""
    query: str = ""
    unfinished: bool = False
    language: str = ""

    @property
    def found(self) -> bool:
        """Whether it shows what was found, plainly or as what the documents say about it."""
        return self.outcome in ("answered", "partly")


class Connector(Protocol):
    """A source of documents. One module a source; `connectors/registry.py` lists them."""

    name: str

    def changes(self, cursor: Cursor | None) -> Iterator[Batch]:
        """What changed since `cursor`; None yields everything. Replaying a cursor does no harm."""
        ...

    def listing(self) -> Iterator[DocumentRef]:
        """Every readable document's id and access. Raises SourceError rather than be partial."""
        ...

    def memberships(self) -> Mapping[str, frozenset[Principal]]:
        """The source's own groups and their direct members (users or groups); empty if it has none."""
        ...
