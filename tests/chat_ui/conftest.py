"""A small set of documents behind the real assistant, and the pages over it, without an index or a model."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from assistant.ask import Assistant
from chat_ui.signin import Connection
from core.settings import AnswerSettings
from core.types import Chunk, Passage, User

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


class WordSearcher:
    """Passages by shared words, those that the user may read."""

    def __init__(self, chunks: list[Chunk]) -> None:
        self.chunks = chunks
        self.searches: list[tuple[str, User]] = []

    def search(self, question: str, user: User, limit: int, *, filters: object = None) -> list[Passage]:
        self.searches.append((question, user))
        asked = set(re.findall(r"\w+", question.lower()))
        mine = [c for c in self.chunks if c.allow & user.principals() and not c.deny & user.principals()]
        scored = [(len(asked & set(re.findall(r"\w+", c.text.lower()))), c) for c in mine]
        return [Passage(c, float(n)) for n, c in sorted(scored, key=lambda pair: -pair[0])[:limit] if n]


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


@pytest.fixture
def searcher() -> WordSearcher:
    return WordSearcher(list(CHUNKS))


@pytest.fixture
def app(workspace: Path, searcher: WordSearcher, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AppTest]:
    """Makes a new person's page over the one shared assistant."""
    monkeypatch.setattr("chat_ui.session.open_assistant", lambda settings: Assistant(searcher, AnswerSettings()))
    monkeypatch.setattr("chat_ui.session.connection", lambda: Connection("127.0.0.1", {"Host": "localhost:8501"}))
    return lambda: AppTest.from_file(str(APP), default_timeout=20)
