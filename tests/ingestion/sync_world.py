"""A source whose content a test sets, and everything around it that a sync needs; the index is the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.database import open_database
from core.errors import ParseError, SourceError
from core.settings import ChunkingSettings, Settings, SourceSettings, SyncSettings
from core.types import Batch, Document, DocumentRef, Failure, Parsed, Section, User
from ingestion.enrich.prepare import Preparation
from ingestion.enrich.rules import RulesFile
from ingestion.state import SyncState
from ingestion.sync.source_sync import SyncContext, SyncOptions
from ingestion.sync.sync import sync_sources
from retrieval.engines.generations import FolderGenerations, Recipe
from retrieval.query.index import Query

READER = User("ana@x.example", ("all",))


@dataclass
class FakeEmbedder:
    """Vectors from the words' hashes; counts the texts it was given."""

    name: str = "fake"
    dim: int = 16
    languages: str = "en"
    computed: int = 0
    texts: list[str] = field(default_factory=list)

    def encode_texts(self, texts):
        self.computed += len(texts)
        self.texts.extend(texts)
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(len(texts), self.dim)

    def encode_query(self, text):
        return self._vector(text)

    def _vector(self, text):
        vector = np.ones(self.dim, dtype=np.float32)
        for word in text.lower().split():
            vector[sum(word.encode()) % self.dim] += 1
        return vector / np.linalg.norm(vector)


@dataclass
class FakeSource:
    """Documents by id; `changes` compares with the cursor's versions, as the real connectors do."""

    name: str = "files"
    documents: dict[str, Document] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    batch_size: int = 3
    break_after: int | None = None
    fetched: int = 0

    def put(self, name: str, text: str, allow=("group:all",), deny=(), **metadata) -> str:
        key = f"{self.name}:{name}"
        self.documents[key] = Document(
            key,
            self.name,
            "",
            f"file:///{name}",
            text.encode(),
            "text/plain",
            name,
            updated_at=datetime(2026, 1, 1, tzinfo=UTC),
            allow=frozenset(allow),
            deny=frozenset(deny),
            metadata=metadata,
        )
        return key

    def _versions(self):
        return {
            key: [hash_of(d.body), hash_of(json.dumps(dict(d.metadata)).encode()), sorted(d.allow), sorted(d.deny)]
            for key, d in sorted(self.documents.items())
        }

    def changes(self, cursor: str | None) -> Iterator[Batch]:
        before = json.loads(cursor) if cursor else {}
        now = self._versions()
        changed = [key for key in now if now[key][:2] != before.get(key, [None, None])[:2]]
        access = [key for key in now if key not in changed and now[key] != before[key]]
        done = dict(before)
        for begin in range(0, len(changed), self.batch_size):
            portion = changed[begin : begin + self.batch_size]
            if self.break_after is not None and begin >= self.break_after:
                raise SourceError("The source went away; try again later.")
            self.fetched += len(portion)
            done.update({key: now[key] for key in portion})
            yield Batch(
                documents=tuple(self.documents[key] for key in portion), seen=len(portion), cursor=json.dumps(done)
            )
        yield Batch(
            access=tuple(DocumentRef(k, self.documents[k].allow, self.documents[k].deny) for k in access),
            deleted=tuple(key for key in before if key not in now),
            failures=tuple(self.failures.values()),
            seen=len(now) - len(changed) + len(self.failures),
            cursor=json.dumps(now),
        )

    def listing(self):
        return (DocumentRef(d.id, d.allow, d.deny) for d in self.documents.values())

    def memberships(self):
        return self.groups


def hash_of(data: bytes) -> str:
    return data.hex()


def parse(body: bytes, name: str, media_type: str) -> Parsed:
    """One section a paragraph; files that say "corrupt" can't be parsed."""
    text = body.decode()
    if text.startswith("corrupt"):
        raise ParseError(f"{name} is damaged; export it again.")
    return Parsed(tuple(Section(part, (name,)) for part in text.split("\n\n") if part), title=name)


class World:
    """One data folder with its index and state, and sources to sync into it."""

    def __init__(self, folder: Path, rules: RulesFile | None = None, fingerprint: str = "1") -> None:
        self.settings = Settings(data_dir=folder, root=folder)
        self.engine = open_database(self.settings)
        self.state = SyncState(self.engine)
        self.embedder = FakeEmbedder()
        self.rules = rules or RulesFile()
        self.generations = FolderGenerations(folder / "index", Recipe(fingerprint, "fake", 16))
        self.source = FakeSource()

    def context(self, **options) -> SyncContext:
        return SyncContext(
            engine=self.engine,
            state=self.state,
            generations=self.generations,
            embedder=self.embedder,
            preparation=Preparation(
                parse, self.rules, ChunkingSettings(size_words=40, overlap_words=5), datetime.now(UTC)
            ),
            limits=SyncSettings(),
            options=SyncOptions(**options),
            configured=frozenset({"files", "aaa"}),
        )

    def sync(self, *sources, unvetted="index", context=None, **options):
        chosen = sources or (self.source,)
        pairs = [(SourceSettings(name=s.name, kind="fake", unvetted=unvetted), s) for s in chosen]
        runs = sync_sources(context or self.context(**options), pairs)
        return runs[0] if len(runs) == 1 else runs

    def found(self, text: str, user: User = READER) -> list[str]:
        query = Query(text, self.embedder.encode_query(text))
        return [passage.chunk.document_id for passage in self.generations.read().search(query, user, 20)]

    def contents(self) -> dict[str, tuple]:
        """Every chunk in the index, comparable between two runs."""
        return {
            c.id: (c.document_id, c.ordinal, c.text, c.allow, c.deny, sorted(c.metadata.items()))
            for c in self.generations.read().chunks()
        }


def touched(document: Document, **changes) -> Document:
    return replace(document, **changes)
