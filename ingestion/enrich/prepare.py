"""One fetched document → what the index and the state get of it: parse, enrich, vet, chunk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from core.errors import ParseError, PatternTimeout
from core.settings import ChunkingSettings, SourceSettings
from core.text.detect import detect_language
from core.types import Chunk, Document, Parsed
from ingestion.enrich.chunk import chunk_document, document_text
from ingestion.enrich.duplicates import signature
from ingestion.enrich.metadata import iso_date, merged, normalise
from ingestion.enrich.rules import RulesFile, apply_rules
from ingestion.enrich.validity import stated_validity
from ingestion.enrich.vet import vet
from ingestion.state import DocumentRecord

# (body, name, media type), and of a recording that has one its transcript.
Parse = Callable[..., Parsed]


@dataclass(frozen=True)
class Prepared:
    """A document's record and the chunks to write; no chunks when it was held, dropped or failed."""

    record: DocumentRecord
    chunks: tuple[Chunk, ...] = ()


@dataclass(frozen=True)
class Preparation:
    """Everything that turning a source's documents into chunks depends on."""

    parse: Parse
    rules: RulesFile
    chunking: ChunkingSettings
    today: datetime

    def prepare(self, document: Document, source: SourceSettings, run_id: int) -> Prepared:
        """The document, ready to be embedded and written. A file that can't be parsed becomes a failed record."""
        record = DocumentRecord(
            id=document.id,
            source=document.source,
            title=document.title,
            url=document.url,
            content_hash=content_hash(document),
            details_hash=details_hash(document),
            allow=tuple(sorted(document.allow)),
            deny=tuple(sorted(document.deny)),
            size_bytes=len(document.body),
            run_id=run_id,
        )
        try:
            beside = {"transcript": document.transcript} if document.transcript else {}
            parsed = self.parse(document.body, document.name or document.id, document.media_type, **beside)
        except ParseError as error:
            return Prepared(replace(record, outcome="failed", reason=str(error)))
        text = document_text(parsed)
        if not text.strip():
            reason = " ".join(parsed.warnings) or "It holds no text; nothing can be found in it."
            return Prepared(replace(record, outcome="failed", reason=reason))
        try:
            return self._enriched(document, parsed, text, source, record)
        except PatternTimeout as error:
            return Prepared(replace(record, outcome="failed", reason=str(error)))

    def _enriched(
        self, document: Document, parsed: Parsed, text: str, source: SourceSettings, record: DocumentRecord
    ) -> Prepared:
        own, problems = normalise(document.metadata, source.mapping)
        own.pop("recording", None)  # opens the player: said by the parser alone, or a source could show another's
        inside, _ = normalise(parsed.metadata, {})
        attributes = merged(
            own,
            {
                name: moment
                for name, value in (("created_at", document.created_at), ("updated_at", document.updated_at))
                if value is not None and (moment := iso_date(value))
            },
            inside,
            stated_validity(text),
        )
        title = document.title or str(attributes.get("title", "")) or parsed.title or document.name
        attributes.setdefault("language", detect_language(text))
        attributes.setdefault("source_uri", document.url)
        attributes["title"] = title
        enriched = apply_rules(self.rules.rules, attributes, text)
        verdict = vet(enriched.attributes, self.rules.vetting, self.today)
        final = {**enriched.attributes, "vetting": verdict.vetting}
        if source.unvetted == "weigh_down" and verdict.vetting == "draft":
            final["down_weighted"] = True
        record = replace(
            record,
            title=str(final["title"]),
            attributes=final,
            vetting=verdict.vetting,
            lacks=verdict.lacks,
            fired=enriched.fired,
            warnings=(*parsed.warnings, *problems),
            signature=signature(text),
        )
        if enriched.dropped:
            return Prepared(replace(record, outcome="dropped", reason=enriched.dropped))
        if source.unvetted == "hold" and verdict.vetting == "draft":
            return Prepared(replace(record, outcome="held", reason=" ".join(verdict.lacks)))
        complete = replace(document, title=record.title, metadata=final)
        chunks = chunk_document(complete, parsed, self.chunking, str(final["language"]))
        return Prepared(replace(record, chunks=len(chunks)), tuple(chunks))


def content_hash(document: Document) -> str:
    """SHA-256 of the bytes, of the file name, which decides the parser, and of a transcript beside it."""
    digest = hashlib.sha256(document.body)
    digest.update(f"\0{document.name}\0{document.media_type}".encode())
    if document.transcript is not None:
        digest.update(f"\0{document.transcript.name}\0".encode() + document.transcript.body)
    return digest.hexdigest()


def details_hash(document: Document) -> str:
    """SHA-256 of what the source says of the document besides its bytes and its access list."""
    details = [document.title, document.url, str(document.updated_at), str(document.created_at)]
    return hashlib.sha256(
        json.dumps([details, dict(document.metadata)], sort_keys=True, default=list).encode()
    ).hexdigest()
