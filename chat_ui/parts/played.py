"""Citations of recordings lead to their page, at the cited second."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from core.types import Answer
from ingestion.parse.recording.turns import seconds
from ingestion.recordings import KEY

PATH = "recording"


def address(document_id: str, seconds: int) -> str:
    """Where a recording is opened at a moment."""
    return f"{PATH}?{urlencode({'document': document_id, 't': seconds})}"


def played(answer: Answer) -> Answer:
    """The answer, whose citations of recordings open the player."""
    recordings = {p.chunk.document_id for p in answer.passages if p.chunk.metadata.get(KEY)}
    if not recordings:
        return answer
    return replace(
        answer,
        citations=tuple(
            replace(c, url=address(c.document_id, seconds(c.locator))) if c.document_id in recordings else c
            for c in answer.citations
        ),
    )
