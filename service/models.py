"""The shapes of the interface: what a client sends, and what it gets. Server, document and client share them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

Item = TypeVar("Item")
Route = Annotated[
    str,
    Field(
        pattern=r"^(search|research|data|app:[a-z][a-z0-9_]{0,39})$",
        description="Overrides the router: search, research, data, or app:NAME.",
    ),
]
Filters = Annotated[
    list[Annotated[str, Field(max_length=500)]],
    Field(
        max_length=20, description="Only documents with this, such as customer=Acme; written as on the command line."
    ),
]


class Sent(BaseModel):
    """What comes from a client: unknown names are errors."""

    model_config = ConfigDict(extra="forbid")


class File(Sent):
    """A file that goes with a question or into an app's form."""

    name: str = Field(min_length=1, max_length=200)
    content: Base64Bytes = Field(description="The bytes, base64.")


class Ask(Sent):
    """A question. With `conversation` it goes on there; with `keep` it begins one."""

    question: str = Field(min_length=1, max_length=100_000)
    conversation: str | None = Field(None, max_length=32)
    keep: bool = Field(False, description="Begin a conversation with it; its id comes with the answer.")
    route: Route | None = None
    filters: Filters = []
    inputs: dict[str, Any] = Field(default={}, description="Values for the app's form.")
    files: list[File] = Field(default=[], max_length=5)
    language: str = Field("", pattern=r"^([a-z]{2})?$", description="ISO 639-1; empty: as the question is.")


class CitationOut(BaseModel):
    """Where a statement of the answer stands. `begin` and `end` count characters of the answer's text."""

    marker: int
    document: str
    title: str
    url: str
    quote: str
    begin: int
    end: int
    page: int | None = None
    locator: str = ""


class AnswerOut(BaseModel):
    """An answer with what it rests on."""

    text: str
    outcome: Literal["answered", "partly", "no_evidence", "refused", "needs_input"]
    route: str
    confidence: float
    citations: list[CitationOut]
    notes: list[str] = []
    choices: list[str] = []
    offers: list[str] = []
    understood: str = Field("", description="The question as it was answered, where that isn't as it was asked.")
    unfinished: bool = False
    trace: str = Field("", description="Its id, for feedback.")
    run: str = Field("", description="The app's run that answered, if one did.")
    conversation: str = ""
    form: str = Field("", description="The form for another system that the question has ordered; /forms/{form}.")


class StageOut(BaseModel):
    """Progress."""

    name: str
    detail: str = ""


class SentenceOut(BaseModel):
    """A part of the answer that has passed its check. `before` is what stands between it and the part before."""

    text: str
    citations: list[CitationOut]
    before: str = ""


class Page(BaseModel, Generic[Item]):
    """A part of a list; with `next` as `cursor` comes the part after it."""

    items: list[Item]
    next: str = ""


class ConversationOut(BaseModel):
    """One conversation's place in the list."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    turns: int


class TurnOut(BaseModel):
    """A question and its answer, as it may be shown today."""

    question: str
    asked_at: datetime
    answer: AnswerOut


class ConversationWhole(BaseModel):
    """A conversation with its turns."""

    id: str
    turns: list[TurnOut]


class Title(Sent):
    """A conversation's title."""

    title: str = Field("New conversation", min_length=1, max_length=200)


class Search(Sent):
    """What to look for."""

    question: str = Field(min_length=1, max_length=10_000)
    limit: int = Field(10, ge=1, le=100)
    filters: Filters = []
    weights: dict[str, Any] = Field(
        default={}, description="Override the weights, such as {document_type: {policy: high}}."
    )
    context: dict[str, str] = Field(default={}, description="What the conversation is about, such as {customer: Acme}.")


class BoostOut(BaseModel):
    """A metadata weight that applied."""

    attribute: str
    value: str
    factor: float


class WhyOut(BaseModel):
    """Why a passage ranks where it does; null where a stage didn't find or read it."""

    text: float | None
    vector: float | None
    fused: float
    words: float | None
    boosts: list[BoostOut]
    rerank: float | None
    final: float


class PassageOut(BaseModel):
    """A passage that was found."""

    document: str
    chunk: str
    title: str
    url: str
    source: str
    heading_path: list[str]
    page: int | None
    locator: str
    text: str
    score: float
    why: WhyOut
    metadata: dict[str, Any]


class Found(BaseModel):
    """The passages, best first."""

    passages: list[PassageOut]


class DocumentOut(BaseModel):
    """A document that the person may read."""

    id: str
    source: str
    title: str
    url: str
    changed_at: datetime | None = None


class DocumentText(BaseModel):
    """A document's text as it is indexed."""

    id: str
    title: str
    url: str
    text: str


class AccessOut(BaseModel):
    """Whether a person may read a document, and through what."""

    document: str
    person: str
    readable: bool
    reason: str
    outcome: str = Field(description="What became of the document; only indexed ones are found.")


class Person(BaseModel):
    """Who calls, with which groups, and what the key or token may do."""

    email: str
    name: str
    groups: list[str]
    scopes: list[str]
    means: str


class FieldOut(BaseModel):
    """One field of an app's form."""

    name: str
    type: str
    label: str
    help: str
    required: bool
    choices: list[str] = []


class AppOut(BaseModel):
    """An app that the person may use. `form` is the JSON Schema of its inputs."""

    name: str
    title: str
    description: str
    version: str
    owner: str
    verified: bool
    labels: list[str]
    fields: list[FieldOut]
    form: dict[str, Any]


class RunIn(Sent):
    """The values of an app's form; a file is {name, content}."""

    inputs: dict[str, Any] = {}


class StepOut(BaseModel):
    """Where one step of a run is."""

    step: str
    title: str
    state: str
    detail: str = ""
    seconds: float = 0.0


class OutputOut(BaseModel):
    """One thing that a run gave. `file` is the address of its bytes, if it has some."""

    name: str
    kind: str
    title: str
    text: str
    value: Any = None
    file: str = ""


class EvidenceOut(BaseModel):
    """What a run has read."""

    title: str
    url: str
    document: str
    locator: str
    quote: str


class OfferOut(BaseModel):
    """A form for another system that a run can fill in: POST /forms with the run and this number."""

    offer: int
    to: str
    title: str
    fields: dict[str, str]


class RunOut(BaseModel):
    """What a run gave; one that waits says in `asks` what it needs to go on."""

    id: str
    app: str
    version: str
    status: str
    outputs: list[OutputOut]
    evidence: list[EvidenceOut]
    notes: list[str]
    error: str = ""
    seconds: float
    asks: list[FieldOut] = []
    offers: list[OfferOut] = []


class PastRunOut(BaseModel):
    """A run in the person's list."""

    id: str
    app: str
    version: str
    started_at: datetime
    status: str
    subject: str
    rating: int | None


class DataIn(Sent):
    """A question over the company's tables; `query` is the one of the last answer, which a follow-up changes."""

    question: str = Field(min_length=1, max_length=2_000)
    query: dict[str, Any] | None = None


class DataOut(BaseModel):
    """Rows, with the query in words that gave them. `problem` says why there are none."""

    words: str
    columns: list[str]
    rows: list[list[Any]]
    more: bool
    query: dict[str, Any] | None
    chart: dict[str, Any] | None
    tables: list[str]
    at: datetime
    problem: str
    choices: list[str]


class Nothing(BaseModel):
    """An answer without a body."""


class FeedbackIn(Sent):
    """What the person thinks of an answer."""

    rating: Literal["up", "down"]
    reasons: list[str] = Field(default=[], max_length=13)
    comment: str = Field("", max_length=1_000)


class RatingIn(Sent):
    """Whether a run was useful."""

    useful: bool
