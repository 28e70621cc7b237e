"""Text → sparse BM25 vectors, stemmed and without stop words by the text's language. Both engines use them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from urllib.parse import unquote, urlsplit

import qdrant_edge as qe

from core.text.detect import language_shares
from core.types import Chunk

DEFAULT_LANGUAGE = "en"

# ISO 639-1 → the engine's name of the language. Others are split into words and compared as they are.
_STEMMED = {
    **{"ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish"},
    **{"fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian", "nb": "norwegian", "nl": "dutch"},
    **{"no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish"},
}
_STOPWORDS_ONLY = {"ja": "japanese", "zh": "chinese"}

# What a question is expected to be in; fewer rivals make short questions surer.
_SPOKEN = frozenset(
    "ar bg cs da de el en es fa fi fr he hi hr hu id it ja ko nb nl pl pt ro ru sk sv th tr uk vi zh".split()
)

# About what a chunk of 180 words keeps without its stop words. The engine's own 256 calls every chunk
# short and so hardly normalises by length; with 100, BM25 alone gains 0.015 nDCG@10 on average (docs/retrieval.md).
_MEAN_TERMS = 100.0

# Of an address only the last parts: what all documents share has no weight, and what is too deep is noise.
_PATH_PARTS = 6
_PATH_BREAK = re.compile(r"[-_.+]+")

# A language counts as the question's when it is at least this probable among those that the index has.
_PROBABLE = 0.15


def indexed_text(chunk: Chunk) -> str:
    """A chunk as it is read by itself: the document's title, the headings above it, then its text."""
    above = " > ".join(part for part in (chunk.title, *chunk.heading_path) if part)
    return f"{above}\n{chunk.text}" if above else chunk.text


def embedded_text(chunk: Chunk, languages: str) -> str:
    """What is embedded of a chunk, by a model of these `Embedder.languages`.

    A model of many languages gets no title: the same few words in front of every chunk of a document, in another
    language than the question's, cost 0.03 R@1 across languages and gain nothing within one (docs/retrieval.md).
    """
    return indexed_text(chunk) if languages else indexed_text(replace(chunk, title=""))


def searched_text(chunk: Chunk) -> str:
    """What BM25 searches of a chunk: `indexed_text`, and in front of it the words of the document's address.

    Folders and file names are headings that somebody chose: `…/Customers/Northwind/health-check-q3.pdf`.
    """
    path = path_words(chunk.url)
    return f"{path}\n{indexed_text(chunk)}" if path else indexed_text(chunk)


def path_words(url: str) -> str:
    """The words of an address after its host; empty for what is no address."""
    if "://" not in url:
        return ""
    address = urlsplit(url)
    parts = [part for part in (*unquote(address.path).split("/"), unquote(address.fragment)) if part]
    return " > ".join(" ".join(_PATH_BREAK.split(part)) for part in parts[-_PATH_PARTS:]).strip()


def language_of(chunk: Chunk) -> str:
    """The chunk's ISO 639-1 code, from its metadata."""
    found = chunk.metadata.get("language")
    return found[:2].lower() if isinstance(found, str) and found else DEFAULT_LANGUAGE


def encode_chunk(chunk: Chunk) -> qe.SparseVector:
    """Term numbers (`indices`) and their saturated, length-normalised frequencies (`values`)."""
    return _model(language_of(chunk)).embed_document(searched_text(chunk))


def encode_query(text: str, languages: Sequence[str]) -> tuple[list[int], list[float]]:
    """Term numbers of a question, stemmed by each of `languages`, each with the weight 1."""
    terms: dict[int, float] = {}
    for language in languages or (DEFAULT_LANGUAGE,):
        terms.update(dict.fromkeys(_model(language).embed_query(text).indices, 1.0))
    ordered = sorted(terms)
    return ordered, [terms[i] for i in ordered]


@lru_cache(maxsize=4_096)
def searched(word: str, language: str) -> bool:
    """Whether BM25 searches for `word` in a question of this language, rather than leaving it out as a stop word."""
    return bool(searched_terms(word, language))


@lru_cache(maxsize=8_192)
def searched_terms(text: str, language: str) -> tuple[int, ...]:
    """The term numbers of a text in this language, stemmed and without stop words: equal for forms of one word."""
    return tuple(_model(language).embed_query(text).indices)


def query_languages(text: str, available: Collection[str]) -> tuple[str, ...]:
    """Which of the languages that an index has the question may be in, the most probable first."""
    known = sorted(set(available))
    if len(known) <= 1:
        return tuple(known) or (DEFAULT_LANGUAGE,)
    shares = language_shares(text, known)
    return tuple(language for language, share in shares if share >= _PROBABLE) or (known[0],)


def question_language(text: str) -> str:
    """The ISO 639-1 code of a question's language; empty when it is too short to say.

    Of 873 English questions in three sets, 2 are taken for another language; of 4,158 in seven others, 1 for English.
    """
    shares = language_shares(text, _SPOKEN)
    return shares[0][0] if shares and shares[0][1] >= 0.5 else ""


@cache
def _model(language: str) -> qe.Bm25:
    if language in _STEMMED:
        return qe.Bm25(qe.Bm25Config(avg_len=_MEAN_TERMS, language=_STEMMED[language]))
    tokenizer = qe.TokenizerType.Multilingual
    if language in _STOPWORDS_ONLY:
        return qe.Bm25(qe.Bm25Config(avg_len=_MEAN_TERMS, language=_STOPWORDS_ONLY[language], tokenizer=tokenizer))
    return qe.Bm25(
        qe.Bm25Config(
            avg_len=_MEAN_TERMS, tokenizer=tokenizer, stopwords=qe.StopwordsSet(), stemmer=qe.DisabledStemmer()
        )
    )
