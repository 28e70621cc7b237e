"""A reviewed block → the text that is shown, with its markers, and the citations behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from assistant.answers.form.citations import cite
from assistant.answers.writing.review import Claim, ReviewedBlock
from assistant.answers.writing.sources import Source
from core.tables import split_row
from core.text.sentences import split_sentences
from core.text.words import content_words
from core.types import Citation, Passage

_LEAD = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)]|[a-z][.)])\s+")
_UNCONFIRMED: Mapping[str, str] = {
    "en": "(not confirmed by the sources)",
    "de": "(von den Quellen nicht bestätigt)",
    "es": "(no confirmado por las fuentes)",
    "fr": "(non confirmé par les sources)",
}


def rendered(reviewed: ReviewedBlock, sources: Sequence[Source], language: str) -> tuple[str, list[Citation]]:
    """The block as it is shown and its citations, whose offsets count from its beginning; empty if nothing is left."""
    if not reviewed.shown:
        return "", []
    writer = _Writer(sources, language)
    if reviewed.block.kind == "code":
        (claim,) = reviewed.claims
        writer.add(claim.text, claim, claim.rests_on, "\n")
    elif reviewed.block.kind == "table":
        writer.text = reviewed.fixed
        for claim in reviewed.shown:
            writer.row(claim)
    else:
        _running(reviewed, writer)
    return writer.text, writer.citations


def best_quote(text: str, passage: Passage) -> tuple[int, int]:
    """Offsets of the passage's sentence or table row that shares most with `text`."""
    begin, end, _ = _best_quote(text, passage)
    return begin, end


class _Writer:
    def __init__(self, sources: Sequence[Source], language: str) -> None:
        self._sources, self._remark = sources, _UNCONFIRMED.get(language, _UNCONFIRMED["en"])
        self.text = ""
        self.citations: list[Citation] = []

    def add(self, text: str, claim: Claim, numbers: Sequence[int], space: str = " ") -> None:
        """Appends what rests on the numbered sources, with their markers behind it."""
        begin = len(self.text) + len(text) - len(text.lstrip())
        self.text += text + (f" {self._remark}" if claim.outcome == "marked" else "")
        self._cite(text, numbers, begin)
        if numbers:
            self.text += space + " ".join(f"[{n}]" for n in numbers)

    def row(self, claim: Claim) -> None:
        """Appends a table's row, its markers in the last cell."""
        row = claim.text.rstrip()
        inner = row.removesuffix("|").rstrip() if row.endswith("|") else row
        if self.text:
            self.text += "\n"
        self.add(inner, claim, claim.rests_on)
        self.text += " |" if row.endswith("|") else ""

    def _cite(self, text: str, numbers: Sequence[int], begin: int) -> None:
        for number in numbers:
            source = self._sources[number - 1]
            places = [(*_best_quote(text, p), p) for p in source.passages]
            # Something computed is shown with all that it rests on; itself last, as what the number stands for.
            cited = reversed(places) if source.is_computed else [max(places, key=lambda place: place[2])]
            for first, last, _, passage in cited:
                end = begin + len(text.strip())
                self.citations.append(cite(number, passage, (first, last), begin=begin, end=end))


def _running(reviewed: ReviewedBlock, writer: _Writer) -> None:
    """Sentences; those that follow each other and rest on the same share their markers."""
    lead = _LEAD.match(reviewed.block.text)
    first = True
    for numbers, group in groupby(reviewed.shown, key=lambda claim: claim.rests_on):
        claims = list(group)
        for place, claim in enumerate(claims):
            text = claim.text if first else (claim.before or " ") + claim.text
            if first and lead and not _LEAD.match(text):
                text = lead.group() + text
            first = False
            last = place == len(claims) - 1
            if numbers and not last:
                writer.text += text + (f" {writer._remark}" if claim.outcome == "marked" else "")
                continue
            writer.add(text, claim, numbers)


def _best_quote(text: str, passage: Passage) -> tuple[int, int, float]:
    wanted = set(content_words(text))
    spans = [s for s in split_sentences(passage.chunk.text) if s.kind not in {"header", "heading"}]
    if not spans:
        return 0, len(passage.chunk.text), 0.0

    def shared(number: int) -> float:
        there = set(content_words(" ".join(split_row(spans[number].text)) or spans[number].text))
        return len(wanted & there) / (len(there) + 5)

    best = max(range(len(spans)), key=shared)
    return spans[best].begin, spans[best].end, shared(best)
