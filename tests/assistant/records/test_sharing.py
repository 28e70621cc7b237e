"""A reader of a shared conversation sees what rests on documents that they may read, and of the rest that it is there."""

import pytest

from assistant.records.conversations import Conversations, StoredTurn
from assistant.records.shared_view import ASKED_BACK, OF_TABLES, WITHHELD, shared_turn
from assistant.records.sharing import Sharing
from core.database import open_database, utc_now
from core.errors import QuestionError
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
