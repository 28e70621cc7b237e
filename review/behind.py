"""Which documents are behind an answer's words, so that each reviewer's right to read them can be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from apps.kept.runs import results
from assistant.data import DATA
from assistant.question import ATTACHED, COMPUTED
from assistant.records.conversations import turns
from core.database import Engine

# What a person attached, and what was calculated for them: nobody else's right to it can be asked for.
_OWN = (f"{ATTACHED}:", f"{COMPUTED}:")


def documents_behind(engine: Engine, trace_id: str, trace: Mapping[str, Any]) -> frozenset[str] | None:
    """The documents' ids; None where the words rest on anything else: rows chosen by who asked, an attached file, or
    nothing that is named."""
    cited = [str(citation["document_id"]) for citation in trace["citations"]]
    evidence = _evidence(engine, trace_id, trace) if str(trace["route"]).startswith("app:") else ()
    if trace["route"] == DATA or evidence is None or not all(cited) or any(place.get("rows") for place in evidence):
        return None
    named = {*cited, *trace.get("given", ()), *(str(place["document_id"]) for place in evidence)}
    named |= {str(passage["document_id"]) for passage in trace["passages"]}
    if not all(named) or any(document.startswith(_OWN) for document in named):
        return None
    return frozenset(named) or None


def _evidence(engine: Engine, trace_id: str, trace: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    """What the run of an app's answer rests on; None where that is no longer kept, or never was."""
    query = sa.select(turns.c.answer).where(turns.c.conversation_id == trace["conversation_id"])
    with engine.connect() as connection:
        answers = [row.answer for row in connection.execute(query)]
        run = next((answer.get("run") for answer in answers if answer.get("trace_id") == trace_id), None)
        return connection.scalar(sa.select(results.c.evidence).where(results.c.run == run)) if run else None
