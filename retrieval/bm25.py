"""Text → sparse BM25 vectors, stemmed and without stop words by the text's language. Both engines use them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

import qdrant_edge as qe

from core.language import language_shares
from core.types import Chunk

DEFAULT_LANGUAGE = "en"

# ISO 639-1 → the engine's name of the language. Others are split into words and compared as they are.
_STEMMED = {
    **{"ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish"},
    **{"fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian", "nb": "norwegian", "nl": "dutch"},
    **{"no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish"},
}
_STOPWORDS_ONLY = {"ja": "japanese", "zh": "chinese"}

# A language counts as the question's when it is at least this probable among those that the index has.
_PROBABLE = 0.15


def indexed_text(chunk: Chunk) -> str:
    """What is searched of a chunk: the document's title, the headings above it, then its text."""
    above = " > ".join(part for part in (chunk.title, *chunk.heading_path) if part)
    return f"{above}\n{chunk.text}" if above else chunk.text


def language_of(chunk: Chunk) -> str:
    """The chunk's ISO 639-1 code, from its metadata."""
    found = chunk.metadata.get("language")
    return found[:2].lower() if isinstance(found, str) and found else DEFAULT_LANGUAGE


def encode_chunk(chunk: Chunk) -> qe.SparseVector:
    """Term numbers (`indices`) and their saturated, length-normalised frequencies (`values`)."""
    return _model(language_of(chunk)).embed_document(indexed_text(chunk))


def encode_query(text: str, languages: Sequence[str]) -> tuple[list[int], list[float]]:
    """Term numbers of a question, stemmed by each of `languages`, each with the weight 1."""
    terms: dict[int, float] = {}
    for language in languages or (DEFAULT_LANGUAGE,):
        terms.update(dict.fromkeys(_model(language).embed_query(text).indices, 1.0))
    ordered = sorted(terms)
    return ordered, [terms[i] for i in ordered]


def query_languages(text: str, available: Collection[str]) -> tuple[str, ...]:
    """Which of the languages that an index has the question may be in, the most probable first."""
    known = sorted(set(available))
    if len(known) <= 1:
        return tuple(known) or (DEFAULT_LANGUAGE,)
    shares = language_shares(text, known)
    return tuple(language for language, share in shares if share >= _PROBABLE) or (known[0],)


@cache
def _model(language: str) -> qe.Bm25:
    if language in _STEMMED:
        return qe.Bm25(qe.Bm25Config(language=_STEMMED[language]))
    tokenizer = qe.TokenizerType.Multilingual
    if language in _STOPWORDS_ONLY:
        return qe.Bm25(qe.Bm25Config(language=_STOPWORDS_ONLY[language], tokenizer=tokenizer))
    return qe.Bm25(qe.Bm25Config(tokenizer=tokenizer, stopwords=qe.StopwordsSet(), stemmer=qe.DisabledStemmer()))
