"""What a run has: the files that were put in, the tools of its steps, and its limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel

from apps.customers import Customers, CustomerScope
from apps.language import App, Input
from core.errors import AppError
from core.settings import AnswerStyle
from core.types import Answer, Chunk, User
from retrieval.query.filters import Filter
from retrieval.query.search import Search, Searcher

if TYPE_CHECKING:
    from retrieval.models.embed import Embedder

# Documents that are looked for by their words, where all of them can't be listed.
_MOST_FOUND = 50
# A step's result or an input as expressions see it.
Values = Mapping[str, Any]


_WITHHELD = " left out, being about other customers or naming them."


WritingTask = Literal["write", "translate"]


class LimitReached(AppError):
    """The run is over one of its limits, which no `on_error` passes over."""


class Asked(Exception):
    """A step needs a person's answers before the run can go on; the text says what they are for."""

    def __init__(
        self,
        say: str,
        fields: tuple[Input, ...],
        within: timedelta | None = None,
        otherwise: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(say)
        self.fields, self.within, self.otherwise = fields, within, dict(otherwise or {})


class Model(Protocol):
    """A language model for the steps that write."""

    def write(self, system: str, text: str, task: WritingTask = "write") -> tuple[str, int]:
        """The whole reply, and the tokens that it and the question took.

        Raises:
            ModelError: there is none, or it was cut or filtered on the way.
        """
        ...

    def fill(self, system: str, text: str, schema: type[BaseModel]) -> tuple[BaseModel, int]:
        """The reply as a value of `schema`, asked for again once if it doesn't fit, and the tokens.

        Raises:
            ModelError: there is none, or neither reply fits.
        """
        ...


@dataclass(frozen=True)
class GivenSource:
    """What a model may write from, under its number among the run's evidence."""

    number: int
    title: str
    text: str


@dataclass(frozen=True)
class Reviewed:
    """What of a model's text its sources say, with their numbers, and what was left out of it."""

    text: str
    left_out: tuple[str, ...] = ()


# The last says for which customer the answer is; None for an answer that stays in the house.
Answering = Callable[[str, User, Filter | None, AnswerStyle, CustomerScope | None], Answer]
# (SQL with :names, parameters, most rows) → column names and rows. The connection can only read.
# (question in plain words, the person) → a warehouse.ask.DataAnswer: words, columns, rows, spec, tables, problem.
AskedData = Callable[[str, User], Any]
Query = Callable[[str, Mapping[str, Any], int], tuple[list[str], list[Sequence[Any]]]]
# (text, the texts that it may say) → what of it stands in none of them, in words.
Check = Callable[[str, Sequence[str]], list[str]]
# (text, what it may say, what was asked for) → what of it stands; the same check as of answers.
Review = Callable[[str, Sequence[GivenSource], str], Reviewed]


@dataclass(frozen=True)
class Tools:
    """What steps may use. What is None isn't set up, and the step that needs it says so.

    Attributes:
        embedder: Makes vectors of sentences, for steps that compare meanings.
        customers: Every customer there is, to be compared with and never shown.
        readable_customers: Those that a person may be told of, by name.
        redact: Takes the personal data out of a text that is shown, as the guardrails say.
        documents: The first chunk of every document that a person may read and that passes the filter.
        words: What this company calls the facts of its accounts, an `apps.accounts.Vocabulary`.
        app: The app of a name, for apps that call others.
        running: Held while a person's app runs. Raises AppError when too many do.
    """

    search: Searcher | None = None
    answer: Answering | None = None
    model: Model | None = None
    query: Query | None = None
    data: AskedData | None = None
    check: Check | None = None
    review: Review | None = None
    redact: Callable[[str], str] = str
    customers: Callable[[], Customers] | None = None
    readable_customers: Callable[[User], Sequence[str]] = lambda _: ()
    templates: Path | None = None
    embedder: Embedder | None = None
    documents: Callable[[User, Filter | None], Iterable[Chunk]] | None = None
    words: Callable[[], Any] | None = None
    app: Callable[[str], App] | None = None
    running: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext()


@dataclass(frozen=True)
class SourceQuote:
    """Where a part of the result comes from. `rows`: whether these are rows of tables, chosen by who ran the app."""

    title: str
    url: str = ""
    document_id: str = ""
    locator: str = ""
    quote: str = ""
    rows: bool = False


# (app, inputs, the caller's surroundings) → the RunResult; given by the runner, which stands above the steps.
RunApp = Callable[[App, Mapping[str, Any], "Context"], Any]


@dataclass
class Context:
    """One run's surroundings, as its steps see them.

    Attributes:
        deadline: `clock()` beyond which the run has used up its time.
        evidence: What steps have read, in order, without repetition.
        style: How the app wants its answers and drafts written.
        values: Inputs and earlier results, for steps that fill in templates themselves.
        tokens: What the model has taken so far; `max_tokens` is the limit.
        looked: What was looked for and where, in words, for the sentence that says that nothing was found.
        running: The app that runs; `calls` are those that called it, the first of all first.
        answers: What the person answered to the step that asked.
        late: Whether nobody did in time, and the answers are what the app says for that.
    """

    user: User
    tools: Tools = field(default_factory=Tools)
    today: date = field(default_factory=date.today)
    company: str = "Debrief"
    max_tokens: int = 20_000
    max_chars: int = 200_000
    deadline: float = float("inf")
    cancelled: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.monotonic
    values: Values = field(default_factory=dict)
    style: AnswerStyle = field(default_factory=AnswerStyle)
    tokens: int = 0
    evidence: list[SourceQuote] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    running: str = ""
    calls: tuple[str, ...] = ()
    run_app: RunApp | None = None
    answers: Mapping[str, Any] | None = None
    late: bool = False
    _discreet: dict[str, CustomerScope] = field(default_factory=dict)

    def cite(self, evidence: SourceQuote) -> int:
        """The number of this evidence in the run's list, from 1."""
        same = (evidence.document_id or evidence.title, evidence.locator)
        for number, known in enumerate(self.evidence, start=1):
            if (known.document_id or known.title, known.locator) == same:
                return number
        self.evidence.append(evidence)
        return len(self.evidence)

    def nothing(self, wanted: str) -> AppError:
        """That there is nothing to go on with: what was looked for, where, and what to do."""
        looked = f": looked for {'; '.join(dict.fromkeys(self.looked))}" if self.looked else ""
        return AppError(
            f"Nothing was found {wanted}{looked} among the documents that {self.user.email} may read; widen what is "
            "looked for, or add the documents."
        )

    def searcher(self) -> Searcher:
        """The search. Raises AppError when nothing has been synced."""
        if self.tools.search is None:
            raise AppError("This step searches the documents, and there is no index yet; run `debrief sync` first.")
        return self.tools.search

    def documents(self, filters: Filter | None, about: str = "") -> list[Chunk]:
        """A chunk of each document that the person may read and that passes the filter.

        `about`: words to find them by where they can't all be listed.
        """
        if self.tools.documents is not None:
            return list(self.tools.documents(self.user, filters))
        found = self.searcher().search(Search(about, self.user, _MOST_FOUND, filters))
        return list({p.chunk.document_id: p.chunk for p in found}.values())

    def discretion(self, customer: str) -> CustomerScope:
        """What a text that goes to `customer` may be made of; without a name, it may name no customer at all."""
        if customer not in self._discreet:
            known = self.tools.customers() if self.tools.customers is not None else Customers()
            self._discreet[customer] = known.discretion(customer)
        return self._discreet[customer]

    def tell_withheld(self) -> None:
        """One remark on everything that was left out for other customers' sake, in the place of an earlier one."""
        count = len(set().union(*(d.withheld for d in self._discreet.values())))
        self.notes[:] = [note for note in self.notes if not note.endswith(_WITHHELD)]
        if count:
            were = "passage, or a part of it, was" if count == 1 else "passages, or parts of them, were"
            self.notes.append(f"{count} {were}{_WITHHELD}")

    def spend(self, tokens: int) -> None:
        """Counts tokens. Raises AppError over the limit."""
        self.tokens += tokens
        if self.tokens > self.max_tokens:
            raise LimitReached(
                f"The run has used {self.tokens:,} tokens and its limit is {self.max_tokens:,}; "
                "shorten the input, or raise limits.tokens in the app."
            )
