"""A step that asks the tables in plain words, and its chart as a picture in Word and PowerPoint."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from pptx import Presentation

from apps.run.context import Context, Tools
from apps.runner import finish
from chat_ui.parts.export import data_as_word
from tests.warehouse.shop import NOBODY, NORTH, OWNER, shop

APP = """\
audience: [emea]
inputs:
  - {name: what, type: text}
steps:
  - {id: found, use: ask_data, with: {question: "{{ what }}"}}
  - id: file
    use: render
    with: {format: FORMAT, title: Riders, body: "# Where\\n\\nText.\\n\\n# After", charts: "{{ found.charts }}", beside: Where}
outputs:
  - {name: report, kind: FORMAT, value: "{{ file.file }}"}
  - {name: rows, kind: table, value: {columns: "{{ found.columns }}", rows: "{{ found.rows }}"}}
"""


def _run(app_of, user, what="How many riders per branch?", kind="docx"):
    tools, user = Tools(data=shop().ask), replace(user, groups=(*user.groups, "emea"))
    return finish(app_of(APP.replace("FORMAT", kind)), {"what": what}, Context(user, tools, today=date(2026, 5, 20)))


def test_a_word_report_has_the_chart_below_its_heading(app_of):
    result = _run(app_of, OWNER)
    assert result.status == "completed", result.error
    document = Document(io.BytesIO(result.output("report").content))
    assert [p.text for p in document.paragraphs if p.text][:3] == ["Riders", "Where", "Text."]
    assert document.inline_shapes[0]._inline.docPr.get("descr") == "Number of riders by branch name"
    order = [("drawing" if "<w:drawing>" in p._p.xml else p.text) for p in document.paragraphs]
    assert order.index("Where") < order.index("drawing") < order.index("After")
    assert result.output("rows").value["rows"] == [["North", 2], ["South", 2]]


def test_a_presentation_has_it_as_a_picture_beside_the_text(app_of):
    deck = Presentation(io.BytesIO(_run(app_of, OWNER, kind="pptx").output("report").content))
    pictures = [s for slide in deck.slides for s in slide.shapes if s.shape_type == 13]
    assert len(pictures) == 1 and pictures[0].image.content_type == "image/png"
    assert pictures[0]._element.nvPicPr.cNvPr.get("descr") == "Number of riders by branch name"


def test_a_person_gets_their_own_rows_and_a_report_without_a_chart_has_none(app_of):
    result = _run(app_of, NORTH)
    assert result.output("rows").value["rows"] == [["North", 2]]
    assert not Document(io.BytesIO(result.output("report").content)).inline_shapes


@pytest.mark.parametrize(("user", "what"), [(NOBODY, "How many riders?"), (OWNER, "average weight of the riders")])
def test_what_isnt_answered_says_why(app_of, user, what):
    result = _run(app_of, user, what)
    assert result.status == "failed" and "The tables don't answer" in result.error


def test_the_page_gives_the_same_as_word():
    document = Document(io.BytesIO(data_as_word(shop().ask("How many riders per branch?", OWNER))))
    assert len(document.inline_shapes) == 1 and document.tables[0].cell(1, 0).text == "North"
