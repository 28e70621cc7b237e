"""Word, PowerPoint, Excel and OpenDocument: everything a reader sees, and nothing that is hidden."""

from __future__ import annotations

import pytest

from core.errors import Encrypted, ParseError
from ingestion.parse import parse
from tests.ingestion.parse.builders import A, P, W, docx, odf, package, paragraph, pptx, relations, shape, xlsx

STYLES = (
    f'<w:styles {W}><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Own"><w:name w:val="Own"/><w:basedOn w:val="berschrift1"/></w:style></w:styles>'
)
NUMBERING = (
    f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/>'
    '<w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
)


def item(text: str, level: int = 0) -> str:
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="7"/></w:numPr>')


def test_word_headings_follow_the_style_that_a_style_is_based_on() -> None:
    body = paragraph("Scope", '<w:pStyle w:val="Own"/>') + paragraph("All sites.")
    parsed = parse(docx(body, {"word/styles.xml": STYLES}, r1="styles:styles.xml"), "plan.docx")
    assert parsed.sections[0].heading_path == ("Scope",)
    assert parsed.sections[0].text == "All sites."
    assert parsed.title == "Fire plan"
    assert parsed.metadata["authors"] == ("Ana Ruiz",)
    assert parsed.metadata["updated_at"] == "2026-03-01T08:00:00+00:00"


def test_word_numbering_is_rendered_as_it_is_printed() -> None:
    body = item("one") + item("sub", 1) + item("sub two", 1) + item("two") + item("again", 1)
    text = parse(docx(body, {"word/numbering.xml": NUMBERING}, r1="numbering:numbering.xml"), "a.docx").sections[0].text
    assert [line.strip() for line in text.split("\n")] == ["1. one", "1.a) sub", "1.b) sub two", "2. two", "2.a) again"]


def test_word_table_repeats_vertically_merged_cells_and_keeps_its_header_first() -> None:
    def cell(text: str, merge: str = "") -> str:
        return f"<w:tc><w:tcPr>{merge}</w:tcPr>{paragraph(text)}</w:tc>"

    rows = [
        cell("Site") + cell("Load"),
        cell("Bonn", '<w:vMerge w:val="restart"/>') + cell("5|6"),
        cell("", "<w:vMerge/>") + cell("7"),
    ]
    body = "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"
    section = parse(docx(body), "a.docx").sections[0]
    assert section.kind == "table"
    assert section.rows == (("Site", "Load"), ("Bonn", "5|6"), ("Bonn", "7"))
    assert section.text.split("\n") == ["| Site | Load |", "| --- | --- |", r"| Bonn | 5\|6 |", "| Bonn | 7 |"]


def test_word_notes_comments_boxes_and_margins_are_read_and_deleted_and_hidden_text_is_not() -> None:
    box = f"<w:r><w:pict><w:txbxContent>{paragraph('Boxed words')}</w:txbxContent></w:pict></w:r>"
    body = (
        f'<w:p><w:r><w:t>Main</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:commentReference w:id="0"/></w:r>{box}</w:p>'
        "<w:p><w:del><w:r><w:delText>deleted words</w:delText></w:r></w:del>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden words</w:t></w:r><w:r><w:t>kept</w:t></w:r></w:p>"
    )
    parts = {
        "word/footnotes.xml": f'<w:footnotes {W}><w:footnote w:id="2">{paragraph("See annex.")}</w:footnote></w:footnotes>',
        "word/comments.xml": f'<w:comments {W}><w:comment w:id="0" w:author="Bo">{paragraph("Check")}</w:comment></w:comments>',
        "word/header1.xml": f"<w:hdr {W}>{paragraph('Confidential draft')}</w:hdr>",
    }
    parsed = parse(
        docx(body, parts, r1="footnotes:footnotes.xml", r2="comments:comments.xml", r3="header:header1.xml"), "a.docx"
    )
    notes = {section.locator: section.text for section in parsed.sections if section.kind == "note"}
    assert notes == {
        "footnote 1": "[1] See annex.",
        "comment": "Comment by Bo: Check",
        "page header": "Confidential draft",
    }
    assert parsed.sections[0].text == "Main[1]\n\nBoxed words\n\nkept"


def test_word_checkboxes_and_equations_show_their_state() -> None:
    body = (
        "<w:p><w:r><w:fldChar><w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:t> done</w:t></w:r>"
        "<m:oMath xmlns:m='m'><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></w:p>"
    )
    assert parse(docx(body), "a.docx").sections[0].text == "☒ done(a+b)/2"


def test_slides_give_title_text_notes_tables_and_comments() -> None:
    grid = "".join(
        f"<a:tr>{''.join(f'<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>' for cell in row)}</a:tr>"
        for row in (("Quarter", "Users"), ("Q1", "40"))
    )
    shapes = (
        shape("Body line\nSecond")
        + shape("Renewal plan", "title")
        + f"<p:grpSp><p:grpSp>{shape('Deep in groups')}</p:grpSp></p:grpSp>"
        + f"<p:graphicFrame><a:graphic><a:tbl>{grid}</a:tbl></a:graphic></p:graphicFrame>"
        + shape("7", "sldNum")
    )
    parts = {
        "ppt/notesSlides/n1.xml": f"<p:notes {P} {A}><p:cSld><p:spTree>{shape('Say hello', 'body')}</p:spTree></p:cSld></p:notes>",
        "ppt/comments/c1.xml": f'<p:cmLst {P}><p:cm authorId="0"><p:text>Too long</p:text></p:cm></p:cmLst>',
        "ppt/authors.xml": f'<p:cmAuthorLst {P}><p:cmAuthor id="0" name="Bo" initials="B"/></p:cmAuthorLst>',
    }
    links = relations(r1="notesSlide:../notesSlides/n1.xml", r2="comments:../comments/c1.xml")
    parsed = parse(pptx(shapes, links, parts), "deck.pptx")
    assert parsed.title == "Renewal plan"
    assert {(section.page, section.heading_path) for section in parsed.sections} == {(1, ("Renewal plan",))}
    assert [section.text for section in parsed.sections] == [
        "Body line\nSecond\n\nDeep in groups",
        "| Quarter | Users |\n| --- | --- |\n| Q1 | 40 |",
        "Say hello",
        "Comment by Bo (B): Too long",
    ]


def test_sheet_cells_are_shown_as_formatted_and_hidden_sheets_are_named() -> None:
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="164"/><xf numFmtId="10"/></cellXfs>'
    )
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>Share</t></is></c></row>'
        '<row r="2"><c r="A2" s="1"><v>45352</v></c><c r="B2" s="2"><v>0.125</v></c></row>'
        '<row r="900000"><c r="C900000" t="b"><v>1</v></c></row>'
    )
    strings = "<si><r><t>Da</t></r><r><t>te</t></r><rPh><t>x</t></rPh></si>"
    after = '<headerFooter><oddHeader>&amp;L&amp;"Arial"Board only&amp;P</oddHeader></headerFooter>'
    extra = {
        "xl/comments1.xml": '<comments><authors><author>Bo</author></authors><commentList><comment ref="B2" authorId="0">'
        "<text><t>Bo:\nwhy so high?</t></text></comment></commentList></comments>"
    }
    parsed = parse(xlsx(rows, styles, strings, after, extra, r1="comments:../comments1.xml"), "usage.xlsx")
    assert [section.text for section in parsed.sections] == [
        "| Date | Share |\n| --- | --- |\n| 01/03/2024 | 12.50% |",
        "TRUE",
        "Comment on B2 by Bo: why so high?",
        "Board only",
    ]
    assert parsed.sections[0].locator == "sheet Usage"
    assert "Secret" in parsed.warnings[0]
    assert "hidden words" not in str(parsed.sections)


def test_a_file_renamed_to_another_office_type_is_read_as_what_it_is() -> None:
    assert parse(docx(paragraph("Really a letter")), "wrong.xlsx").sections[0].text == "Really a letter"


def test_opendocument_text_lists_notes_and_comments() -> None:
    body = (
        '<text:h text:outline-level="2">Aims</text:h><text:p>A<text:s text:c="3"/>b<text:note text:note-class="footnote">'
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>Foot</text:p></text:note-body></text:note></text:p>"
        "<text:list><text:list-item><text:p>first</text:p></text:list-item></text:list>"
        "<text:tracked-changes><text:p>deleted words</text:p></text:tracked-changes>"
        "<text:p><office:annotation><dc:creator>Bo</dc:creator><text:p>Hm</text:p></office:annotation>end</text:p>"
    )
    parsed = parse(odf("text", body), "a.odt")
    assert parsed.sections[0].heading_path == ("Aims",)
    assert parsed.sections[0].text == "A b[1]\n- first\n\nend"
    assert [section.text for section in parsed.sections[1:]] == ["[1] Foot", "Comment by Bo: Hm"]


def test_opendocument_sheet_shows_cells_and_ignores_endless_repeats() -> None:
    body = (
        '<table:table table:name="T"><table:table-row><table:table-cell><text:p>Name</text:p></table:table-cell>'
        "<table:table-cell><text:p>1,50 €</text:p></table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16000"/>'
        "</table:table-row></table:table>"
    )
    assert parse(odf("spreadsheet", body), "a.ods").sections[0].text == "| Name | 1,50 € |\n| --- | --- |"


def test_encrypted_opendocument_is_reported_as_encrypted() -> None:
    manifest = '<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    with pytest.raises(Encrypted, match="password"):
        parse(odf("text", "", manifest=manifest), "a.odt")


def test_a_package_without_its_main_part_is_reported_as_damaged() -> None:
    with pytest.raises(ParseError, match="damaged"):
        parse(package({"[Content_Types].xml": "<Types/>", "word/media/x.bin": b"1"}), "a.docx")
