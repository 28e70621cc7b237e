"""A small set of documents behind the real assistant, and the pages over it, without an index or a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from assistant.ask import Event, Sentence, Stage
from assistant.question import Question
from assistant.records.conversations import Conversations
from assistant.records.trace import Trace, Traces
from core.database import open_database
from core.errors import QuestionError
from core.settings import load_settings
from core.signin import Connection
from core.types import Answer, Chunk, Citation, Passage, User
from retrieval.query.search import Search

APP = Path(__file__).parents[2] / "chat_ui" / "app.py"

SETTINGS = """\
company: Northgate Services
data_dir: {data}
auth:
  mode: development
  development_user: ana@northgate.example
  users_file: users.yaml
"""
USERS = """\
users:
  - {email: ana@northgate.example, name: Ana Keller}
  - {email: ben@northgate.example, name: Ben Ito}
groups:
  emea: {members: ["user:ana@northgate.example"]}
"""


class QuotingAssistant:
    """Quotes the sentences that share most words with the question, of the chunks that the user may read."""

    def __init__(self, chunks: list[Chunk]) -> None:
        self.chunks = chunks
        self.asked: list[Question] = []
        self.router = self

    def ask(self, question: Question) -> Iterator[Event]:
        if not question.text.strip():
            raise QuestionError("The question is empty; write what you want to know.")
        self.asked.append(question)
        return self._kept(question, self._events(_words(question.text), question.user))

    def _kept(self, question: Question, events: Iterator[Event]) -> Iterator[Event]:
        """The events; the answer is stored under a trace and in the conversation, as the real one does."""
        user, conversation_id = question.user, question.conversation_id or ""
        trace = Trace(question.text)
        for event in events:
            if not isinstance(event, Answer):
                yield event
                continue
            answer = replace(event, trace_id=trace.id)
            trace.finish(answer)
            engine = open_database(load_settings())
            Traces(engine).save(trace, user, conversation_id)
            if conversation_id:
                Conversations(engine).append(conversation_id, user, question.text, question.text, answer)
            yield answer

    def _events(self, asked: set[str], user: User) -> Iterator[Event]:
        mine = [c for c in self.chunks if c.allow & user.principals() and not c.deny & user.principals()]
        passages = [Passage(c, 1.0) for c in mine if asked & _words(c.text)]
        yield Stage("search", "question")
        yield Stage("read", f"{len(passages)} passages")
        quotes = [
            (len(asked & _words(s)), s, p.chunk) for p in passages for s in re.findall(r"[^.\n]+\.?", p.chunk.text)
        ]
        best = sorted((q for q in quotes if q[0] >= 3), key=lambda quote: -quote[0])[:2]
        if not best:
            yield Answer("The documents hold no answer to this.", outcome="no_evidence", nearest=tuple(passages))
            return
        text, citations = "", []
        for marker, (_, sentence, chunk) in enumerate(best, start=1):
            quote = sentence.strip()
            begin = len(text)
            text += f"{quote} [{marker}] "
            citation = Citation(
                marker,
                chunk.document_id,
                chunk.title,
                chunk.url,
                quote,
                begin,
                begin + len(quote),
                chunk.id,
                chunk.page,
                chunk.locator,
            )
            citations.append(citation)
            yield Sentence(f"{quote} [{marker}]", (citation,))
        if "roughly" in asked:
            yield Answer(text.strip(), tuple(citations), "partly", passages=tuple(passages))
            return
        yield Answer(text.strip(), tuple(citations), confidence=0.9, passages=tuple(passages))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def chunk(
    ordinal: int, text: str, *, document: str = "files:premium.md", title: str = "Premium plan", allow: str = "everyone"
) -> Chunk:
    return Chunk(
        id=f"{document}#{ordinal}",
        document_id=document,
        ordinal=ordinal,
        text=text,
        heading_path=("Plans", "Premium"),
        page=3,
        locator="page 3",
        source="files",
        title=title,
        url=f"https://docs.example/{title.replace(' ', '-').lower()}",
        allow=frozenset({allow}),
        metadata={"updated_at": "2026-03-02T00:00:00Z"},
    )


CHUNKS = [
    chunk(
        0,
        "The premium plan costs 480 euros a month. It is billed every quarter.\n\nIt can be ended at a quarter's end.",
    ),
    chunk(1, "Support answers premium customers within two hours, day and night."),
    chunk(
        2,
        "The board salary review is held in May.",
        document="files:board.md",
        title="Board notes",
        allow="group:board",
    ),
]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "debrief.yaml").write_text(SETTINGS.format(data=tmp_path / "data"), encoding="utf-8")
    (tmp_path / "users.yaml").write_text(USERS, encoding="utf-8")
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
    st.cache_resource.clear()
    return tmp_path


class FindsNothing:
    """A retriever over no documents."""

    def search(self, search: Search, /) -> list[Passage]:
        return []

    def document(self, document_id: str, user: User, /) -> list[Chunk]:
        return []


@pytest.fixture
def assistant() -> QuotingAssistant:
    return QuotingAssistant(list(CHUNKS))


@pytest.fixture
def app(workspace: Path, assistant: QuotingAssistant, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AppTest]:
    """Makes a new person's page over the one shared assistant."""
    monkeypatch.setattr("chat_ui.parts.session.open_assistant", lambda settings, retriever, readable: assistant)
    monkeypatch.setattr("chat_ui.parts.session.open_retriever", lambda settings: FindsNothing())
    monkeypatch.setattr("chat_ui.parts.session.connection", lambda: Connection("127.0.0.1", {"Host": "localhost:8501"}))
    return lambda: AppTest.from_file(str(APP), default_timeout=20)
