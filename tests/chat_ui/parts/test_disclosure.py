from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.records.trace import Trace, Traces
from chat_ui.parts.disclosure import Disclosure
from core.database import open_database
from core.settings import load_settings
from core.types import Answer, Citation, User
from evals.suite.history import Result
from evals.suite.suites import Case
from ingestion.state import DocumentRecord, SyncState

BOARD = User("board@northgate.example", ("board",))
ADMIN = User("root@northgate.example", ("admins",))
READER = User("reader@northgate.example")


@pytest.fixture
def engine(workspace: Path) -> sa.Engine:
    engine = open_database(load_settings())
    records = [
        DocumentRecord("files:open.md", "files", "Open", allow=("everyone",)),
        DocumentRecord("files:board.md", "files", "Board notes", allow=("group:board",)),
    ]
    SyncState(engine).commit("files", records, "c")
    return engine


def result(engine: sa.Engine, document: str, outcome: str = "answered") -> Result:
    trace = Trace("How much?")
    citations = (Citation(1, document, "T", "", "q", 0, 1),) if outcome == "answered" else ()
    trace.finish(Answer("It is 480. [1]", citations, outcome=outcome))
    trace.passages = [{"document_id": document}]
    Traces(engine).save(trace, BOARD, "evaluation")
    return Result("c1", "scored", "How much?", BOARD.email, outcome=outcome, answer="It is 480.", trace_id=trace.id)


@pytest.mark.parametrize("outcome", ["answered", "no_evidence"])
def test_words_of_a_closed_document_are_for_its_readers_alone(engine: sa.Engine, outcome: str) -> None:
    closed = result(engine, "files:board.md", outcome)
    for reader, shown in ((BOARD, True), (READER, False)):
        disclosure = Disclosure(engine, reader, admin=False)
        assert disclosure.answer_shown(closed, disclosure.trace(closed.trace_id)) is shown


@pytest.mark.parametrize("outcome", ["answered", "no_evidence", "refused"])
def test_administrators_are_no_exception(engine: sa.Engine, outcome: str) -> None:
    disclosure = Disclosure(engine, ADMIN, admin=True)
    closed, opened = result(engine, "files:board.md", outcome), result(engine, "files:open.md", outcome)
    assert not disclosure.answer_shown(closed, disclosure.trace(closed.trace_id))
    assert disclosure.answer_shown(opened, disclosure.trace(opened.trace_id))


def test_administrators_see_a_refusal_that_no_document_went_into(engine: sa.Engine) -> None:
    trace = Trace("What does Ana earn?")
    trace.finish(Answer("Salaries aren't answered here.", outcome="refused", route="search"))
    Traces(engine).save(trace, BOARD, "")
    for admin in (True, False):
        disclosure = Disclosure(engine, ADMIN, admin=admin)
        stored = disclosure.trace(trace.id)
        assert stored is not None
        assert disclosure.trace_shown(stored) is admin


def test_without_its_trace_an_answer_is_shown_to_nobody_else(engine: sa.Engine) -> None:
    lost = Result("c1", "scored", "How much?", BOARD.email, answer="It is 480.", trace_id="gone")
    assert not Disclosure(engine, READER, admin=False).answer_shown(lost, None)


def test_facts_of_closed_documents_and_their_names_are_held_back(engine: sa.Engine) -> None:
    case = Case(id="c", question="How much?", user=BOARD.email, expected_documents=("files:board.md",))
    reader, admin = Disclosure(engine, READER, admin=False), Disclosure(engine, ADMIN, admin=True)
    assert not reader.expectation_shown(case)
    assert reader.names(case) == {"files:board.md": "a document that you may not read"}
    assert not admin.expectation_shown(case)
    assert admin.names(case) == {"files:board.md": "Board notes"}


def test_a_person_doesnt_see_their_own_answer_over_a_document_that_was_closed_to_them(engine: sa.Engine) -> None:
    for document, shown in (("files:board.md", False), ("files:open.md", True), ("attachment:1", True)):
        trace = Trace("How much?")
        trace.finish(Answer("It is 480. [1]", (Citation(1, document, "T", "", "q", 0, 1),)))
        Traces(engine).save(trace, READER, "")
        disclosure = Disclosure(engine, READER, admin=False)
        stored = disclosure.trace(trace.id)
        assert stored is not None and disclosure.trace_shown(stored) is shown
