"""The shapes of Amazon Q Business at /q, so that integrations written for it move over: ChatSync and what goes with it.

    boto3.client("qbusiness", endpoint_url="https://debrief.example.com/q", region_name="eu-central-1",
                 aws_access_key_id="-", aws_secret_access_key="-", aws_session_token=KEY_OR_TOKEN)

Who calls is told by the session token: an API key, or a token of the identity provider. What AWS's client signs with
isn't looked at. `userId`, where it is sent, must be the caller, or with a service key is the person it is for.
"""

from __future__ import annotations

import base64
import re
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict

from assistant.question import Question
from assistant.records import Rating, StoredTurn, Traces
from assistant.write_back import ACTION
from core.errors import DebriefError, QuestionError
from core.types import Answer, Citation, Passage
from ingestion.documents import readable_ids
from ingestion.state import SyncState
from retrieval.query.search import Search
from service import amazon_actions, shapes
from service.amazon_filters import filter_of
from service.caller import Caller, Callers
from service.parts import Parts
from service.problems import NotFound, invalid, problem_of
from service.routes.common import of_admin
from service.routes.common import parts as the_parts

_ERRORS = {
    400: "ValidationException", 401: "AccessDeniedException", 403: "AccessDeniedException",
    404: "ResourceNotFoundException", 409: "ConflictException", 413: "ValidationException",
    422: "ValidationException", 429: "ThrottlingException",
}  # fmt: skip
_REASONS = {
    "NOT_FACTUALLY_CORRECT": "wrong", "HARMFUL_OR_UNSAFE": "unsafe", "INCORRECT_OR_MISSING_SOURCES": "wrong source",
    "FACTUALLY_CORRECT": "accurate", "COMPLETE": "complete", "RELEVANT_SOURCES": "well sourced", "HELPFUL": "helpful",
    "NOT_COMPLETE": "incomplete", "NOT_CONCISE": "too long", "NOT_BASED_ON_DOCUMENTS": "wrong source",
}  # fmt: skip
_MOST = 10_000


class Amazon(BaseModel):
    """What their client sends; more than we know of is left aside, as AWS adds to it."""

    model_config = ConfigDict(extra="ignore")


class AttachmentIn(Amazon):
    """A file beside a message; what a `copyFrom` names isn't kept here."""

    name: str = ""
    data: str = ""


class FieldIn(Amazon):
    """One field of a form as the person confirms it."""

    value: Any = ""


class ActionIn(Amazon):
    """The form that the person has read and confirms, as an `actionReview` showed it."""

    pluginId: str = ""
    payload: dict[str, FieldIn] = {}


class ChatSyncIn(Amazon):
    """ChatSync."""

    userMessage: str = ""
    conversationId: str = ""
    parentMessageId: str = ""
    attachments: list[AttachmentIn] = []
    attributeFilter: dict[str, Any] = {}
    chatMode: str = "RETRIEVAL_MODE"
    actionExecution: ActionIn | None = None


class RelevantIn(Amazon):
    """SearchRelevantContent."""

    queryText: str = ""
    attributeFilter: dict[str, Any] = {}
    maxResults: int = 10


class UsefulnessIn(Amazon):
    """How useful a message was."""

    usefulness: str = ""
    reason: str = ""
    comment: str = ""


class FeedbackIn(Amazon):
    """PutFeedback."""

    messageUsefulness: UsefulnessIn = UsefulnessIn()


class AsAmazon(APIRoute):
    """A route whose errors are told as AWS's client reads them."""

    def get_route_handler(self) -> Any:
        """The handler."""
        answered = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                response: Response = await answered(request)
                return response
            except (DebriefError, RequestValidationError) as error:
                problem = invalid(error) if isinstance(error, RequestValidationError) else problem_of(error)
                kind = _ERRORS.get(problem.status, "InternalServerException")
                status = {422: 400, 413: 400, 401: 403}.get(problem.status, problem.status)
                told = {"message": problem.detail, "reason": "OTHER", "resourceId": "", "resourceType": ""}
                return JSONResponse(told, status, {"x-amzn-ErrorType": kind})

        return handler


routes = APIRouter(prefix="/q", route_class=AsAmazon, include_in_schema=False)


def _caller(request: Request, user_id: Annotated[str, Query(alias="userId")] = "") -> Caller:
    callers: Callers = request.app.state.callers
    if user_id and "x-debrief-on-behalf-of" not in request.headers:
        named = [*request.scope["headers"], (b"x-debrief-on-behalf-of", user_id.encode("latin-1", "replace"))]
        request = Request({**request.scope, "headers": named})
    known = callers.of(request)
    known.needs("ask")
    return known


By = Annotated[Caller, Depends(_caller)]
With = Annotated[Parts, Depends(the_parts)]


@routes.get("/applications")
def list_applications(caller: By, parts: With) -> dict[str, Any]:
    """The one application that there is."""
    return {"applications": [_application(parts)]}


@routes.get("/applications/{application}")
def get_application(application: str, caller: By, parts: With) -> dict[str, Any]:
    """The one application."""
    return _application(parts)


@routes.post("/applications/{application}/conversations")
def chat_sync(application: str, body: ChatSyncIn, caller: By, parts: With) -> dict[str, Any]:
    """An answer with its source attributions; it is kept in the person's conversation."""
    if body.actionExecution is not None:
        return _executed(body, body.actionExecution, caller, parts)
    if body.chatMode != "RETRIEVAL_MODE":
        raise QuestionError(f"The chat mode {body.chatMode[:40]} isn't there; use RETRIEVAL_MODE.")
    conversation = _conversation(body.conversationId, caller, parts)
    files = (parts.attachment(_bytes(a.data), a.name) for a in body.attachments[:5])
    attached, filters = tuple(files), filter_of(body.attributeFilter)
    conversation = conversation or parts.conversations().start(caller.user)
    question = Question(body.userMessage, caller.user, conversation, filters=filters, attachments=attached)
    answer = parts.assistant().answer(question)
    form = answer.query if answer.route == ACTION and "actions" in caller.scopes else ""
    review = {"actionReview": amazon_actions.review(form, caller.user, parts)} if form else {}
    return {**_said(conversation, answer, caller, parts), **review}


@routes.get("/applications/{application}/conversations")
def list_conversations(
    application: str,
    caller: By,
    parts: With,
    next_token: Annotated[str, Query(alias="nextToken")] = "",
    most: Annotated[int, Query(alias="maxResults", ge=1, le=100)] = 50,
) -> dict[str, Any]:
    """The person's conversations."""
    part, more = shapes.page_of(parts.conversations().of(caller.user, _MOST), lambda c: c.id, next_token, most)
    shown = [
        {"conversationId": str(uuid.UUID(c.id)), "title": c.title, "startTime": c.created_at.timestamp()} for c in part
    ]
    return {"conversations": shown, **({"nextToken": more} if more else {})}


@routes.get("/applications/{application}/conversations/{conversation}")
def list_messages(application: str, conversation: str, caller: By, parts: With) -> dict[str, Any]:
    """The conversation's messages, each answer as it may be shown today."""
    found = parts.conversations().turns(_conversation(conversation, caller, parts), caller.user)
    return {"messages": [message for number, turn in enumerate(found) for message in _messages(number, turn)]}


@routes.delete("/applications/{application}/conversations/{conversation}")
def delete_conversation(application: str, conversation: str, caller: By, parts: With) -> dict[str, Any]:
    """Forgets the conversation."""
    parts.conversations().delete(_conversation(conversation, caller, parts), caller.user)
    return {}


@routes.post("/applications/{application}/conversations/{conversation}/messages/{message}/feedback")
def put_feedback(
    application: str, conversation: str, message: str, body: FeedbackIn, caller: By, parts: With
) -> dict[str, Any]:
    """Keeps what the person thinks of an answer."""
    given = body.messageUsefulness
    rating: Rating = "up" if given.usefulness == "USEFUL" else "down"
    reason = _REASONS.get(given.reason)
    trace = message.rpartition("-")[2]
    Traces(parts.engine).rate(trace, caller.user, rating, [reason] if reason else [], given.comment)
    return {}


@routes.post("/applications/{application}/relevant-content")
def search_relevant_content(application: str, body: RelevantIn, caller: By, parts: With) -> dict[str, Any]:
    """The passages, best first."""
    caller.needs("search")
    wanted = Search(body.queryText, caller.user, max(1, min(body.maxResults, 100)), filter_of(body.attributeFilter))
    return {"relevantContent": [_relevant(passage) for passage in parts.retriever().search(wanted)]}


@routes.get("/applications/{application}/index/{index}/users/{user}/documents/{document:path}/check-document-access")
def check_document_access(
    application: str, index: str, user: str, document: str, caller: By, parts: With, request: Request
) -> dict[str, Any]:
    """Whether somebody may read a document; for administrators."""
    caller.needs("operate")
    of_admin(caller, parts)
    callers: Callers = request.app.state.callers
    person = callers.person(user)
    if document not in SyncState(parts.engine).known([document]):
        raise NotFound(f"There is no document {document[:80]!r}; its id is as citations have it.")
    may = document in readable_ids(parts.engine, [document], person)
    groups = [{"name": group, "type": "DATASOURCE"} for group in person.groups]
    return {"hasAccess": may, "userGroups": groups, "userAliases": [{"id": alias} for alias in person.aliases]}


def _executed(body: ChatSyncIn, confirmed: ActionIn, caller: Caller, parts: Parts) -> dict[str, Any]:
    """The form sent with the values that the person confirms, which needs the scope for it; kept as a turn."""
    caller.needs("confirm")
    conversation = _conversation(body.conversationId, caller, parts)
    values = {name: field.value for name, field in confirmed.payload.items()}
    title, answer = amazon_actions.confirmed(confirmed.pluginId, values, caller.user, parts)
    conversation = conversation or parts.conversations().start(caller.user)
    asked = body.userMessage or f"Confirmed: {title}"
    parts.conversations().append(conversation, caller.user, asked, asked, answer)
    return _said(conversation, answer, caller, parts)


def _said(conversation: str, answer: Answer, caller: Caller, parts: Parts) -> dict[str, Any]:
    number = len(parts.conversations().turns(conversation, caller.user)) - 1
    return {
        "conversationId": str(uuid.UUID(conversation)),
        "systemMessage": answer.text,
        "systemMessageId": _message_id(answer.trace_id, number),
        "userMessageId": _message_id("", number),
        "sourceAttributions": attributions(answer),
        "failedAttachments": [],
    }


def attributions(answer: Answer) -> list[dict[str, Any]]:
    """What the answer rests on, a document and citation each with the places of the text that it supports."""
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for one in answer.citations:
        source = found.setdefault(
            (one.marker, one.document_id),
            {"title": one.title, "snippet": one.quote, "url": one.url, "citationNumber": one.marker},
        )
        source.setdefault("textMessageSegments", []).append(_segment(one))
        source.setdefault("documentId", one.document_id)
    return list(found.values())


def _bytes(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise QuestionError("An attachment's `data` isn't base64; send the file's bytes as such.") from error


def _segment(one: Citation) -> dict[str, Any]:
    return {"beginOffset": one.begin, "endOffset": one.end, "snippetExcerpt": {"text": one.quote}}


def _relevant(found: Passage) -> dict[str, Any]:
    chunk = found.chunk
    level = "VERY_HIGH" if found.score >= 0.8 else "HIGH" if found.score >= 0.6 else "MEDIUM"
    return {
        "content": chunk.text, "documentId": chunk.document_id, "documentTitle": chunk.title, "documentUri": chunk.url,
        "documentAttributes": [
            {"name": name, "value": {"stringValue": str(value)}} for name, value in chunk.metadata.items()
        ],
        "scoreAttributes": {"scoreConfidence": level},
    }  # fmt: skip


def _messages(number: int, turn: StoredTurn) -> list[dict[str, Any]]:
    when = turn.asked_at.timestamp()
    return [
        {"messageId": _message_id("", number), "body": turn.question, "time": when, "type": "HUMAN"},
        {
            "messageId": _message_id(turn.answer.trace_id, number), "body": turn.answer.text, "time": when,
            "type": "AI", "sourceAttribution": attributions(turn.answer),
        },
    ]  # fmt: skip


def _message_id(trace: str, number: int) -> str:
    """Theirs have 36 characters; an answer's ends in its trace."""
    kind = "a" if trace else "b"
    return f"{kind}0000000-0000-0000-{number % 0x10000:04x}-{trace or '0':0>12}"


def _conversation(given: str, caller: Caller, parts: Parts) -> str:
    """The id as ours; empty for none. Raises NotFound: it isn't this person's."""
    if not given:
        return ""
    identifier = given.replace("-", "")
    if parts.conversations().last_change(identifier, caller.user) is None:
        raise NotFound(f"You have no conversation {given[:40]!r}; leave it out to begin one.")
    return identifier


def _application(parts: Parts) -> dict[str, Any]:
    company = parts.settings.company
    identifier = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"debrief.{company}"))
    # Their names have letters, digits and these two signs.
    name = re.sub(r"[^a-zA-Z0-9_-]+", "-", f"Debrief of {company}").rstrip("-")
    return {"applicationId": identifier, "displayName": name, "status": "ACTIVE"}
