"""What the rooms below give → the shapes of the interface."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from apps.language import App, Input
from apps.publish.versions import Available
from apps.run.inputs import shown
from apps.runner import RunResult, StepState
from assistant.events import Event, Sentence, Stage
from core.errors import QuestionError
from core.types import Answer, Citation, Passage
from service import models as m
from warehouse.ask import DataAnswer
from warehouse.query.values import values_of

_Item = TypeVar("_Item")
_JSON_TYPES: dict[str, dict[str, Any]] = {
    "number": {"type": "number"},
    "multi_choice": {"type": "array", "items": {"type": "string"}},
}
_FILE: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "content": {"type": "string", "contentEncoding": "base64"}},
    "required": ["name", "content"],
}


def page_of(items: Sequence[_Item], key: Callable[[_Item], str], cursor: str, limit: int) -> tuple[list[_Item], str]:
    """(The items after the cursor, the cursor of the rest). The cursor names the last item that was given out.

    Raises:
        QuestionError: the cursor isn't one, or its item is gone.
    """
    begin = 0
    if cursor:
        last = _opened(cursor)
        begin = next((n + 1 for n, item in enumerate(items) if key(item) == last), -1)
        if begin < 0:
            raise QuestionError(f"The list has changed, and there is no cursor {cursor[:40]!r} any more; begin again.")
    part = list(items[begin : begin + limit])
    more = begin + limit < len(items)
    return part, base64.urlsafe_b64encode(key(part[-1]).encode()).decode() if more and part else ""


def _opened(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor.encode("ascii")).decode()
    except ValueError as error:
        raise QuestionError(f"{cursor[:40]!r} is no cursor; take `next` of the part before.") from error


def citation(found: Citation) -> m.CitationOut:
    """A citation."""
    return m.CitationOut(
        marker=found.marker, document=found.document_id, title=found.title, url=found.url, quote=found.quote,
        begin=found.begin, end=found.end, page=found.page, locator=found.locator,
    )  # fmt: skip


def answer(given: Answer, conversation: str = "") -> m.AnswerOut:
    """An answer."""
    return m.AnswerOut(
        text=given.text, outcome=given.outcome, route=given.route, confidence=_finite(given.confidence) or 0.0,
        citations=[citation(c) for c in given.citations], notes=list(given.notes), choices=list(given.choices),
        offers=list(given.offers), understood=given.understood, unfinished=given.unfinished, trace=given.trace_id,
        run=given.run, conversation=conversation, form=given.query if given.route == "action" else "",
    )  # fmt: skip


def event(given: Event, conversation: str = "") -> tuple[str, m.StageOut | m.SentenceOut | m.AnswerOut]:
    """An event's name, and what it says."""
    if isinstance(given, Stage):
        return "stage", m.StageOut(name=given.name, detail=given.detail)
    if isinstance(given, Sentence):
        cited = [citation(c) for c in given.citations]
        return "sentence", m.SentenceOut(text=given.text, citations=cited, before=given.before)
    return "answer", answer(given, conversation)


def passage(found: Passage) -> m.PassageOut:
    """A passage with why it ranks where it does."""
    chunk, why = found.chunk, found.why
    boosts = [m.BoostOut(attribute=b.attribute, value=b.value, factor=b.factor) for b in why.boosts]
    return m.PassageOut(
        document=chunk.document_id, chunk=chunk.id, title=chunk.title, url=chunk.url, source=chunk.source,
        heading_path=list(chunk.heading_path), page=chunk.page, locator=chunk.locator, text=chunk.text,
        score=found.score, metadata=plain(chunk.metadata),
        why=m.WhyOut(
            text=why.text, vector=why.vector, fused=why.fused, words=why.words, boosts=boosts, rerank=why.rerank,
            final=why.final,
        ),
    )  # fmt: skip


def field(item: Input) -> m.FieldOut:
    """A field of a form."""
    return m.FieldOut(
        name=item.name, type=item.type, label=shown(item), help=item.help, choices=list(item.choices),
        required=item.required and item.default is None,
    )  # fmt: skip


def app(found: Available) -> m.AppOut:
    """An app with its form."""
    one = found.app
    return m.AppOut(
        name=one.name, title=one.title, description=one.description, version=one.version, owner=one.owner,
        verified=found.verified, labels=list(one.labels), fields=[field(i) for i in one.inputs], form=form_schema(one),
    )  # fmt: skip


def form_schema(one: App) -> dict[str, Any]:
    """The JSON Schema of the app's form."""
    needed = [i.name for i in one.inputs if i.required and i.default is None and not i.latest]
    properties = {i.name: _field_schema(i) for i in one.inputs}
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _field_schema(item: Input) -> dict[str, Any]:
    schema: dict[str, Any] = dict(_JSON_TYPES.get(item.type, {"type": "string"}))
    if item.type == "file":
        schema = dict(_FILE)
    elif item.type == "files":
        schema = {"type": "array", "items": _FILE}
    elif item.type == "documents":
        schema = {"type": "array", "items": {"type": "string"}}
    elif item.type == "date":
        schema["format"] = "date"
    elif item.type in ("text", "long_text"):
        schema["maxLength"] = item.max_chars
    if item.choices and item.type in ("choice", "language"):
        schema["enum"] = list(item.choices)
    elif item.choices:
        schema["items"] = {"type": "string", "enum": list(item.choices)}
    told = " ".join(filter(None, (shown(item) + ".", item.help)))
    return {**schema, "description": told, **({"default": plain(item.default)} if item.default is not None else {})}


def step(state: StepState) -> m.StepOut:
    """A step's state."""
    return m.StepOut(step=state.step, title=state.title, state=state.state, detail=state.detail, seconds=state.seconds)


def run(result: RunResult, identifier: str) -> m.RunOut:
    """What a run gave."""
    outputs = [
        m.OutputOut(
            name=o.name, kind=o.kind, title=o.title, text=o.text, value=plain(o.value),
            file=f"/api/v1/runs/{identifier}/files/{o.name}" if o.content else "",
        )
        for o in result.outputs
    ]  # fmt: skip
    evidence = [
        m.EvidenceOut(title=e.title, url=e.url, document=e.document_id, locator=e.locator, quote=e.quote)
        for e in result.evidence
    ]
    offers = [
        m.OfferOut(offer=number, to=o.to, title=o.title, fields=dict(o.fields))
        for number, o in enumerate(result.offers)
    ]
    return m.RunOut(
        offers=offers, id=identifier, app=result.app, version=result.version, status=result.status, outputs=outputs,
        evidence=evidence,
        notes=list(result.notes), error=result.error, seconds=result.seconds, asks=[field(i) for i in result.asks],
    )  # fmt: skip


def data(found: DataAnswer) -> m.DataOut:
    """Rows of the tables."""
    return m.DataOut(
        words=found.words, columns=list(found.columns), rows=[[plain(v) for v in row] for row in found.rows],
        more=found.more, query=plain(values_of(found.query)) if found.query is not None else None,
        chart=plain(found.spec) if found.spec is not None else None, tables=list(found.tables), at=found.at,
        problem=found.problem, choices=list(found.choices),
    )  # fmt: skip


def plain(value: Any) -> Any:
    """The value as JSON has it: times in ISO 8601, numbers that are none as null."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return _finite(value)
    return value if value is None or isinstance(value, str | int | bool) else json.loads(json.dumps(value, default=str))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
