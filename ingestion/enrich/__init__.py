"""One fetched document → what the index gets of it: metadata, rules, vetting, chunks, relations.

prepare.py does all of it for one document, relations.py compares documents; a sync imports both from there, since
they load the library that finds near-duplicates.
"""

from ingestion.enrich.chunk import chunk_document, embedding_text
from ingestion.enrich.rules import RulesFile, load_rules

__all__ = ["RulesFile", "chunk_document", "embedding_text", "load_rules"]
