"""A company's own files with placeholders, charts beside their text, and notes for the speaker."""

import io
from dataclasses import replace

import pytest
from docx import Document
from pptx import Presentation
from pptx.util import Inches

from apps.run.context import Tools
from apps.steps.render import Render, render
from core.errors import AppError

CHART = {"title": "Uptime", "labels": ["Q1", "Q2"], "series": {"CT": [97.0, 98.1]}}
LONG = "## Where it stands\n\n- one **bold** point\n- another\n\n| A | B |\n| - | - |\n| 1 | 2 |"


@pytest.fixture
def company(tmp_path, context):
    document = Document()
    line = document.add_paragraph("For ")
    line.add_run("{{ cust").bold = True
    line.add_run("omer }} only")
    document.add_paragraph("{{ status }}")
    document.add_paragraph("The end")
    document.add_table(rows=1, cols=1).cell(0, 0).text = "Kept by {{ owner }}"
    document.sections[0].footer.paragraphs[0].text = "{{ owner }}"
    document.save(str(tmp_path / "letter.docx"))
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Review of {{ customer }}"
    for place, text in enumerate(("{{ status }}", "{{ trend }}")):
        slide.shapes.add_textbox(Inches(1), Inches(1 + place), Inches(4), Inches(2)).text_frame.text = text
    slide.notes_slide.notes_text_frame.text = "Say hello to {{ owner }}"
    deck.save(str(tmp_path / "review.pptx"))
    context.tools = replace(Tools(), templates=tmp_path)
    return context


def filled(context, template, **values):
    return render(Render(format=template[-4:], title="T", template=template, values=values), context)["file"]["content"]


def test_a_word_file_is_filled_in_and_otherwise_stays(company):
    content = filled(company, "letter.docx", customer="Acme AG", status=LONG, owner="Ana")
    document = Document(io.BytesIO(content))
    texts = [p.text for p in document.paragraphs]
    assert texts[0] == "For Acme AG only" and document.paragraphs[0].runs[1].bold
    assert texts.index("Where it stands") < texts.index("another") < texts.index("The end")
    assert "{{" not in "".join(texts) and [r.text for r in document.paragraphs[2].runs if r.bold] == ["bold"]
    assert [t.cell(0, 0).text for t in document.tables] == ["A", "Kept by Ana"]
    assert document.sections[0].footer.paragraphs[0].text == "Ana"


def test_a_presentation_is_filled_in_with_a_chart_in_its_box(company):
    content = filled(company, "review.pptx", customer="Acme AG", status="- one\n- two", trend=CHART, owner="Ana")
    (slide,) = Presentation(io.BytesIO(content)).slides
    texts = [s.text_frame.text for s in slide.shapes if s.has_text_frame]
    assert texts == ["Review of Acme AG", "one\ntwo"]
    (chart,) = [s for s in slide.shapes if s.has_chart]
    assert (chart.left, chart.top) == (Inches(1), Inches(2))
    assert slide.notes_slide.notes_text_frame.text == "Say hello to Ana"


@pytest.mark.parametrize(
    ("template", "values", "message"),
    [
        ("letter.docx", {"customer": "x", "status": "y"}, "has {{ owner }}, which has no value; add it to `values`"),
        (
            "letter.docx",
            {"customer": "x", "status": "y", "owner": "z", "onwer": "z"},
            "no placeholder 'onwer'; did you",
        ),
        ("missing.docx", {}, "there is no template 'missing.docx' in"),
    ],
)
def test_what_does_not_fit_is_said(company, template, values, message):
    with pytest.raises(AppError) as caught:
        filled(company, template, **values)
    assert message in str(caught.value)


def test_a_template_lies_in_its_folder_and_is_of_the_format(company, tmp_path):
    with pytest.raises(ValueError, match="template"):
        Render(format="docx", title="T", template="../letter.docx")
    with pytest.raises(AppError, match="is no pptx; set format to docx"):
        render(Render(format="pptx", title="T", template="letter.docx"), company)
    (tmp_path / "bad.docx").write_bytes(b"no")
    with pytest.raises(AppError, match="is no Word file; save it as"):
        filled(company, "bad.docx")


def test_charts_stand_beside_their_text_and_notes_are_the_speakers(context):
    body = "## First\n\n- a\n\n> Say that it was hard.\n\n## Second\n\n- b\n\n| A |\n| - |\n| 1 |"
    given = Render(format="pptx", title="T", body=body, beside="Second", charts=[CHART, {**CHART, "title": "Other"}])
    slides = list(Presentation(io.BytesIO(render(given, context)["file"]["content"])).slides)
    by_title = {
        s.shapes.title.text: s for s in slides if s.shapes.title.text != "Second" or any(x.has_chart for x in s.shapes)
    }
    assert [s.shapes.title.text for s in slides] == ["T", "First", "Second", "Second", "Other"]
    assert any(s.has_chart for s in by_title["Second"].shapes) and not any(
        s.has_chart for s in by_title["First"].shapes
    )
    text = next(s for s in by_title["Second"].shapes if s.has_text_frame and s.text_frame.text == "• b")
    chart = next(s for s in by_title["Second"].shapes if s.has_chart)
    assert text.left + text.width <= chart.left
    assert by_title["First"].notes_slide.notes_text_frame.text == "Say that it was hard."
    assert "hard" not in "".join(s.text_frame.text for s in by_title["First"].shapes if s.has_text_frame)
