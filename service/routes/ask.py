"""Questions: the answer in one piece, or as server-sent events; and what people think of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Header, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from assistant.events import Event
from assistant.question import Question
from assistant.records import Traces
from core.errors import DebriefError
from core.types import Answer, User
from retrieval.query.filters import parse_filter
from service import models as m
from service import shapes, streams
from service.parts import Parts
from service.problems import NotFound, responses
from service.routes.common import EVENTS, Asking, IdempotencyKey, With, router

routes = router("ask")
_EVENTS_TOLD = (
    "With `Accept: text/event-stream` the answer comes as it is made: events `stage` (StageOut), `sentence` "
    "(SentenceOut: checked, with its citations) and last `answer` (AnswerOut), or `problem`."
)


@routes.post(
    "/ask",
    response_model=m.AnswerOut,
    description=_EVENTS_TOLD,
    responses={200: {"content": EVENTS}, **responses(404, 409)},
)
async def ask(
    body: m.Ask,
    caller: Asking,
    parts: With,
    accept: Annotated[str, Header(max_length=1_000)] = "application/json",
    idempotency_key: IdempotencyKey = "",
) -> Any:
    """Answers a question from what the person may read, or by the app that fits it."""
    question = await run_in_threadpool(question_of, body, caller.user, parts)
    conversation = question.conversation_id or ""
    try:
        asked = await run_in_threadpool(parts.assistant().ask, question)
    except DebriefError:
        if conversation != (body.conversation or ""):
            await run_in_threadpool(parts.conversations().delete, conversation, caller.user)
        raise
    if "text/event-stream" not in accept:
        return await run_in_threadpool(_answer, asked, conversation)
    pieces = streams.Pieces(_as_events(asked, conversation))
    try:
        first = await pieces.next()  # what is refused is refused with its status
    except BaseException:
        pieces.close()
        raise
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(streams.as_events(pieces, first), headers=headers, media_type="text/event-stream")


@routes.put("/answers/{trace}/feedback", status_code=204, responses=responses(404))
def feedback(
    trace: str, body: m.FeedbackIn, caller: Asking, parts: With, idempotency_key: IdempotencyKey = ""
) -> Response:
    """Keeps what the person thinks of an answer of theirs; a second time replaces the first."""
    traces = Traces(parts.engine)
    known = traces.find(trace)
    if known is None or known["user"] != caller.user.email.lower():
        raise NotFound(f"You have no answer {trace[:40]!r}; `trace` of an answer is its id.")
    traces.rate(trace, caller.user, body.rating, body.reasons, body.comment)
    return Response(status_code=204)


def question_of(body: m.Ask, user: User, parts: Parts) -> Question:
    """The question as the assistant takes it. Raises NotFound: the conversation isn't this person's."""
    conversation = body.conversation
    if conversation and parts.conversations().last_change(conversation, user) is None:
        raise NotFound(f"You have no conversation {conversation!r}; leave it out, or begin one with keep.")
    filters = parse_filter(body.filters or None)
    attached = tuple(parts.attachment(file.content, file.name) for file in body.files)
    if body.keep and not conversation:
        conversation = parts.conversations().start(user)
    return Question(
        body.question,
        user,
        conversation_id=conversation or None,
        filters=filters,
        route=body.route,
        attachments=attached,
        inputs=body.inputs,
        language=body.language,
    )


def _answer(asked: Iterator[Event], conversation: str) -> m.AnswerOut:
    last = list(asked)[-1]
    assert isinstance(last, Answer)
    return shapes.answer(last, conversation)


def _as_events(asked: Iterator[Event], conversation: str) -> Iterator[bytes]:
    try:
        for event in asked:
            yield streams.event(*shapes.event(event, conversation))
    finally:
        if close := getattr(asked, "close", None):
            close()
