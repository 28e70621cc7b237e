"""Makes the files of `files/`: our own words, written by LibreOffice 7.4, which must be on the path as `soffice`.

`python -m tests.ingestion.parse.legacy.make_files` writes them anew. The tests read the files as they stand; nobody
needs LibreOffice to run them. LibreOffice puts a picture of 440 kB into a presentation's summary: that is taken out.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import olefile

from tests.ingestion.parse.compound_writer import compound_file

FILES = Path(__file__).with_name("files")
TARGETS = {
    "handbook.fodt": ("doc:MS Word 97", "rtf:Rich Text Format"),
    "usage.fods": ("xls:MS Excel 97",),
    "deck.fodp": ("ppt:MS PowerPoint 97",),
}
_NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in [
        ("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"), ("draw", "drawing"),
        ("fo", "xsl-fo-compatible"), ("svg", "svg-compatible"), ("number", "datastyle"), ("meta", "meta"),
        ("presentation", "presentation"),
    ]
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'  # fmt: skip
_ANNOTATION = (
    '<office:annotation {where}><dc:creator>Bo Lind</dc:creator><dc:date>2026-03-01T10:00:00</dc:date>'
    "<text:p>{text}</text:p></office:annotation>"
)  # fmt: skip


def flat(kind: str, styles: str, automatic: str, masters: str, body: str) -> str:
    """A flat OpenDocument file."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_NAMES} office:version="1.3" '
        f'office:mimetype="application/vnd.oasis.opendocument.{kind}">'
        "<office:meta><dc:title>Renewal handbook</dc:title><meta:initial-creator>Ana Ruiz</meta:initial-creator>"
        "<meta:creation-date>2026-03-01T10:00:00</meta:creation-date></office:meta>"
        f"<office:styles>{styles}</office:styles><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:master-styles>{masters}</office:master-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>"
    )


def paragraphs(*lines: str) -> str:
    """Plain paragraphs."""
    return "".join(f"<text:p>{line}</text:p>" for line in lines)


def handbook() -> str:
    """A text with headings, lists, a table, notes, a comment, a box, hidden and deleted words."""
    levels = "".join(
        f'<text:list-level-style-number text:level="{level}" style:num-suffix="." style:num-format="{form}"/>'
        for level, form in ((1, "1"), (2, "a"))
    )
    automatic = (
        '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>'
        f'<text:list-style style:name="N">{levels}</text:list-style><text:list-style style:name="B">'
        '<text:list-level-style-bullet text:level="1" text:bullet-char="•"/></text:list-style>'
        '<style:style style:name="F" style:family="graphic"><style:graphic-properties/></style:style>'
        '<style:page-layout style:name="L"><style:page-layout-properties/>'
        "<style:header-style/><style:footer-style/></style:page-layout>"
    )
    headings = "".join(
        f'<style:style style:name="Heading_20_{n}" style:display-name="Heading {n}" style:family="paragraph" '
        f'style:default-outline-level="{n}"/>'
        for n in (1, 2)
    )
    masters = (
        '<style:master-page style:name="Standard" style:page-layout-name="L">'
        f"<style:header>{paragraphs('Customer office')}</style:header></style:master-page>"
    )
    rows = (("Plan", "Preis", "Frist"), ("Basis", "1.200 €", "30 Tage"), ("Größer", "2.400 €", "60 Tage"))
    table = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell>{paragraphs(cell)}</table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in rows
    )
    body = (
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info>'
        "<dc:creator>Bo Lind</dc:creator><dc:date>2026-03-01T10:00:00</dc:date></office:change-info>"
        f"{paragraphs('withdrawn words')}</text:deletion></text:changed-region></text:tracked-changes>"
        '<text:h text:style-name="Heading_20_1" text:outline-level="1">Renewal</text:h>'
        "<text:p>Ask ninety days before the end."
        '<text:note text:id="f1" text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        f"<text:note-body>{paragraphs('Sixty days for small plans.')}</text:note-body></text:note> "
        f"Then call.{_ANNOTATION.format(where='', text='Who calls?')} "
        '<text:span text:style-name="H">secret words </text:span>Done.<text:change text:change-id="c1"/></text:p>'
        '<text:h text:style-name="Heading_20_2" text:outline-level="2">Kündigung</text:h>'
        "<text:p>Für Ärger: „Größe“ – 5 €, Жизнь, 東京 😀.</text:p>"
        f'<text:list text:style-name="N"><text:list-item>{paragraphs("Prüfen")}<text:list><text:list-item>'
        f"{paragraphs('Frist')}</text:list-item></text:list></text:list-item>"
        f"<text:list-item>{paragraphs('Antworten')}</text:list-item></text:list>"
        f'<text:list text:style-name="B"><text:list-item>{paragraphs("a point")}</text:list-item></text:list>'
        f'<table:table table:name="T"><table:table-column table:number-columns-repeated="3"/>{table}</table:table>'
        '<text:p><draw:frame draw:style-name="F" text:anchor-type="paragraph" svg:width="5cm" svg:height="2cm">'
        f"<draw:text-box>{paragraphs('A word in a box')}</draw:text-box></draw:frame>The end."
        '<text:note text:id="e1" text:note-class="endnote"><text:note-citation>i</text:note-citation>'
        f"<text:note-body>{paragraphs('Source: the contract.')}</text:note-body></text:note></text:p>"
    )
    return flat("text", headings, automatic, masters, body)


def usage() -> str:
    """A workbook with formats, merged cells, a comment, a box, page margins, a hidden sheet."""
    formats = (
        '<number:percentage-style style:name="P"><number:number number:decimal-places="1" number:min-decimal-places="1"'
        ' number:min-integer-digits="1"/><number:text>%</number:text></number:percentage-style>'
        '<number:number-style style:name="M"><number:number number:decimal-places="2" number:min-decimal-places="2" '
        'number:min-integer-digits="1" number:grouping="true"/><number:text> €</number:text></number:number-style>'
        '<number:date-style style:name="D"><number:day number:style="long"/><number:text>.</number:text>'
        '<number:month number:style="long"/><number:text>.</number:text><number:year number:style="long"/>'
        '</number:date-style><number:time-style style:name="T" number:truncate-on-overflow="false">'
        '<number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/>'
        '</number:time-style><number:boolean-style style:name="B"><number:boolean/></number:boolean-style>'
    )
    cell_styles = "".join(
        f'<style:style style:name="c{name}" style:family="table-cell" style:data-style-name="{name}"/>'
        for name in "PMDTB"
    )
    automatic = (
        formats
        + cell_styles
        + '<style:style style:name="hid" style:family="table"><style:table-properties table:display="false"/>'
        '</style:style><style:style style:name="vis" style:family="table" style:master-page-name="Default">'
        '<style:table-properties table:display="true"/></style:style><style:page-layout style:name="L">'
        "<style:header-style/><style:footer-style/></style:page-layout>"
    )
    masters = (
        '<style:master-page style:name="Default" style:page-layout-name="L">'
        f"<style:header>{paragraphs('For the board')}</style:header></style:master-page>"
    )

    def cell(kind: str, value: str, style: str = "", more: str = "") -> str:
        name = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}.get(kind, "value")
        look = f' table:style-name="c{style}"' if style else ""
        if kind == "string":
            return f'<table:table-cell office:value-type="string"{look} {more}>{paragraphs(value)}</table:table-cell>'
        return f'<table:table-cell office:value-type="{kind}" office:{name}="{value}"{look} {more}/>'

    def row(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    comment = _ANNOTATION.format(where='svg:width="3cm" svg:height="2cm"', text="Bo Lind:\nchecked")
    box = (
        '<draw:frame svg:x="12cm" svg:y="1cm" svg:width="4cm" svg:height="2cm">'
        f"<draw:text-box>{paragraphs('A word in a box')}</draw:text-box></draw:frame>"
    )
    rows = (
        row(cell("string", "Größe"), cell("string", "Share"), cell("string", "Preis"), cell("string", "Day"))
        + row(
            cell("float", "12"), cell("percentage", "0.125", "P"), cell("float", "1234.5", "M"),
            cell("date", "2026-03-01", "D"),
        )
        + row(
            cell("string", "Lyon", more='table:number-rows-spanned="2" table:number-columns-spanned="1"'),
            cell("float", "0.333333333333"), cell("float", "-5", "M"), cell("time", "PT26H30M", "T"),
        )
        + row("<table:covered-table-cell/>", cell("boolean", "true", "B"), cell("string", "東京 Жизнь"),
            '<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0"/>')
        + row(
            f'<table:table-cell office:value-type="string">{comment}{paragraphs("noted")}</table:table-cell>',
        )
    )  # fmt: skip
    body = (
        f'<table:table table:name="Nutzung" table:style-name="vis"><table:shapes>{box}</table:shapes>{rows}'
        f'</table:table><table:table table:name="Secret" table:style-name="hid">{row(cell("string", "secret words"))}'
        "</table:table>"
    )
    return flat("spreadsheet", "", automatic, masters, body)


def deck() -> str:
    """Two slides with titles, an outline, a box, a table, notes and a comment."""

    def frame(kind: str, text: str, y: int) -> str:
        return (
            f'<draw:frame presentation:style-name="pr" presentation:class="{kind}" svg:x="1cm" svg:y="{y}cm" svg:width="20cm" svg:height="3cm">'
            f"<draw:text-box>{text}</draw:text-box></draw:frame>"
        )

    def slide(name: str, inside: str) -> str:
        return (
            f'<draw:page draw:name="{name}" draw:master-page-name="Default" '
            f'presentation:presentation-page-layout-name="TO">{inside}</draw:page>'
        )

    points = "".join(f"<text:list-item>{paragraphs(line)}</text:list-item>" for line in ("Prüfen", "Жизнь 東京"))
    box = frame("x", paragraphs("A word in a box"), 12).replace(
        'presentation:style-name="pr" presentation:class="x" ', ""
    )
    group = f"<draw:g>{box.replace('A word in a box', 'A word in a group')}</draw:g>"
    notes = f"<presentation:notes>{frame('notes', paragraphs('Say it slowly.'), 14)}</presentation:notes>"
    comment = _ANNOTATION.format(where='svg:x="1cm" svg:y="1cm"', text="Too long?")
    body = slide(
        "one",
        frame("title", paragraphs("Größere Pläne"), 1) + frame("outline", f"<text:list>{points}</text:list>", 5)
        + box + group + comment + notes,
    ) + slide("two", frame("title", paragraphs("Next steps"), 1) + frame("outline", paragraphs("Call in March"), 5))  # fmt: skip
    holders = frame("title", "", 1) + frame("outline", "", 5)
    masters = (
        '<style:master-page style:name="Default" style:page-layout-name="L">'
        + holders.replace("presentation:class", 'presentation:placeholder="true" presentation:class')
        + "</style:master-page>"
    )
    layout = (
        '<style:presentation-page-layout style:name="TO">'
        '<presentation:placeholder presentation:object="title" svg:x="1cm" svg:y="1cm" svg:width="20cm" '
        'svg:height="3cm"/><presentation:placeholder presentation:object="outline" svg:x="1cm" svg:y="5cm" '
        'svg:width="20cm" svg:height="3cm"/></style:presentation-page-layout>'
    )
    automatic = '<style:page-layout style:name="L"/><style:style style:name="pr" style:family="presentation"/>'
    return flat("presentation", layout, automatic, masters, body)


def without_summary(path: Path) -> None:
    """Writes a compound file anew without its summary."""
    with olefile.OleFileIO(path) as ole:
        names = [entry for entry in ole.listdir() if entry != ["\x05SummaryInformation"]]
        streams = {"/".join(entry): ole.openstream(entry).read() for entry in names}
    path.write_bytes(compound_file(streams))


def main() -> None:
    """Writes the files anew."""
    soffice = shutil.which("soffice")
    if soffice is None:
        raise SystemExit("soffice isn't on the path; install LibreOffice, which is needed to make the files only.")
    FILES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("handbook.fodt", handbook()), ("usage.fods", usage()), ("deck.fodp", deck())):
            source = Path(folder, name)
            source.write_text(text, "utf-8")
            for target in TARGETS[name]:
                profile = f"-env:UserInstallation=file://{folder}/profile"
                subprocess.run(
                    [soffice, "--headless", profile, "--convert-to", target, "--outdir", str(FILES), str(source)],
                    check=True,
                )
    without_summary(FILES / "deck.ppt")


if __name__ == "__main__":
    main()
