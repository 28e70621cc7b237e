"""What of an answer somebody else than its asker may see: its passages by their own rights, and what rests on them.

An answer that quotes shows each statement whose documents the reader may read. What a model or an app has written may
hold words of anything that it was given, so it is shown whole or not at all; what was calculated from tables isn't
shown, since their rows are chosen by who asks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.question import ATTACHED, RECORDS, SEARCH
from assistant.records.conversations import StoredTurn
from assistant.records.still_readable import documents_of
from core.types import Answer, Citation

WITHHELD = (
    "This answer isn't shown to you: it rests on documents that you may not read. Ask the question yourself to have it "
    "answered from what you may read."
)
OF_TABLES = (
    "This answer isn't shown to you: it was calculated from tables, whose rows are chosen by who asks. Ask the "
    "question yourself to have your own."
)
YOURS = "Calculated from tables, whose rows are chosen by who asks: these are the ones that you may see, as of now."
ASKED_BACK = "Something was asked back here, with what the asker could choose from."
# The routes of answers that were calculated from tables, and of greetings.
_TABLES, _TALK = "data", "talk"
# A statement and the markers behind it.
_STATEMENT = re.compile(r"[^\n]*?(?:\[\d+\][ \t]*)+|[^\n]+|\n+")
_MARKER = re.compile(r"\[(\d+)\]")
# The rows of a table stand and fall together.
_TABLE = re.compile(r"(?:^[ \t]*\|[^\n]*(?:\n|$))+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SharedTurn:
    """A turn as a reader may see it.

    Attributes:
        hidden: How many passages aren't shown to them.
        run: The app's run whose tables, charts and files they may see, too; empty for none.
        query: The query of an answer from tables, to be asked with the reader's own rights; empty for none.
        withheld: Whether they see nothing of the answer.
    """

    turn: StoredTurn
    hidden: int = 0
    run: str = ""
    query: str = ""
    withheld: bool = False


def named_documents(
    answer: Answer, trace: Mapping[str, Any] | None, evidence: Sequence[Mapping[str, Any]]
) -> frozenset[str]:
    """The ids of all documents of the index that the answer's words may come from."""
    found = documents_of(answer) | {str(place["document_id"]) for place in evidence}
    if trace is not None:
        found |= {str(passage["document_id"]) for passage in trace["passages"]} | set(trace.get("given", ()))
    return frozenset(document for document in found if document and not document.startswith(f"{ATTACHED}:"))


def shared_turn(
    turn: StoredTurn,
    trace: Mapping[str, Any] | None,
    evidence: Sequence[Mapping[str, Any]],
    readable: Collection[str],
    *,
    granted: bool = False,
) -> SharedTurn:
    """The turn with as much of its answer as the reader may see.

    Args:
        trace: The record of how the answer was made; None when it is no longer kept.
        evidence: What the app's run rests on, if an app answered.
        readable: Those of `named_documents` that the reader may read.
        granted: Whether the asker has granted the reader this answer: then also what a model or an app has written is
            shown by its statements, each by its passages.
    """
    # Rating, the trace and the run's files are the asker's own.
    answer = replace(turn.answer, trace_id="", run="", choices=(), offers=(), unfinished=False)
    passages, nearest = (
        tuple(p for p in found if p.chunk.source == ATTACHED or p.chunk.document_id in readable)
        for found in (answer.passages, answer.nearest)
    )
    kept = replace(answer, passages=passages, nearest=nearest)
    told = OF_TABLES if any(place.get("rows") for place in evidence) else _told_instead(answer)
    closed = named_documents(turn.answer, trace, evidence) - set(readable)
    cited_closed = [c for c in answer.citations if c.document_id in closed]
    if told is not None:
        return SharedTurn(_with_words(turn, kept, told), query=answer.query if answer.route == _TABLES else "")
    if not closed:
        return SharedTurn(replace(turn, standalone=turn.question, answer=kept), run=turn.answer.run)
    quotes = trace is not None and trace["route"] == SEARCH and not trace["models"] and bool(answer.citations)
    quotes = quotes or (granted and bool(answer.citations))
    text = _statements(answer.text, answer.citations, closed) if quotes else ""
    citations = tuple(c for c in answer.citations if c.document_id not in closed) if text else ()
    hidden = len(cited_closed) if quotes else len(closed)
    return SharedTurn(_with_words(turn, kept, text or WITHHELD, _placed(citations)), hidden, withheld=not text)


def _told_instead(answer: Answer) -> str | None:
    """What a reader is told in the place of words that rest on rights of the asker's and name no document."""
    if answer.query or answer.route == _TABLES:
        return OF_TABLES
    if answer.route == _TALK:
        # A greeting; below it stand titles of documents.
        return answer.text.partition("\n")[0]
    if answer.outcome == "needs_input":
        return ASKED_BACK
    return WITHHELD if answer.route == RECORDS and not answer.citations else None


def _with_words(turn: StoredTurn, answer: Answer, text: str, citations: tuple[Citation, ...] = ()) -> StoredTurn:
    # Notes may name documents and people that the reader mayn't know of.
    bare = replace(answer, text=text, citations=citations, query="", notes=(), understood="")
    return replace(turn, standalone=turn.question, answer=bare)


def _statements(text: str, citations: Sequence[Citation], closed: Collection[str]) -> str:
    """The statements all of whose citations may be read; what cites nothing may lead in what is closed, and goes."""
    kept = []
    for begin, end in _pieces(text):
        piece = text[begin:end]
        if not piece.strip():
            kept.append(piece)
            continue
        own = _cited(piece, begin, end, citations)
        if own and not any(c.document_id in closed for c in own):
            kept.append(piece)
    return re.sub(r"\n{3,}", "\n\n", "".join(kept)).strip()


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where each table and each statement outside of one stands."""
    at = 0
    for table in _TABLE.finditer(text):
        yield from _found(text, at, table.start())
        yield table.span()
        at = table.end()
    yield from _found(text, at, len(text))


def _found(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _STATEMENT.finditer(text, begin, end))


def _cited(piece: str, begin: int, end: int, citations: Sequence[Citation]) -> list[Citation]:
    """The citations of a piece: by their numbers; by their places too, where the numbers don't stand in the text."""
    numbers = {int(number) for number in _MARKER.findall(piece)}
    return [c for c in citations if c.marker in numbers or (c.begin < end and c.end > begin)]


def _placed(citations: tuple[Citation, ...]) -> tuple[Citation, ...]:
    """Their places counted in the whole answer's text; the numbers in it say where they belong."""
    return tuple(replace(c, begin=0, end=0) for c in citations)
