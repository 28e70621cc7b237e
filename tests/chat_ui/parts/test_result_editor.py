import pytest

from chat_ui.parts.answer_html import answer_html, with_markers
from chat_ui.parts.app_outputs import in_words
from chat_ui.parts.export import file_name
from chat_ui.parts.result_editor import joined, lines_of
from core.types import Answer, Citation

TEXT = """# Follow-up

Dear all,
thank you. [1]

- first [2]
  - below it
1. one

| Who | What |
|---|---|
| Ana | a \\| b |
|  | by Friday |

> said

```
| no | table |
- no item
```
"""


def test_a_text_that_nobody_changes_stays_as_it_is() -> None:
    assert joined(lines_of(TEXT)) == TEXT


def test_words_items_and_cells_are_fields() -> None:
    lines = lines_of(TEXT)
    fields = {cell: line["kind"] for line in lines for cell in line["cells"]}
    expected = {"Follow-up": "heading", "Dear all,": "text", "first [2]": "item", "a | b": "row", "said": "text"}
    assert expected.items() <= fields.items() and "- no item" not in fields
    lines[0]["cells"] = ["Next\n# steps"]
    row = next(line for line in lines if "Ana" in line["cells"])
    lines.insert(lines.index(row) + 1, {"kind": "row", "lead": "", "cells": ["Ben", "x | y"]})
    made = joined(lines)
    assert made.startswith("# Next # steps\n") and "| Ben | x \\| y |" in made


def test_an_answer_is_edited_with_its_numbers() -> None:
    answer = Answer("It is 480. It ends.", (Citation(1, "d", "T", "", "480", 0, 10),))
    assert with_markers(answer) == "It is 480.[1] It ends."
    assert with_markers(Answer("It is 480. [1]", answer.citations)).split() == ["It", "is", "480.[1]"]


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Acme AG", "Brief", "2026-11-28"), "Acme AG - Brief - 2026-11-28.docx"),
        (("", "a/b:c?\n", "a/b:c?"), "a b c.docx"),
        (("", " . "), "Answer.docx"),
    ],
)
def test_files_are_named_in_words_that_every_system_takes(parts: tuple[str, ...], name: str) -> None:
    assert file_name("docx", *parts) == name


def test_what_no_browser_opens_is_folded_away_and_cells_know_their_column() -> None:
    html = answer_html("| Document | Address | Day |\n|---|---|---|\n| Plan | s3://b/k.pdf | 1 May |", (), {}, "k")
    assert '<td data-label="Address"><details class="address">' in html and "<code>s3://b/k.pdf</code>" in html
    assert "<details" not in answer_html("See https://x.example/s3://b and [p](https://x.example).", (), {}, "k")


def test_a_missing_value_is_said_in_words() -> None:
    assert "“source”" in in_words(
        "Step 'm' (extract_meeting): the parameter 'source' came out as None: Field required."
    )
    assert in_words("The run is over its limit.") == "The run is over its limit."
