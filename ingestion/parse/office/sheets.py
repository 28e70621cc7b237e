"""xlsx, xlsm, xltx → sections: each visible sheet's cells as shown, notes, charts, headers and footers.

Read as a stream straight from the XML: a sheet that claims a million rows costs what it holds. openpyxl gives
values without their display formats and needs 50 times the memory; calamine has neither formats nor comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from core.errors import ParseError, TooLarge
from core.types import Parsed
from ingestion.parse.draft import Draft, File, one_line
from ingestion.parse.office.drawing import chart, embedded, paragraph_text
from ingestion.parse.office.grid import Area, write_grid
from ingestion.parse.office.number_format import BUILTIN, shown
from ingestion.parse.office.package import Element, Package, attribute, child, descendants, local, xml_options

MAX_ROWS = 1_048_576
MAX_MERGED_ROWS = 2_000


def parse_sheets(file: File) -> Parsed:
    """A workbook's visible sheets in their order."""
    return Workbook(file).parse()


class Workbook:
    """One xlsx package being read."""

    def __init__(self, file: File) -> None:
        self.package = Package(file)
        mains = self.package.related("", "officeDocument")
        self.main = (mains or [self.package.find("xl/workbook.xml") or ""])[0]
        root = self.package.xml(self.main) if self.main and not self.main.endswith(".bin") else None
        if root is None:
            raise ParseError("it is damaged: it has no readable workbook part; open and save it again")
        self.root: Element = root
        self.draft = Draft(file.budget)
        properties = child(root, "workbookPr")
        self.epoch_1904 = properties is not None and attribute(properties, "date1904") in ("1", "true")
        self.strings = list(self._read_strings())
        self.formats = self._read_formats()
        self.people = self._read_people()

    def parse(self) -> Parsed:
        """The whole workbook."""
        title, metadata = self.package.properties()
        relations = self.package.relations(self.main)
        hidden: list[str] = []
        for number, element in enumerate(descendants(child(self.root, "sheets"), "sheet"), 1):
            name = one_line(attribute(element, "name") or f"Sheet {number}")
            key = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            part = self.package.find(relations[key].target) if key in relations else None
            if attribute(element, "state") in ("hidden", "veryHidden"):
                hidden.append(name)
            elif part is not None:
                self._sheet(number, name, part)
        if hidden:
            self.draft.warn(f"Hidden sheets were not read: {', '.join(hidden[:20])}.")
        for name in self.package.damaged:
            self.draft.warn(f"The part {name} is damaged; what could be read of it was kept.")
        return self.draft.parsed(title, metadata)

    def _sheet(self, number: int, name: str, part: str) -> None:
        self.draft.close_headings()
        self.draft.place(number, f"sheet {name}")
        rows: dict[int, dict[int, str]] = {}
        margins: list[str] = []
        areas: list[Area] = []
        used = 0
        for kind, value in self._events(part):
            if kind == "cell":
                row, column, text = value
                rows.setdefault(row, {})[column] = text
                used += len(text) + 3
                if used > self.draft.budget.limits.max_chars:
                    self.draft.budget.write(used)
            elif kind == "merge":
                areas.extend(_merged(rows, value))
            elif kind == "margin" and value and value not in margins:
                margins.append(value)
        comments = list(self._comments(part))
        drawings = self._drawings(part)
        if not rows and not comments and not drawings:
            return
        self.draft.heading(1, name)
        write_grid(self.draft, rows, f"sheet {name}", areas)
        for title, table in drawings:
            self.draft.text(title)
            self.draft.table(table)
        embedded(self.draft, self.package, part)
        for text in comments:
            self.draft.add(text, "note", f"sheet {name} comment")
        for text in margins:
            self.draft.add(text, "note", f"sheet {name} header or footer")

    def _events(self, part: str) -> Iterator[tuple[str, Any]]:
        """("cell", (row, column, text)), ("merge", reference) and ("margin", text) of a sheet."""
        row = -1
        count = 0
        with self.package.open(part) as stream:
            for element in iterate(stream, ("row", "mergeCell", *_MARGINS)):
                name = local(element)
                if name == "row":
                    count += 1
                    if count > MAX_ROWS:
                        raise TooLarge(f"its sheet {part} has more than {MAX_ROWS:,} rows; split it into parts")
                    number = element.get("r") or ""
                    row = int(number) - 1 if number.isdigit() else row + 1
                    column = -1
                    for cell in element:
                        reference = (cell.get("r") or "").rstrip("0123456789")
                        column = column_number(reference) if reference else column + 1
                        if text := self._cell(cell):
                            yield "cell", (row, column, text)
                elif name == "mergeCell":
                    yield "merge", element.get("ref") or ""
                else:
                    yield "margin", margin_text(element.text or "")

    def _cell(self, element: Element) -> str:
        kind = element.get("t") or "n"
        if kind == "inlineStr":
            return "".join(item.text or "" for item in _visible_texts(child(element, "is")))
        value = child(element, "v")
        text = (value.text or "") if value is not None else ""
        if not text:
            return ""
        if kind == "s":
            return self.strings[int(text)] if text.isdigit() and int(text) < len(self.strings) else ""
        if kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        if kind in ("str", "e"):
            return text
        if kind == "d":
            return text.replace("T00:00:00", "").replace("T", " ").removesuffix("Z")
        style = element.get("s") or "0"
        code = self.formats[int(style)] if style.isdigit() and int(style) < len(self.formats) else "General"
        try:
            return shown(float(text), code, self.epoch_1904)
        except ValueError:
            return text

    def _read_strings(self) -> Iterator[str]:
        for part in self.package.related(self.main, "sharedStrings"):
            total = 0
            with self.package.open(part) as stream:
                for element in iterate(stream, ("si",)):
                    text = "".join(item.text or "" for item in _visible_texts(element))
                    total += len(text)
                    if total > 4 * self.draft.budget.limits.max_chars:
                        self.draft.budget.write(total)
                    yield text

    def _read_formats(self) -> list[str]:
        """The number format of each cell style."""
        parts = self.package.related(self.main, "styles")
        root = self.package.xml(parts[0]) if parts else None
        codes = dict(BUILTIN)
        for element in descendants(child(root, "numFmts"), "numFmt"):
            number = attribute(element, "numFmtId") or ""
            if number.isdigit():
                codes[int(number)] = attribute(element, "formatCode") or "General"
        formats: list[str] = []
        for element in descendants(child(root, "cellXfs"), "xf"):
            number = attribute(element, "numFmtId") or "0"
            formats.append(codes.get(int(number), "General") if number.isdigit() else "General")
        return formats

    def _read_people(self) -> dict[str, str]:
        people: dict[str, str] = {}
        for part in self.package.related(self.main, "person"):
            for element in descendants(self.package.xml(part), "person"):
                people[attribute(element, "id") or ""] = one_line(attribute(element, "displayName") or "")
        return people

    def _comments(self, part: str) -> Iterator[str]:
        for name in self.package.related(part, "threadedComment"):
            for element in descendants(self.package.xml(name), "threadedComment"):
                text = child(element, "text")
                who = self.people.get(attribute(element, "personId") or "", "")
                yield _comment(attribute(element, "ref") or "", who, (text.text or "") if text is not None else "")
        for name in self.package.related(part, "comments"):
            root = self.package.xml(name)
            authors = [one_line(item.text or "") for item in descendants(child(root, "authors"), "author")]
            for element in descendants(root, "comment"):
                number = attribute(element, "authorId") or ""
                who = authors[int(number)] if number.isdigit() and int(number) < len(authors) else ""
                text = "".join(item.text or "" for item in _visible_texts(child(element, "text")))
                if text.startswith("[Threaded comment]"):  # for readers that don't know threads
                    continue
                # Excel repeats the author's name as the comment's first line.
                if who and text.startswith(f"{who}:"):
                    text = text[len(who) + 1 :]
                yield _comment(attribute(element, "ref") or "", who, text)

    def _drawings(self, part: str) -> list[tuple[str, list[list[str]]]]:
        found: list[tuple[str, list[list[str]]]] = []
        for drawing in self.package.related(part, "drawing"):
            for body in descendants(self.package.xml(drawing), "txBody"):
                text = "\n".join(paragraph_text(item) for item in descendants(body, "p"))
                if text.strip():
                    found.append((text, []))
            for name in self.package.related(drawing, "chart"):
                found.append(chart(self.package, name))
        return found


_MARGINS = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")


def iterate(stream: Any, names: tuple[str, ...]) -> Iterator[Element]:
    """The elements with these local names as they end, freed afterwards; a damaged rest ends it."""
    options = {**xml_options(), "events": ("end",), "tag": [f"{{*}}{name}" for name in names]}
    try:
        for _, element in etree.iterparse(stream, **options):
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        if "out of memory" in str(error).lower():
            raise MemoryError from error


def column_number(letters: str) -> int:
    """0 for "A", 26 for "AA"."""
    number = 0
    for letter in letters[:3].upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def margin_text(code: str) -> str:
    """A header or footer without its codes for fonts, page numbers and positions."""
    code = re.sub(r"&&", "\0", code)
    code = re.sub(r'&"[^"]*"|&K[0-9A-Fa-f]{6}|&\d+', "", code)
    code = re.sub(r"&[LCR]", "\n", code)
    return one_line(re.sub(r"&[A-Za-z]", "", code).replace("\0", "&"))


def _merged(rows: dict[int, dict[int, str]], reference: str) -> Iterator[Area]:
    """The merged area; its text is written into each of its rows."""
    match = re.fullmatch(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})", reference)
    if match is None:
        return
    column, top, bottom = column_number(match.group(1)), int(match.group(2)) - 1, int(match.group(4)) - 1
    text = rows.get(top, {}).get(column, "")
    if text and bottom - top < MAX_MERGED_ROWS:
        for row in range(top + 1, bottom + 1):
            if row in rows:
                rows[row].setdefault(column, text)
        yield Area(top, column, bottom, column_number(match.group(3)))


def _visible_texts(element: Element | None) -> Iterator[Element]:
    """The w:t of a string without its phonetic guide."""
    for item in element if element is not None else ():
        if local(item) == "t":
            yield item
        elif local(item) == "r":
            yield from (inner for inner in item if local(inner) == "t")


def _comment(reference: str, author: str, text: str) -> str:
    who = f"Comment on {reference} by {author}" if author else f"Comment on {reference}"
    return f"{who}: {text.strip()}" if text.strip() else ""
