"""Who could know: from the metadata of documents that the asking person may read."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answers.quoting.people import asks_for_people, who_could_know
from assistant.ask import Assistant
from assistant.question import Question
from core.settings import Settings
from core.types import Chunk, Passage
from retrieval.query.search import Search
from retrieval.retriever import Retriever
from tests.assistant.conftest import ANA


def passage(document: str, **metadata: object) -> Passage:
    return Passage(Chunk(document, document, 0, "text", title=document.title(), metadata=metadata), 1.0)


def test_the_keeper_comes_before_the_authors_and_nobody_twice() -> None:
    people = who_could_know(
        [
            passage("policy", owner="ines.calvo@x.example", authors=("Ben Okoye",)),
            passage("guide", authors=("Ben Okoye", "Ines Calvo")),
            passage("note", modified_by="lena@x.example"),
            passage("scan"),
        ]
    )
    assert [p.name for p in people] == ["Ines Calvo <ines.calvo@x.example>", "Ben Okoye", "lena@x.example"]
    assert [p.passage.chunk.document_id for p in people] == ["policy", "guide", "note"]


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Who knows about the DORA gap analysis?", True),
        ("Whom can I ask about retention periods?", True),
        ("Wer kennt sich mit Watchtower aus?", True),
        ("¿Quién sabe de retención?", True),
        ("À qui puis-je demander des précisions ?", True),
        ("Who is the data protection officer?", False),
        ("Who asked for a refund?", False),
    ],
)
def test_a_question_for_people_is_told_from_one_about_them(question: str, asks: bool) -> None:
    assert asks_for_people(question) is asks


def test_they_are_named_when_asked_for_and_when_there_is_no_evidence(retriever: Retriever, tmp_path: Path) -> None:
    class Owned:
        embedder = retriever.embedder

        def search(self, search: Search) -> list[Passage]:
            found = retriever.search(search)
            owner = {"owner": "ines.calvo@x.example"}
            return [replace(p, chunk=replace(p.chunk, metadata={**p.chunk.metadata, **owner})) for p in found]

    assistant = Assistant.over(Owned(), Settings(data_dir=tmp_path))  # type: ignore[arg-type]
    asked = assistant.answer(Question("Who knows about data retention?", ANA))
    assert asked.outcome == "answered" and "Ines Calvo" in asked.text
    assert asked.citations[0].document_id == "retention" and asked.notes
    none = assistant.answer(Question("How many moons does Jupiter have?", ANA))
    assert none.outcome == "no_evidence" and "Who could know: Ines Calvo" in none.text
