"""`answer`: a question answered from the documents, with citations; the same path as the chat."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from apps.run import Context, SourceQuote
from apps.steps.kind import Addressed, StepKind
from core.errors import AppError
from core.text.detect import detect_language
from retrieval.query.filters import all_of, parse_filter

_MARKER = re.compile(r"\[(\d+)\]")
# Half of the confidence that an answer needs (docs/decisions/abstention.md).
_NEAR = 0.36


class AnswerQuestion(Addressed):
    """Attributes: question; filter: as in search (`document_type=policy`)."""

    question: str = Field(min_length=1, max_length=8_000)
    filter: str | dict[str, Any] = ""


def answer(given: AnswerQuestion, context: Context) -> dict[str, Any]:
    """The answer and what it cites, numbered as the run's evidence; `found` is False when the documents hold none.

    `statements` has each cited statement by itself. Where nothing is found it has what comes nearest, if that is near
    enough to be worth a look.
    """
    if context.tools.answer is None:
        raise AppError("This step answers from the documents, and there is no index yet; run `debrief sync` first.")
    filters = all_of(parse_filter(given.filter) if given.filter else None, given.opened(context))
    found = context.tools.answer(given.question, context.user, filters, context.style, given.discretion(context))
    context.tell_withheld()
    citations = []
    for citation in found.citations:
        number = context.cite(
            SourceQuote(citation.title, citation.url, citation.document_id, citation.locator, citation.quote)
        )
        citations.append(
            {
                "marker": citation.marker,
                "number": number,
                "title": citation.title,
                "url": citation.url,
                "document_id": citation.document_id,
                "locator": citation.locator,
                "quote": citation.quote,
            }
        )
    statements = [
        {"text": _MARKER.sub("", found.text[c.begin : c.end]).strip(), "number": made["number"], "title": c.title}
        for c, made in zip(found.citations, citations, strict=True)
    ]
    if found.outcome == "partly":
        # A draft is written from what answers; of mere findings only the nearest may be worth a look.
        statements = statements[:1] if found.confidence >= _NEAR else []
    if given.for_customer and statements and found.outcome != "answered":
        context.notes.append(
            f"The documents don't clearly answer “{given.question}”; what comes nearest is used: check that it fits."
        )
    numbers = {str(c["marker"]): c["number"] for c in citations}
    return {
        "question": given.question,
        "language": detect_language(given.question),
        # Drafts put this beside passages of other steps, so its markers must count with theirs.
        "text": _MARKER.sub(lambda m: f"[{numbers.get(m.group(1), m.group(1))}]", found.text),
        "found": found.outcome == "answered",
        "outcome": found.outcome,
        "confidence": round(found.confidence, 3),
        "citations": citations,
        "statements": statements,
        "nearest": [{"title": p.chunk.title, "url": p.chunk.url} for p in found.nearest],
    }


KIND = StepKind(
    "answer",
    "Answers a question from the documents, with citations.",
    AnswerQuestion,
    ("question", "language", "text", "found", "outcome", "confidence", "citations", "statements", "nearest"),
    answer,
)
