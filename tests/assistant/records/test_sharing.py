"""A reader of a shared conversation sees what rests on documents that they may read, and of the rest that it is there."""

from dataclasses import replace

import pytest

from apps.kept import record_run
from apps.run import OutputValue, SourceQuote
from apps.runner import RunResult
from assistant.records.conversations import Conversations, StoredTurn
from assistant.records.shared_view import ASKED_BACK, OF_TABLES, WITHHELD, shared_turn
from assistant.records.sharing import Sharing
from assistant.records.versions import Versions
from core.database import open_database, utc_now
from core.errors import AppError, QuestionError
from core.settings import Settings
from core.types import Answer, Chunk, Citation, Passage, User

ANA, BEN = User("ana@x.example"), User("ben@x.example")
QUOTED = {"route": "search", "models": [], "passages": [], "citations": []}
TEXT = "Prices:\n\nOpen one. [1] Closed one. [2]\n\n- Open two [1]\n- Closed two [2]\n\n| A | B |\n|---|---|\n| x | y [2] |\n"


def citation(marker, document, begin=0, end=0):
    return Citation(marker, document, document.title(), "", "words", begin, end)


def passage(document):
    return Passage(Chunk(f"{document}#0", document, 0, f"Words of {document}."), 1.0)


def turn(text, *cited, **more):
    citations = tuple(citation(n, document) for n, document in enumerate(cited, start=1))
    passages = tuple(map(passage, dict.fromkeys(cited)))
    return StoredTurn(
        "What?", "What does it cost?", Answer(text, citations, passages=passages, trace_id="t", **more), utc_now()
    )


def shown(given, trace, evidence=(), readable=("open",)):
    return shared_turn(given, trace, evidence, set(readable))


def test_statements_of_closed_documents_are_left_out_and_counted():
    one = shown(turn(TEXT, "open", "closed"), QUOTED)
    assert one.turn.answer.text == "Open one. [1] \n\n- Open two [1]"
    assert [c.document_id for c in one.turn.answer.citations] == ["open"] and one.hidden == 1
    assert [p.chunk.document_id for p in one.turn.answer.passages] == ["open"]
    assert one.turn.standalone == "What?" and not one.turn.answer.trace_id
    whole = shown(turn(TEXT, "open", "closed"), QUOTED, readable=("open", "closed"))
    assert whole.turn.answer.text == TEXT and not whole.hidden


def test_a_citation_without_a_number_in_the_text_counts_by_its_place():
    text = "Open one.\nClosed one."
    cited = (citation(1, "open", 0, 9), citation(2, "closed", 10, 21))
    given = StoredTurn("What?", "", Answer(text, cited, passages=(passage("open"), passage("closed"))), utc_now())
    assert shown(given, QUOTED).turn.answer.text == "Open one."


@pytest.mark.parametrize(
    ("given", "trace", "evidence"),
    [
        # A model may have used any passage that it was given; so may an app.
        (turn("Open one. [1]", "open"), {**QUOTED, "models": [{}], "given": ["closed"]}, ()),
        (turn("Open one. [1]", "open", route="app:brief"), {**QUOTED, "route": "app:brief", "given": ["closed"]}, ()),
        (turn("Open one. [1]", "open", run="r"), None, ({"document_id": "closed"},)),
        # Whether a model wrote it isn't known any more.
        (turn("Open one. [1] Closed one. [2]", "open", "closed"), None, ()),
        # "Nothing was found" quotes the nearest.
        (
            StoredTurn("?", "", Answer("Closed.", outcome="no_evidence", nearest=(passage("closed"),)), utc_now()),
            QUOTED,
            (),
        ),
    ],
)
def test_what_may_hold_closed_words_is_withheld_whole(given, trace, evidence):
    one = shown(given, trace, evidence)
    assert one.turn.answer.text == WITHHELD and one.hidden
    assert not one.turn.answer.citations and not one.turn.answer.nearest


def test_figures_of_tables_are_the_askers():
    one = shown(turn("In all 42.", route="data", query="{}"), QUOTED)
    assert one.turn.answer.text == OF_TABLES and not one.turn.answer.query


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (turn("Hello.\n\n- What does “Board plan” say?", route="talk"), "Hello."),
        (turn("Which: Acme or Bolt?", route="records", outcome="needs_input"), ASKED_BACK),
        (turn("None of your 3 customers.", route="records"), WITHHELD),
    ],
)
def test_what_rests_on_the_askers_rights_and_cites_nothing_is_theirs(given, told):
    assert shown(given, QUOTED).turn.answer.text == told


def test_remarks_go_with_a_closed_document_that_is_not_cited():
    given = turn("Open one. [1]", "open", notes=("“Closed” says otherwise.",))
    one = shown(given, {**QUOTED, "passages": [{"document_id": "closed"}]})
    assert one.turn.answer.text == "Open one. [1]" and not one.turn.answer.notes and not one.hidden


def test_who_may_share_and_with_whom(tmp_path):
    engine = open_database(Settings(root=tmp_path))
    stored, sharing = Conversations(engine), Sharing(engine, lambda ids, user: set())
    mine = stored.start(ANA, "Prices")
    stored.append(mine, ANA, "Cost?", "Cost?", turn("Secret. [1]", "closed").answer)
    for addresses, wrong in ((["ben"], "no e-mail address"), ([f"p{n}@x.example" for n in range(51)], "at most 50")):
        with pytest.raises(QuestionError, match=wrong):
            sharing.share(mine, ANA, addresses)
    for call in (lambda: sharing.share(mine, BEN, ["c@x.example"]), lambda: sharing.turns(mine, BEN)):
        with pytest.raises(QuestionError):
            call()
    assert sharing.share(mine, ANA, [" Ben@X.example", "ana@x.example"]) == ["ben@x.example"]
    assert sharing.share(mine, ANA, ["ben@x.example"]) == []
    assert [one.owner for one in sharing.with_me(BEN)] == [ANA.email]
    (one,) = sharing.turns(mine, BEN)
    assert "Secret" not in str(one)
    stored.delete(mine, ANA)
    assert not sharing.with_me(BEN)


def test_a_reader_has_an_apps_tables_and_files_as_the_owner_edited_them_but_no_rows_of_tables(tmp_path):
    engine = open_database(Settings(root=tmp_path))
    closed_to_ben = set()
    sharing = Sharing(engine, lambda ids, user: set(ids) - closed_to_ben)
    stored, mail = Conversations(engine), {"to": "jo@x.example", "subject": "Status", "body": "All is well."}
    outputs = (
        OutputValue("mail", "email", "Mail", "To: jo@x.example\n\nAll is well.", mail),
        OutputValue("file", "docx", "File", "All is well.", content=b"bytes", file_name="f.docx"),
    )
    result = RunResult("brief", "1", "completed", outputs, (SourceQuote("Open", document_id="open", quote="q"),))
    mine = stored.start(ANA, "Status")
    runs = [record_run(engine, result, ANA)]
    tables = replace(result, evidence=(*result.evidence, SourceQuote("Company tables", rows=True)))
    runs.append(record_run(engine, tables, ANA))
    for run in runs:
        stored.append(mine, ANA, "Status?", "Status?", Answer("All is well.", route="app:brief", run=run))
    Versions(engine).add(mine, 0, "mail", "All is very well.")
    sharing.share(mine, ANA, [BEN.email])
    seen = sharing.turns(mine, BEN)
    assert [one.run for one in seen] == [runs[0], ""] and seen[1].turn.answer.text == OF_TABLES
    shown = sharing.result(mine, runs[0], BEN)
    assert shown.output("mail").value["body"] == "All is very well." and "very well" in shown.output("mail").text
    assert shown.output("file").content == b"bytes"
    with pytest.raises(AppError):
        sharing.result(mine, runs[1], BEN)
    closed_to_ben.add("open")
    with pytest.raises(AppError):
        sharing.result(mine, runs[0], BEN)
    assert sharing.turns(mine, BEN)[0].withheld


def test_an_edited_answer_is_shared_as_it_was_edited_where_all_of_it_may_be_read(tmp_path):
    engine = open_database(Settings(root=tmp_path))
    open_ids = {"open"}
    stored, sharing = Conversations(engine), Sharing(engine, lambda ids, user: set(ids) & open_ids)
    mine = stored.start(ANA, "Prices")
    stored.append(mine, ANA, "Cost?", "Cost?", turn("Open one. [1] Closed one. [2]", "open", "closed").answer)
    Versions(engine).add(mine, 0, "", "Mine, and closed. [2]")
    sharing.share(mine, ANA, [BEN.email])
    assert "Mine" not in sharing.turns(mine, BEN)[0].turn.answer.text
    open_ids.add("closed")
    assert sharing.turns(mine, BEN)[0].turn.answer.text == "Mine, and closed. [2]"
