"""Small files of each format, written by hand: what the parsers must find is in plain sight."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def relations(**targets: str) -> str:
    """A .rels part: id=kind:target."""
    links = "".join(
        f'<Relationship Id="{key}" Type="http://x/{value.split(":", 1)[0]}" Target="{value.split(":", 1)[1]}"/>'
        for key, value in targets.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'
    )


def docx(body: str, parts: Mapping[str, str] | None = None, **links: str) -> bytes:
    """A Word document with this body, and further parts that it relates to."""
    return package(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations(r1="officeDocument:word/document.xml", r2="core-properties:docProps/core.xml"),
            "word/document.xml": f"<w:document {W} {R}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(**links),
            "docProps/core.xml": (
                '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>Fire plan</dc:title>'
                "<dc:creator>Ana Ruiz</dc:creator><dcterms:modified>2026-03-01T10:00:00+02:00</dcterms:modified>"
                "</cp:coreProperties>"
            ),
            **(parts or {}),
        }
    )


def paragraph(text: str, properties: str = "") -> str:
    """A Word paragraph."""
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def xlsx(
    rows: str,
    styles: str = "",
    strings: str = "",
    after: str = "",
    extra: Mapping[str, str] | None = None,
    **links: str,
) -> bytes:
    """A workbook with one sheet, "Usage", and one hidden sheet."""
    return package(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations(r1="officeDocument:xl/workbook.xml"),
            "xl/workbook.xml": (
                f'<workbook {R}><sheets><sheet name="Usage" r:id="r1"/>'
                '<sheet name="Secret" state="hidden" r:id="r2"/></sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": relations(
                r1="worksheet:worksheets/sheet1.xml",
                r2="worksheet:worksheets/sheet2.xml",
                r3="styles:styles.xml",
                r4="sharedStrings:sharedStrings.xml",
            ),
            "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{rows}</sheetData>{after}</worksheet>",
            "xl/worksheets/_rels/sheet1.xml.rels": relations(**links),
            "xl/worksheets/sheet2.xml": (
                '<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>hidden words</v></c></row></sheetData></worksheet>'
            ),
            "xl/styles.xml": f"<styleSheet>{styles}</styleSheet>",
            "xl/sharedStrings.xml": f"<sst>{strings}</sst>",
            **(extra or {}),
        }
    )


def pptx(shapes: str, slide_links: str = "", parts: Mapping[str, str] | None = None) -> bytes:
    """A presentation with one slide."""
    return package(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations(r1="officeDocument:ppt/presentation.xml"),
            "ppt/presentation.xml": f'<p:presentation {P} {R}><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations(r1="slide:slides/slide1.xml", r2="commentAuthors:authors.xml"),
            "ppt/slides/slide1.xml": f"<p:sld {P} {A} {R}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>",
            "ppt/slides/_rels/slide1.xml.rels": slide_links or relations(),
            **(parts or {}),
        }
    )


def shape(text: str, placeholder: str = "") -> str:
    """A text shape."""
    holder = f'<p:nvPr><p:ph type="{placeholder}"/></p:nvPr>' if placeholder else "<p:nvPr/>"
    lines = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="s"/>{holder}</p:nvSpPr><p:txBody>{lines}</p:txBody></p:sp>'


def odf(kind: str, body: str, styles: str = "", manifest: str = "<m/>") -> bytes:
    """An OpenDocument package of kind text, spreadsheet or presentation."""
    names = (
        'xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:draw="d" xmlns:style="s" xmlns:presentation="p" '
        'xmlns:svg="v" xmlns:dc="c" xmlns:xlink="x"'
    )
    return package(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {names}>{styles}<office:body><office:{kind}>{body}</office:{kind}>"
            "</office:body></office:document-content>",
            "META-INF/manifest.xml": manifest,
        }
    )


def pdf(*pages: str, image: bool = False) -> bytes:
    """A PDF with these content streams, Helvetica as /F1, pages of 600 x 800 points."""
    objects: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids = []
    for content in pages:
        kids.append(f"{len(objects) + 1} 0 R")
        picture = f"/XObject<</I {len(objects) + 3} 0 R>>" if image else ""
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {len(objects) + 2} 0 R/Resources<</Font<</F1"
            f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>{picture}>>>>".encode()
        )
        objects.append(f"<</Length {len(content)}>>stream\n{content}\nendstream".encode("latin-1"))
        if image:
            objects.append(
                b"<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length 1>>"
                b"stream\n\x80\nendstream"
            )
    objects[1] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>".encode()
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj" % number + content + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
    return out + b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


def words(x: float, y: float, text: str, size: float = 12) -> str:
    """PDF operators that write `text` with its left lower corner at x, y."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F1 {size} Tf {x} {y} Td ({escaped}) Tj ET\n"
