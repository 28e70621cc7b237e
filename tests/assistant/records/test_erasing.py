"""What records say of documents that are gone or closed leaves the database, after the days that were given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from apps.kept.runs import my_runs, record_run
from apps.run import SourceQuote
from apps.runner import RunResult
from assistant.records import Conversations, Trace, Traces
from assistant.records.erasing import erase_closed, erase_from_records
from assistant.records.prompts import answer_prompts
from assistant.records.running import RunningApps
from assistant.records.still_readable import WITHHELD
from core.database import open_database, utc_now
from core.llm import SentPrompt
from core.settings import Settings
from core.types import Answer, Chunk, Citation, Passage, User
from evals.suite.history import History, Result

ANA, BEN = User("ana@x.example"), User("ben@x.example")
WORDS = "The code word is kingfisher."
ODD = 'files:a "quoted" \\ 100%_ü.md'


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(Settings(data_dir=tmp_path))
    yield engine
    engine.dispose()


def answer(document: str) -> Answer:
    passage = Passage(Chunk(id=document, document_id=document, ordinal=0, text=WORDS, source="files"), 1.0)
    return Answer(f"{WORDS} [1]", (Citation(1, document, "T", "", WORDS, 0, 1),), passages=(passage,))


def leave(engine: sa.Engine, user: User, document: str) -> str:
    """All that an answer on the document leaves; the conversation's id."""
    stored = Conversations(engine)
    conversation = stored.start(user)
    stored.append(conversation, user, "What is it?", "What is it?", answer(document))
    RunningApps(engine).keep(conversation, "mail", {"text": WORDS})
    trace = Trace("What is it?")
    trace.found(answer(document).passages)
    trace.finish(answer(document))
    trace.prompts.append(SentPrompt("answer", "m", (("user", WORDS),)))
    Traces(engine).save(trace, user)
    record_run(
        engine,
        RunResult("mail", "1", "completed", evidence=(SourceQuote("T", document_id=document, quote=WORDS),)),
        user,
    )
    history = History(engine)
    run = history.start("suite", "s", {})
    history.add(run.id, Result("c", "scored", "What?", user.email, answer=WORDS, trace_id=trace.id))
    return conversation


def everything(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        return "\n".join(str(connection.exec_driver_sql(f'SELECT * FROM "{table}"').all()) for table in tables)


@pytest.mark.parametrize("document", ["files:a.md", ODD])
def test_no_table_has_the_words_of_an_erased_document(engine: sa.Engine, document: str) -> None:
    conversation = leave(engine, ANA, document)
    assert everything(engine).count("kingfisher") >= 6
    assert erase_from_records(engine, [document]) == {"turn": 1, "trace": 1, "result": 1}
    assert "kingfisher" not in everything(engine)
    with engine.connect() as connection:
        assert not connection.execute(sa.select(answer_prompts)).all(), "what a model was sent quotes it"
    (turn,) = Conversations(engine).turns(conversation, ANA)
    assert turn.answer.text == WITHHELD and not turn.answer.citations
    assert my_runs(engine, ANA) == []
    assert erase_from_records(engine, [document]) == {}


def test_other_documents_words_stay(engine: sa.Engine) -> None:
    conversation = leave(engine, ANA, "files:b.md")
    leave(engine, ANA, "files:a.md")
    before = Conversations(engine).turns(conversation, ANA)
    erase_from_records(engine, ["files:a.md"])
    assert Conversations(engine).turns(conversation, ANA) == before
    assert len(my_runs(engine, ANA)) == 1


def test_what_is_closed_to_its_person_goes_after_the_days_and_comes_back_before(engine: sa.Engine) -> None:
    leave(engine, ANA, "files:a.md")
    bens = leave(engine, BEN, "files:a.md")

    def bens_alone(ids, user):
        return set(ids) if user.email == BEN.email else set()

    def run(readable, days):
        return erase_closed(engine, readable, User, utc_now() - timedelta(days=days))

    assert run(bens_alone, 30) == {}, "noticed today"
    assert run(lambda ids, user: set(ids), 0) == {}, "it was opened again in time"
    assert run(bens_alone, 30) == {}
    assert run(bens_alone, 0) == {"turn": 1, "trace": 1, "result": 1}
    assert "kingfisher" in Conversations(engine).turns(bens, BEN)[0].answer.text
    assert "kingfisher" not in str(
        [t.answer for c in Conversations(engine).of(ANA) for t in Conversations(engine).turns(c.id, ANA)]
    )
    assert run(bens_alone, 0) == {}
