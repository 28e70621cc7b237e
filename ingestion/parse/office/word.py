"""docx, docm, dotx → sections: everything a reader sees, in the order of the page.

Read straight from the XML: python-docx leaves out text boxes, rendered numbering, notes, comments and equations
and refuses "strict" files, mammoth (to HTML) leaves out most of these as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.errors import ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, clean, one_line
from ingestion.parse.merged_cells import Grid
from ingestion.parse.office.drawing import alternative_text, chart, diagram, embedded
from ingestion.parse.office.equation import linear
from ingestion.parse.office.package import Element, Package, Relation, attribute, child, descendants, local
from ingestion.parse.office.word_numbering import Numbering

# Wrappers whose content is read as if they weren't there.
_TRANSPARENT = frozenset(
    "ins moveTo hyperlink smartTag sdt sdtContent fldSimple customXml dir bdo ruby rubyBase subDoc".split()
)
_SKIPPED = frozenset(
    "del moveFrom rt pPr rPr sdtPr sdtEndPr tblPr tblGrid trPr tcPr instrText delText proofErr sectPr".split()
)


@dataclass(slots=True)
class Style:
    """What matters of a paragraph style: its parent, heading level (1–9), list, and whether it is hidden."""

    parent: str = ""
    level: int = 0
    number: str = ""
    depth: int = 0
    name: str = ""


@dataclass(slots=True)
class Pieces:
    """A paragraph while it is read: its text, and the drawings anchored in it."""

    text: list[str] = field(default_factory=list)
    drawings: list[Element] = field(default_factory=list)


def parse_word(file: File) -> Parsed:
    """A Word document's headings, text, lists, tables, notes, comments, boxes, headers and footers."""
    return WordDocument(file).parse()


class WordDocument:
    """One docx package being read."""

    def __init__(self, file: File) -> None:
        self.package = Package(file)
        mains = [name for name in self.package.related("", "officeDocument") if name.endswith(".xml")]
        self.main = (mains or [self.package.find("word/document.xml") or ""])[0]
        root = self.package.xml(self.main) if self.main else None
        body = child(root, "body")
        if body is None:
            raise ParseError("it is damaged: it has no readable document part; open and save it again in Word")
        self.body: Element = body
        self.relations: dict[str, dict[str, Relation]] = {}
        self.part = self.main
        self.draft = Draft(file.budget)
        self.styles = self._read_styles()
        self.numbering = Numbering(self._part("numbering"))
        self.note_numbers: dict[tuple[str, str], int] = {}
        self.pending: list[tuple[str, str, str, tuple[str, ...]]] = []  # text, locator, kind, heading path

    def parse(self) -> Parsed:
        """The whole document."""
        title, metadata = self.package.properties()
        self.blocks(self.body)
        self.draft.close_headings()
        self._notes()
        embedded(self.draft, self.package, self.main)
        for kind in ("header", "footer"):
            self._margins(kind)
        for name in self.package.damaged:
            self.draft.warn(f"The part {name} is damaged; what could be read of it was kept.")
        return self.draft.parsed(title or self._title(), metadata)

    def blocks(self, parent: Element) -> None:
        """The paragraphs and tables below `parent`, wrappers opened."""
        for element in parent:
            name = local(element)
            if name == "p":
                self.paragraph(element)
            elif name == "tbl":
                self.table(element)
            elif name == "AlternateContent":
                self.blocks(_choice(element))
            elif name in ("oMathPara", "oMath"):
                self.draft.text(linear(element))
            elif name == "altChunk":
                self.draft.warn("A document is embedded by reference (altChunk); its text was not read.")
            elif name not in _SKIPPED:
                self.blocks(element)

    def paragraph(self, element: Element) -> None:
        """One paragraph, then what floats beside it."""
        text, pieces = self.read(element)
        level, label = self._level_and_label(element, bool(clean(text)))
        if label and level == 0:
            depth = self._list(element)[1]
            self.draft.item("  " * depth + f"{label} {text}")
        elif level:
            self.draft.heading(level, f"{label} {text}" if label else text)
        else:
            self.draft.text(text)
        self._anchored(pieces)

    def read(self, element: Element) -> tuple[str, Pieces]:
        """A paragraph's text and what is anchored in it."""
        pieces = Pieces()
        self._inline(element, pieces)
        return "".join(pieces.text), pieces

    def table(self, element: Element) -> None:
        """A table as rows; one used for layout (a single column) as what it holds."""
        rows = list(_rows(element))
        if all(len(cells) <= 1 for cells in rows):
            for cells in rows:
                for cell in cells:
                    self.blocks(cell)
            return
        grid, anchored = Grid(headers=_header_rows(element)), list[Pieces]()
        above: dict[int, str] = {}
        for cells in rows:
            grid.rows.append([])
            for cell in cells:
                properties = child(cell, "tcPr")
                merged, span = child(properties, "vMerge"), child(properties, "gridSpan")
                at = len(grid.rows[-1])
                goes_on = merged is not None and attribute(merged, "val") != "restart"
                text = above[at] = above.get(at, "") if goes_on else self.cell(cell, anchored)
                width = (attribute(span, "val") if span is not None else None) or "1"
                grid.extend(text, min(int(width), 63) if width.isdigit() else 1, below=goes_on)
        self.draft.grid(grid)
        for pieces in anchored:
            self._anchored(pieces)

    def cell(self, cell: Element, anchored: list[Pieces]) -> str:
        """A cell's text on one line, nested tables row by row."""
        parts: list[str] = []
        for element in _flat(cell):
            if local(element) == "tbl":
                for cells in _rows(element):
                    parts.append(", ".join(filter(None, (self.cell(item, anchored) for item in cells))) + ";")
                continue
            text, pieces = self.read(element)
            _, label = self._level_and_label(element, bool(clean(text)))
            parts.append(f"{label} {text}" if label else text)
            anchored.append(pieces)
        return one_line(" ".join(parts))

    def _inline(self, element: Element, pieces: Pieces) -> None:
        for item in element:
            name = local(item)
            if name == "r":
                if not _hidden(item):
                    self._inline(item, pieces)
            elif name == "t":
                pieces.text.append(item.text or "")
            elif name in ("tab", "ptab"):
                pieces.text.append("\t")
            elif name in ("br", "cr"):
                pieces.text.append("\n")
            elif name == "noBreakHyphen":
                pieces.text.append("-")
            elif name == "sym":
                code = attribute(item, "char") or ""
                pieces.text.append(_symbol(code))
            elif name in ("footnoteReference", "endnoteReference"):
                self._reference(name.removesuffix("Reference"), attribute(item, "id") or "", pieces)
            elif name == "commentReference":
                self.pending.append((attribute(item, "id") or "", "", "comment", self.draft.heading_path))
            elif name in ("oMath", "oMathPara"):
                pieces.text.append(linear(item))
            elif name == "checkBox":
                checked = child(item, "checked")
                checked = checked if checked is not None else child(item, "default")
                on = checked is not None and attribute(checked, "val") not in ("0", "false")
                pieces.text.append("☒" if on else "☐")
            elif name == "AlternateContent":
                self._inline(_choice(item), pieces)
            elif name in ("drawing", "pict", "object"):
                pieces.drawings.append(item)
            elif name in ("fldChar", "ffData") or name in _TRANSPARENT:
                self._inline(item, pieces)

    def _anchored(self, pieces: Pieces) -> None:
        for drawing in pieces.drawings:
            if text := alternative_text(next(descendants(drawing, "docPr"), None)):
                self.draft.text(f"[Image: {text}]")
            for box in _outermost(drawing, "txbxContent"):
                self.blocks(box)
            for art in descendants(drawing, "textpath"):  # WordArt of old files
                self.draft.text(attribute(art, "string") or "")
            for reference in descendants(drawing, "chart"):
                if (part := self._target(attribute(reference, "id"))) is not None:
                    heading, rows = chart(self.package, part)
                    self.draft.text(heading)
                    self.draft.table(rows)
            for reference in descendants(drawing, "relIds"):
                if (part := self._target(attribute(reference, "dm"))) is not None:
                    for text in diagram(self.package, part):
                        self.draft.item(f"- {text}")

    def _reference(self, kind: str, note: str, pieces: Pieces) -> None:
        number = self.note_numbers.setdefault((kind, note), 1 + sum(key[0] == kind for key in self.note_numbers))
        pieces.text.append(f"[{number}]")
        self.pending.append((note, str(number), kind, self.draft.heading_path))

    def _notes(self) -> None:
        """Footnotes, endnotes and comments, each under the headings it was made at."""
        authors: dict[tuple[str, str], tuple[str, str]] = {}
        for kind in ("footnote", "endnote", "comment"):
            part = f"{kind}s"
            root = self._part(part)
            if root is None:
                continue
            self.part = (self.package.related(self.main, part) or [self.main])[0]
            for element in descendants(root, kind):
                if attribute(element, "type") not in (None, "normal"):
                    continue
                texts = [self.read(item)[0] for item in descendants(element, "p")]
                authors[kind, attribute(element, "id") or ""] = (
                    clean("\n".join(texts)),
                    one_line(attribute(element, "author") or ""),
                )
            self.part = self.main
        told: set[tuple[str, str]] = set()
        for note, number, kind, path in [*self.pending, *((key[1], "", key[0], ()) for key in authors)]:
            text, author = authors.get((kind, note), ("", ""))
            if not text or (kind, note) in told:
                continue
            told.add((kind, note))
            if kind == "comment":
                text, locator = f"Comment by {author}: {text}" if author else f"Comment: {text}", "comment"
            else:
                text, locator = f"[{number}] {text}" if number else text, f"{kind} {number}".strip()
            self.draft.add(text, "note", locator, path)

    def _margins(self, kind: str) -> None:
        told: set[str] = set()
        for part in self.package.related(self.main, kind):
            root = self.package.xml(part)
            if root is None:
                continue
            whole, self.part, self.draft = self.draft, part, Draft(self.draft.budget)
            self.blocks(root)
            text = "\n".join(section.text for section in self.draft.parsed().sections)
            self.draft = whole
            if text and text not in told:
                told.add(text)
                self.draft.add(text, "note", f"page {kind}")
        self.part = self.main

    def _level_and_label(self, element: Element, visible: bool) -> tuple[int, str]:
        properties = child(element, "pPr")
        style = _value(child(properties, "pStyle"))
        level = next((item.level for item in self._lineage(style) if item.level), 0)
        outline = _value(child(properties, "outlineLvl"))
        if outline and outline.isdigit():
            level = int(outline) + 1 if int(outline) < 9 else 0
        number, depth = self._list(element)
        return level, self.numbering.label(number, depth) if number not in ("", "0") and visible else ""

    def _list(self, element: Element) -> tuple[str, int]:
        properties = child(element, "pPr")
        direct = child(properties, "numPr")
        number, depth = _value(child(direct, "numId")), _value(child(direct, "ilvl"))
        for item in self._lineage(_value(child(properties, "pStyle"))):
            if number is None and item.number:
                number = item.number
                depth = depth if depth is not None else str(item.depth)
        return number or "", int(depth) if depth and depth.isdigit() else 0

    def _lineage(self, style: str | None) -> Iterator[Style]:
        seen: set[str] = set()
        key = style or ""
        while key in self.styles and key not in seen:
            seen.add(key)
            yield self.styles[key]
            key = self.styles[key].parent

    def _read_styles(self) -> dict[str, Style]:
        styles: dict[str, Style] = {}
        for element in descendants(self._part("styles"), "style"):
            properties = child(element, "pPr")
            style = Style(_value(child(element, "basedOn")) or "", name=(_value(child(element, "name")) or "").lower())
            words = style.name.split()
            outline = _value(child(properties, "outlineLvl"))
            if style.name == "title":
                style.level = 1
            elif len(words) == 2 and words[0] == "heading" and words[1].isdigit():
                style.level = min(int(words[1]), 9)
            elif outline and outline.isdigit() and int(outline) < 9:
                style.level = int(outline) + 1
            numbering = child(properties, "numPr")
            style.number = _value(child(numbering, "numId")) or ""
            depth = _value(child(numbering, "ilvl")) or "0"
            style.depth = int(depth) if depth.isdigit() else 0
            styles[attribute(element, "styleId") or ""] = style
        return styles

    def _title(self) -> str:
        """The first paragraph in the style "Title"."""
        for element in descendants(self.body, "p"):
            style = _value(child(element, "pPr", "pStyle"))
            if style and self.styles.get(style, Style()).name == "title" and (text := self.read(element)[0].strip()):
                return text
        return ""

    def _part(self, kind: str) -> Element | None:
        parts = self.package.related(self.main, kind)
        return self.package.xml(parts[0]) if parts else None

    def _target(self, relation: str | None) -> str | None:
        if self.part not in self.relations:
            self.relations[self.part] = self.package.relations(self.part)
        found = self.relations[self.part].get(relation or "")
        return None if found is None or found.external else self.package.find(found.target)


def _header_rows(table: Element) -> int:
    """How many rows the table repeats on each page as its header, where that is more than one."""
    count = 0
    for row in _wrapped(table, "tr"):
        repeated = child(row, "trPr", "tblHeader")
        if repeated is None or attribute(repeated, "val") in ("0", "false"):
            break
        count += 1
    return count if count > 1 else 0


def _rows(table: Element) -> Iterator[list[Element]]:
    for row in _wrapped(table, "tr"):
        if child(row, "trPr", "del") is None:
            yield list(_wrapped(row, "tc"))


def _wrapped(parent: Element, name: str) -> Iterator[Element]:
    """Children of that name, also those inside content controls and the like."""
    for element in parent:
        found = local(element)
        if found == name:
            yield element
        elif found in _TRANSPARENT:
            yield from _wrapped(element, name)


def _flat(cell: Element) -> Iterator[Element]:
    for element in cell:
        name = local(element)
        if name in ("p", "tbl"):
            yield element
        elif name == "AlternateContent":
            yield from _flat(_choice(element))
        elif name not in _SKIPPED:
            yield from _flat(element)


def _outermost(parent: Element, name: str) -> Iterator[Element]:
    """Descendants of that name that aren't inside another; of alternatives only the one that is shown."""
    for element in parent:
        found = local(element)
        if found == name:
            yield element
        elif found == "AlternateContent":
            yield from _outermost(_choice(element), name)
        else:
            yield from _outermost(element, name)


def _choice(alternatives: Element) -> Element:
    """The content for new readers if it holds anything, else the fallback for old ones."""
    choice = child(alternatives, "Choice")
    fallback = child(alternatives, "Fallback")
    if choice is not None and (fallback is None or len(choice)):
        return choice
    return fallback if fallback is not None else alternatives


def _hidden(run: Element) -> bool:
    vanish = child(run, "rPr", "vanish")
    return vanish is not None and attribute(vanish, "val") not in ("0", "false", "off")


def _symbol(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""


def _value(element: Element | None) -> str | None:
    return None if element is None else attribute(element, "val")
