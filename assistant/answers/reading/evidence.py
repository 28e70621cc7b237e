"""Passages → their sentences, each with how well it answers the question, and why.

The main signal compares the question with a sentence word by word: each word of the question looks for its nearest
word in the sentence, where a word's vector knows its context (Khattab and Zaharia, "ColBERT", SIGIR 2020, here with
the packaged model and without training of its own). To it come shared rare words, the kind of answer that the
question expects, and how well the passage itself was found. `ranking.json` holds the fitted weights.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray

from assistant.answers.reading.cells import cell_asked_for, label_asked_for
from assistant.answers.reading.expectation import Expected, expected_of, offers
from assistant.answers.reading.extremes import Row, extreme_rows
from assistant.checks.injection import injection_score
from core.arrays import FloatArray
from core.tables import split_row
from core.text.sentences import Span, split_sentences
from core.text.words import FUNCTION_WORDS, content_words, coverage, inverse_frequencies, words
from core.types import Passage, Rows
from retrieval.models import TokenEncoder, TokenVectors

_WH = frozenset({"who", "whom", "whose", "when", "where", "how", "many", "much", "what", "which", "why", "year"})
# A window of a long passage that the model reads at once, in characters; the packaged model cuts at 256 tokens.
_WINDOW_CHARS = 900
_TITLE_CHARS = 200
_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
# Chosen among 0…4 on one half of TAT-QA: the gold sentence or row comes first for .59 of the table questions instead
# of .43; on the other half for .62 instead of .56.
_LABEL_WEIGHT = 4.0
# A question is no answer, and neither is an instruction to a language model: both come after every other sentence.
_NO_STATEMENT = 20.0
_INSTRUCTION = 0.5


@dataclass(frozen=True)
class QuestionContext:
    """A question as sentences are compared with it.

    Attributes:
        weight: How rare each word is among the passages that were found.
        unseen: The weight of a word that none of them has.
        rarity: (tokens,) float32, that of the word which each token of the question is of; sums to 1.
        extremes: The rows that a question for the most or the least asks for.
        top: The fused score of the best passage.
    """

    text: str
    terms: tuple[str, ...]
    expected: Expected
    tokens: TokenVectors
    weight: Mapping[str, float]
    unseen: float
    top: float
    rarity: FloatArray
    extremes: frozenset[Row] = frozenset()


@dataclass(frozen=True)
class ScoredStatement:
    """A sentence, list item or table row that may answer.

    Attributes:
        rank: The passage's position in the search, from 0.
        cells: For a table row, its header and value pairs.
        signals: What the score was made of, for the trace and the confidence.
    """

    span: Span
    passage: Passage
    rank: int
    score: float
    signals: Mapping[str, float] = field(default_factory=dict)
    cells: tuple[tuple[str, str], ...] = ()


def prepare(question: str, passages: Sequence[Passage], encoder: TokenEncoder) -> QuestionContext:
    """The question, ready to be compared with the sentences of `passages`."""
    texts = [content_words(f"{p.chunk.title} {' '.join(p.chunk.heading_path)} {p.chunk.text}") for p in passages]
    weight = inverse_frequencies(texts)
    unseen = log(1 + (len(texts) + 0.5) / 0.5)
    terms = tuple(dict.fromkeys(content_words(question)))
    tokens = encoder.encode_tokens([question], query=True)[0]
    top = max((p.why.fused or p.score for p in passages), default=0.0)
    rarity = _rarity(question, tokens, weight, unseen)
    extremes = extreme_rows(question, passages)
    return QuestionContext(question, terms, expected_of(question), tokens, weight, unseen, top, rarity, extremes)


def weigh_sentences(
    asked: QuestionContext, passages: Sequence[Passage], encoder: TokenEncoder, first: int = 0
) -> list[ScoredStatement]:
    """Every sentence of `passages`, in reading order. `first` is the rank of passages[0]."""
    found: list[ScoredStatement] = []
    spans = [split_sentences(p.chunk.text) for p in passages]
    vectors = token_vectors_of([p.chunk.text for p in passages], spans, encoder)
    titles = _title_vectors(passages, encoder)
    for number, passage in enumerate(passages):
        tokens = vectors[number]
        by_title = (asked.tokens.vectors @ titles[number].vectors.T).max(axis=1, initial=0.0)
        near = asked.tokens.vectors @ tokens.vectors.T if len(tokens.vectors) else np.zeros((0, 0), np.float32)
        overall = near.max(axis=1) if near.size else np.zeros(len(asked.tokens.vectors), np.float32)
        anywhere = np.maximum(overall, by_title)
        text = _PassageText(asked, passage, spans[number])
        # What a sentence matches, its passage matches too; most passages need no second look.
        instructs = injection_score(passage.chunk.text) >= _INSTRUCTION
        for place, span in enumerate(spans[number]):
            if span.kind in {"heading", "header"}:
                continue
            inside = (tokens.begins >= span.begin) & (tokens.ends <= span.end)
            signals = {
                "passage_match": float(overall.mean()) if len(overall) else 0.0,
                **_by_token(asked, near, inside, overall, tokens),
                # What the title, the headings and a table's header say needn't be said again by the sentence.
                "match_titled": _titled(near, inside | text.in_header(place, tokens), by_title),
                "passage_titled": float(anywhere.mean()) if len(anywhere) else 0.0,
                "passage_rare": float(anywhere @ asked.rarity),
                **text.signals(place),
                "passage_cosine": passage.vector_similarity or 0.0,
                "fused": (passage.why.fused or passage.score) / asked.top if asked.top > 0 else 0.0,
            }
            cells = text.cells(place)
            is_extreme = tuple(value for _, value in cells) in asked.extremes
            signals["label"] = 1.0 if is_extreme else label_asked_for(cells, asked.text, asked.terms)
            score = sum(weight * signals.get(name, 0.0) for name, weight in _ranking().items())
            signals["cell"] = cell_asked_for(cells, asked.text, asked.terms)
            score += _LABEL_WEIGHT * (signals["label"] + signals["cell"])
            if span.text.endswith(("?", "？", "؟")) or (instructs and injection_score(span.text) >= _INSTRUCTION):
                score -= _NO_STATEMENT
            found.append(ScoredStatement(span, passage, first + number, float(score), signals, cells))
    return found


class _PassageText:
    """The words of a passage's sentences, and what of the question is in them."""

    def __init__(self, asked: QuestionContext, passage: Passage, spans: Sequence[Span]) -> None:
        self._asked = asked
        self._spans = spans
        chunk = passage.chunk
        self._around = set(words(f"{chunk.title} {' '.join(chunk.heading_path)}".replace("_", " ")))
        self._words = [words(span.text) for span in spans]
        present = self._around.union(*self._words) if self._words else self._around
        self._passage = coverage(asked.terms, present, asked.weight, asked.unseen)
        terms = asked.terms
        self._pairs = set(pairwise(terms))
        self._passage_rows = chunk.rows
        self._rows = _rows_by_place(chunk.rows, spans)

    def signals(self, place: int) -> dict[str, float]:
        asked = self._asked
        own = set(self._words[place])
        before = set(self._words[place - 1]) if place else set()
        if self._spans[place].kind == "row":
            before = {word for cell in self._header(place) for word in words(cell)}
        kept = [w for w in self._words[place] if w in asked.weight]
        shared = self._pairs & set(pairwise(kept))
        return {
            "overlap": coverage(asked.terms, own, asked.weight, asked.unseen),
            "overlap_near": coverage(asked.terms, own | before, asked.weight, asked.unseen),
            "overlap_titled": coverage(asked.terms, own | before | self._around, asked.weight, asked.unseen),
            "overlap_passage": self._passage,
            "pairs": len(shared) / len(self._pairs) if self._pairs else 0.0,
            "offers": offers(asked.expected, asked.text, self._spans[place].text),
            "short": float(len(self._words[place]) < 5 and self._spans[place].kind != "row"),
        }

    def cells(self, place: int) -> tuple[tuple[str, str], ...]:
        span = self._spans[place]
        if span.kind != "row":
            return ()
        values = self._rows.get(place) or split_row(span.text)
        header = self._header(place)
        return tuple(zip(header if len(header) == len(values) else [""] * len(values), values, strict=True))

    def in_header(self, place: int, tokens: TokenVectors) -> NDArray[np.bool_]:
        """Which tokens stand in the header of the table that the row is of; none for anything but a row."""
        above = self._header_span(place)
        if above is None:
            return np.zeros(len(tokens.begins), np.bool_)
        inside: NDArray[np.bool_] = (tokens.begins >= above.begin) & (tokens.ends <= above.end)
        return inside

    def _header(self, place: int) -> Sequence[str]:
        """The cells of the header above the row."""
        if place in self._rows:
            return self._passage_rows[0]
        above = self._header_span(place)
        return split_row(above.text) if above else []

    def _header_span(self, place: int) -> Span | None:
        if self._spans[place].kind != "row":
            return None
        return next((span for span in reversed(self._spans[:place]) if span.kind == "header"), None)


def _rows_by_place(rows: Rows, spans: Sequence[Span]) -> dict[int, tuple[str, ...]]:
    """A table's rows by where they stand among the spans; none where a row was cut and its lines are no rows."""
    places = [place for place, span in enumerate(spans) if span.kind == "row"]
    return dict(zip(places, rows[1:], strict=True)) if len(places) == len(rows) - 1 else {}


def _title_vectors(passages: Sequence[Passage], encoder: TokenEncoder) -> list[TokenVectors]:
    """The token vectors of each passage's title and headings, read on their own."""
    chunks = [p.chunk for p in passages]
    titles = [" – ".join(part for part in (c.title, *c.heading_path) if part)[:_TITLE_CHARS] for c in chunks]
    return encoder.encode_tokens([" ".join(title.replace("_", " ").split()) for title in titles])


def _titled(near: FloatArray, inside: NDArray[np.bool_], by_title: FloatArray) -> float:
    """How near each word of the question is to its nearest word of the sentence or around it, on average."""
    best = np.maximum(near[:, inside].max(axis=1), by_title) if near.size and inside.any() else by_title
    return float(best.mean()) if len(best) else 0.0


def _rarity(question: str, tokens: TokenVectors, weight: Mapping[str, float], unseen: float) -> FloatArray:
    """What part of the question each token carries; function words carry none unless there is nothing else."""
    carried = np.zeros(len(tokens.begins), np.float32)
    for match in _WORD.finditer(question):
        if match.group().casefold() in FUNCTION_WORDS:
            continue
        found = [weight.get(word, unseen) for word in words(match.group())]
        parts = (tokens.begins >= match.start()) & (tokens.ends <= match.end())
        if found and parts.any():
            carried[parts] = max(found) / parts.sum()
    total = float(carried.sum())
    return carried / total if total > 0 else np.full(len(carried), 1 / max(len(carried), 1), np.float32)


def _by_token(
    asked: QuestionContext, near: FloatArray, inside: NDArray[np.bool_], overall: FloatArray, tokens: TokenVectors
) -> dict[str, float]:
    if not inside.any() or not near.size:
        return {"match": 0.0, "weakest": 0.0, "question_word": 0.0, "share": 0.0, "meaning": 0.0}
    best = near[:, inside].max(axis=1)
    asking = [
        number
        for number, (b, e) in enumerate(zip(asked.tokens.begins, asked.tokens.ends, strict=True))
        if asked.text[b:e].casefold() in _WH
    ]
    sentence = tokens.vectors[inside].mean(axis=0)
    question = asked.tokens.vectors.mean(axis=0)
    length = float(np.linalg.norm(sentence) * np.linalg.norm(question)) or 1.0
    return {
        "match": float(best.mean()),
        "weakest": _lowest_quarter(best),
        "question_word": float(best[asking].mean()) if asking else float(best.mean()),
        "share": float((best >= overall - 1e-6).mean()),
        "meaning": float(sentence @ question) / length,
    }


def _lowest_quarter(values: FloatArray) -> float:
    return float(np.sort(values)[: max(1, len(values) // 4)].mean()) if len(values) else 0.0


def token_vectors_of(
    texts: Sequence[str], spans: Sequence[Sequence[Span]], encoder: TokenEncoder
) -> list[TokenVectors]:
    """Token vectors of whole texts; a text longer than the model reads is given to it in windows of sentences."""
    windows = [(n, begin, end) for n, text in enumerate(texts) for begin, end in _windows(text, spans[n])]
    encoded = encoder.encode_tokens([texts[n][begin:end] for n, begin, end in windows])
    joined: list[TokenVectors] = []
    for number in range(len(texts)):
        parts = [(v, begin) for v, (n, begin, _) in zip(encoded, windows, strict=True) if n == number]
        if not parts:
            joined.append(TokenVectors(np.zeros((0, 1), np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64)))
            continue
        joined.append(
            TokenVectors(
                np.concatenate([v.vectors for v, _ in parts]),
                np.concatenate([v.begins + begin for v, begin in parts]),
                np.concatenate([v.ends + begin for v, begin in parts]),
            )
        )
    return joined


def _windows(text: str, spans: Sequence[Span]) -> list[tuple[int, int]]:
    if len(text) <= _WINDOW_CHARS * 1.5:
        return [(0, len(text))] if text.strip() else []
    windows: list[tuple[int, int]] = []
    for span in spans:
        if windows and span.end - windows[-1][0] <= _WINDOW_CHARS:
            windows[-1] = (windows[-1][0], span.end)
        else:
            windows.append((span.begin, span.end))
    return windows


@cache
def _ranking() -> dict[str, float]:
    """Signal → fitted weight."""
    weights: dict[str, float] = json.loads(files("assistant.answers.reading").joinpath("ranking.json").read_text())[
        "weights"
    ]
    return weights
