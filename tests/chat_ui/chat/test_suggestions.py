from __future__ import annotations

from chat_ui.chat.suggestions import suggestions
from core.types import Answer, Chunk, Citation, Passage, User
from retrieval.query.search import Search

ANA = User("ana@x.com")


def section(ordinal: int, heading: str, text: str, allow: str = "everyone") -> Chunk:
    return Chunk(
        f"plan#{ordinal}",
        "plan",
        ordinal,
        text,
        heading_path=(heading,),
        title="Premium plan",
        allow=frozenset({allow}),
    )


CHUNKS = [
    section(0, "Price", "It costs 480 euros."),
    section(1, "Support hours", "Day and night."),
    section(2, "2. Notice period", "A quarter."),
    section(3, "Overview", "All of it."),
    section(4, "Margins", "Forty per cent.", "group:board"),
]
ANSWER = Answer("It costs 480 euros. [1]", (Citation(1, "plan", "Premium plan", "", "It costs", 0, 9, "plan#0"),))


class Shelf:
    """Finds the sections whose heading is in the question; `lost` ones it doesn't find."""

    def __init__(self, lost: str = "") -> None:
        self.lost = lost

    def search(self, search: Search, /) -> list[Passage]:
        mine = [c for c in self.document("plan", search.user) if c.heading_path[0] != self.lost]
        return [Passage(c, 1.0) for c in mine if c.heading_path[0].lstrip("2. ") in search.question][: search.limit]

    def document(self, document_id: str, user: User, /) -> list[Chunk]:
        return [c for c in CHUNKS if c.allow & user.principals()]


def test_sections_that_were_not_quoted_are_offered() -> None:
    found = suggestions("What does it cost?", ANSWER, Shelf(), ANA)
    assert found == [
        "What does “Premium plan” say about Support hours?",
        "What does “Premium plan” say about Notice period?",
    ]


def test_only_what_the_search_finds_is_offered() -> None:
    found = suggestions("What does it cost?", ANSWER, Shelf(lost="Support hours"), ANA)
    assert found == ["What does “Premium plan” say about Notice period?"]


def test_a_closed_section_is_offered_only_to_its_readers() -> None:
    assert not any("Margins" in s for s in suggestions("What does it cost?", ANSWER, Shelf(), ANA))
    board = User("b@x.com", ("board",))
    assert any("Margins" in s for s in suggestions("What does it cost?", ANSWER, Shelf(), board))


def test_questions_that_were_asked_and_answers_without_quotes_give_none() -> None:
    first = suggestions("What does it cost?", ANSWER, Shelf(), ANA)
    assert suggestions("What does it cost?", ANSWER, Shelf(), ANA, asked=first) == []
    assert suggestions("What?", Answer("Nothing.", outcome="no_evidence"), Shelf(), ANA) == []


def test_they_are_in_the_language_of_the_question() -> None:
    found = suggestions("Wie viel kostet der Tarif im Monat und wie kann ich kündigen?", ANSWER, Shelf(), ANA)
    assert found[0] == "Was steht in „Premium plan“ zu Support hours?"
