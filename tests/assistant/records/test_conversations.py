from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.records.conversations import Conversations, conversations, turns
from core.database import open_database
from core.errors import QuestionError
from core.settings import Settings
from core.types import EVERYONE, Answer, Boost, Chunk, Citation, Passage, User, Why

ANA, BEN = User("Ana@example.com"), User("ben@example.com")


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return open_database(Settings(data_dir=tmp_path))


def an_answer() -> Answer:
    chunk = Chunk(
        "c1", "d1", 0, "Text.", ("Top", "Sub"), allow=frozenset({EVERYONE}), metadata={"tags": ("a", "b"), "year": 2026}
    )
    passage = Passage(chunk, 0.8, Why(text=1.5, boosts=(Boost("customer", "Acme", 1.2),)), 0.4)
    citation = Citation(1, "d1", "Title", "https://x.example/d1", "Text.", 0, 5, locator="page 2")
    return Answer("Text. [1]", (citation,), passages=(passage,), nearest=(passage,), choices=("a",), notes=("n",))


def test_an_answer_comes_back_as_it_was_but_for_the_access_list(engine: sa.Engine) -> None:
    store = Conversations(engine)
    conversation = store.start(ANA)
    store.append(conversation, ANA, "What about it?", "What about Acme?", an_answer())
    (turn,) = Conversations(engine).turns(conversation, ANA)
    assert (turn.question, turn.standalone) == ("What about it?", "What about Acme?")
    assert turn.answer.citations == an_answer().citations
    stored, original = turn.answer.passages[0], an_answer().passages[0]
    assert stored.why == original.why
    assert stored.chunk.metadata == original.chunk.metadata
    assert stored.chunk.allow == frozenset()


def test_the_first_question_names_the_conversation_and_the_latest_comes_first(engine: sa.Engine) -> None:
    store = Conversations(engine)
    first, second = store.start(ANA), store.start(ANA)
    store.append(first, ANA, "A question " + "that is long " * 20, "", an_answer())
    with engine.begin() as connection:
        connection.execute(
            conversations.update()
            .where(conversations.c.id == second)
            .values(updated_at=datetime(2020, 1, 1, tzinfo=UTC))
        )
    listed = store.of(ANA)
    assert [c.id for c in listed] == [first, second]
    assert listed[0].title.startswith("A question that is long") and len(listed[0].title) <= 80
    assert [c.turns for c in listed] == [1, 0]


def test_somebody_elses_conversation_is_the_same_as_none(engine: sa.Engine) -> None:
    store = Conversations(engine)
    conversation = store.start(ANA)
    for call in (
        lambda: store.turns(conversation, BEN),
        lambda: store.append(conversation, BEN, "q", "q", an_answer()),
        lambda: store.rename(conversation, BEN, "mine"),
        lambda: store.delete(conversation, BEN),
        lambda: store.export(conversation, BEN),
        lambda: store.turns("no-such", ANA),
    ):
        with pytest.raises(QuestionError, match="You have no conversation"):
            call()
    assert store.of(BEN) == []


def test_rename_export_delete(engine: sa.Engine) -> None:
    store = Conversations(engine)
    conversation = store.start(ANA)
    store.append(conversation, ANA, "What is it?", "What is it?", an_answer())
    store.rename(conversation, ANA, "  Renewal \n of Acme ")
    assert store.of(ANA)[0].title == "Renewal of Acme"
    text = store.export(conversation, ANA)
    assert text.startswith("# Renewal of Acme\n")
    assert "## What is it?" in text and "- [1] Title, page 2 – https://x.example/d1" in text
    store.delete(conversation, ANA)
    assert store.of(ANA) == []


def test_old_conversations_are_forgotten(engine: sa.Engine) -> None:
    store = Conversations(engine)
    old, new = store.start(ANA), store.start(ANA)
    store.append(old, ANA, "q", "q", an_answer())
    with engine.begin() as connection:
        connection.execute(
            conversations.update().where(conversations.c.id == old).values(updated_at=datetime(2020, 1, 1, tzinfo=UTC))
        )
    assert store.forget_older_than(days=30) == 1
    assert [c.id for c in store.of(ANA)] == [new]


def asked(store: Conversations, user: User, question: str, answer: str) -> str:
    conversation = store.start(user)
    store.append(conversation, user, question, question, Answer(answer))
    return conversation


def test_conversations_are_found_by_the_words_of_questions_and_answers(engine: sa.Engine) -> None:
    store = Conversations(engine)
    price = asked(store, ANA, "What does it cost?", "The PRÄMIE rose to 8 %, as agreed with Acme in the spring. " * 4)
    asked(store, ANA, "Who knows about scanners?", "Nora Lind.")
    asked(store, BEN, "What is the prämie of Acme?", "480 euros.")
    (found,) = store.find(ANA, "prämie ACME")
    assert found.conversation.id == price
    assert "PRÄMIE rose" in found.snippet and found.snippet.endswith("…") and len(found.snippet) < 100
    assert [f.snippet for f in store.find(ANA, "cost")] == [""], "the title says it already"
    assert [f.conversation.id for f in store.find(ANA, "8 %")] == [price]
    assert store.find(ANA, "scanners acme") == [], "all words, of one conversation"
    assert store.find(ANA, "_cme") == store.find(ANA, "%osts") == [], "no wildcards"


def test_a_conversation_is_found_by_its_new_title_and_by_questions_of_an_older_version(engine: sa.Engine) -> None:
    store = Conversations(engine)
    conversation = asked(store, ANA, "What does it cost?", "480 euros.")
    store.rename(conversation, ANA, "Acme prices")
    with engine.begin() as connection:
        connection.execute(turns.update().values(searched=None))
    assert [f.conversation.title for f in store.find(ANA, "acme")] == ["Acme prices"]
    assert [f.snippet for f in store.find(ANA, "Cost prices")] == ["What does it cost?"]
