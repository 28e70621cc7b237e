"""What was revoked or deleted is in nothing that is opened later, and says so."""

from assistant.records.conversations import Conversations, turns
from assistant.records.still_readable import WITHHELD, as_readable
from core.database import open_database
from core.settings import Settings
from core.types import Answer, Chunk, Citation, Passage, User

ANA = User("ana@x.example")
WORDS = "The code word is kingfisher."


def passage(document, text=WORDS, source="files"):
    return Passage(Chunk(id=document, document_id=document, ordinal=0, text=text, source=source), 1.0)


def answer(document="a", **more):
    return Answer(f"{WORDS} [1]", (Citation(1, document, "T", "", WORDS, 0, 1),), passages=(passage(document),), **more)


def kept(tmp_path, given, readable):
    engine = open_database(Settings(root=tmp_path))
    stored = Conversations(engine, lambda ids, user: readable & set(ids))
    conversation = stored.start(ANA)
    stored.append(conversation, ANA, "What is it?", "What is it?", given)
    return engine, stored, conversation


def test_a_revoked_answer_is_in_no_turn_no_search_and_no_export(tmp_path):
    for readable, shown in (({"a"}, True), (set(), False)):
        _, stored, conversation = kept(tmp_path / str(shown), answer(), readable)
        (turn,) = stored.turns(conversation, ANA)
        assert ("kingfisher" in turn.answer.text) is shown and bool(turn.answer.passages) is shown
        assert bool(stored.find(ANA, "kingfisher")) is shown
        assert ("kingfisher" in stored.export(conversation, ANA)) is shown
        assert shown or (turn.answer.text == WITHHELD and WITHHELD in stored.export(conversation, ANA))
        assert stored.find(ANA, "what is it")


def test_nothing_found_quotes_the_nearest_and_goes_with_it():
    nothing = Answer(WORDS, outcome="no_evidence", nearest=(passage("a"),))
    assert as_readable(nothing, set()).text == WITHHELD and not as_readable(nothing, set()).nearest
    assert as_readable(nothing, {"a"}) == nothing


def test_an_answer_loses_the_passages_that_it_doesnt_rest_on():
    found = answer()
    more = Answer(found.text, found.citations, passages=(*found.passages, passage("b")))
    assert as_readable(more, {"a"}) == found


def test_an_attached_file_isnt_stored_and_what_it_gave_stays_its_persons(tmp_path):
    own = Answer(
        "You like cats. [1]",
        (Citation(1, "attachment:1", "cv.txt", "", "You like cats.", 0, 1),),
        passages=(passage("attachment:1", "You like cats. You earn 9,999.", "attachment"),),
    )
    engine, stored, conversation = kept(tmp_path, own, set())
    assert stored.turns(conversation, ANA)[0].answer.text == own.text
    with engine.connect() as connection:
        assert "9,999" not in str(connection.execute(turns.select()).all())
