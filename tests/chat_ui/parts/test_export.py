from __future__ import annotations

import io

from docx import Document

from chat_ui.parts.export import markdown, word
from core.types import Answer, Citation

ANSWER = Answer(
    "The plan **costs** 480 euros [1].\n\n### Terms\n\n- quarterly\n- *early* end\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    (Citation(1, "d", "Premium plan", "https://x.example/p", "q", 0, 5, locator="page 3"),),
)


def test_markdown_holds_question_answer_and_sources() -> None:
    text = markdown([("What does\nit cost?", ANSWER)], "Acme")
    assert text.startswith("# Acme\n\n## What does it cost?\n\nThe plan **costs**")
    assert text.endswith("1. Premium plan · page 3 · https://x.example/p\n")


def test_word_keeps_structure() -> None:
    document = Document(io.BytesIO(word([("What does it cost?", ANSWER)], "Acme")))
    styled = [(p.style.name, p.text) for p in document.paragraphs]
    assert ("Heading 1", "What does it cost?") in styled
    assert ("Heading 4", "Terms") in styled
    assert ("List Bullet", "quarterly") in styled
    assert ("Normal", "[1] Premium plan · page 3 · https://x.example/p") in styled
    assert [[c.text for c in row.cells] for row in document.tables[0].rows] == [["a", "b"], ["1", "2"]]
    first = next(p for p in document.paragraphs if p.text.startswith("The plan"))
    assert [run.text for run in first.runs if run.bold] == ["costs"]


def test_characters_that_xml_cant_hold_are_left_out() -> None:
    assert word([("a\x00b", Answer("c\x0bd\x01"))])
