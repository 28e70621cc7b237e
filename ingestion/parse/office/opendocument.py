"""odt, ods, odp (and their flat XML forms) → sections: everything a reader sees, cells as shown."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import Encrypted, ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, attributes, clean, one_line
from ingestion.parse.office.grid import write_grid
from ingestion.parse.office.package import Element, Package, attribute, child, descendants, iso_date, local, read_xml
from ingestion.parse.office.word_numbering import render

MAX_REPEATED = 1_000
_FORMATS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_SKIPPED = frozenset(
    "tracked-changes sequence-decls variable-decls user-field-decls forms scripts font-face-decls automatic-styles "
    "bookmark bookmark-start bookmark-end hidden-text hidden-paragraph page-number database-ranges "
    "calculation-settings content-validations named-expressions settings dde-links shapes-settings".split()
)


def parse_opendocument(file: File) -> Parsed:
    """An OpenDocument package."""
    package = Package(file)
    manifest = package.xml("META-INF/manifest.xml")
    if next(descendants(manifest, "encryption-data"), None) is not None:
        raise Encrypted("it is encrypted with a password; remove the password and upload it again")
    content = package.xml("content.xml")
    if content is None:
        raise ParseError("it is damaged: it has no readable content.xml; open and save it again")
    draft = Draft(file.budget)
    for name in package.damaged:
        draft.warn(f"The part {name} is damaged; what could be read of it was kept.")
    return _Reader(draft, content, package.xml("styles.xml"), package).parse(package.xml("meta.xml"))


def parse_flat(file: File) -> Parsed:
    """An OpenDocument file in one XML document (fodt, fods, fodp)."""
    root, whole = read_xml(file.body)
    if root is None or child(root, "body") is None:
        raise ParseError("it is damaged: it has no OpenDocument body; open and save it again")
    draft = Draft(file.budget)
    if not whole:
        draft.warn("Its XML is not well formed; what could be read of it was kept.")
    return _Reader(draft, root, root).parse(root)


class _Reader:
    """One document being read."""

    def __init__(self, draft: Draft, content: Element, styles: Element | None, package: Package | None = None) -> None:
        self.draft = draft
        self.package = package
        self.embedded: set[str] = set()
        self.content = content
        self.styles = styles
        self.notes: list[tuple[str, str]] = []
        self.lists: dict[str, dict[int, tuple[str, str, str]]] = {}  # style → level → number format, prefix, suffix
        self.hidden: set[str] = set()
        for root in (styles, content):
            for style in descendants(root, "list-style"):
                levels = self.lists.setdefault(attribute(style, "name") or "", {})
                for level in descendants(style, "list-level-style-number"):
                    at = attribute(level, "level") or "1"
                    levels[int(at) if at.isdigit() else 1] = (
                        attribute(level, "num-format") or "",
                        attribute(level, "num-prefix") or "",
                        attribute(level, "num-suffix") or "",
                    )
            for style in descendants(root, "style"):
                text, table = child(style, "text-properties"), child(style, "table-properties")
                unseen = text is not None and attribute(text, "display") == "none"
                closed = table is not None and attribute(table, "display") == "false"
                if unseen or closed:
                    self.hidden.add(attribute(style, "name") or "")

    def parse(self, meta: Element | None) -> Parsed:
        """The whole document."""
        body = child(self.content, "body")
        for part in body if body is not None else ():
            name = local(part)
            if name == "spreadsheet":
                self._sheets(part)
            elif name in ("presentation", "drawing"):
                self._slides(part)
            else:
                self.blocks(part)
        self.draft.close_headings()
        for kind, text in self.notes:
            self.draft.add(text, "note", kind)
        self._margins()
        found = child(meta, "meta")
        items = list(found) if found is not None else []
        values = {local(item): (item.text or "") for item in items}
        keywords = [item.text or "" for item in items if local(item) == "keyword"]
        return self.draft.parsed(
            values.get("title", ""),
            attributes(
                [
                    ("authors", [values.get("initial-creator") or values.get("creator", "")]),
                    ("created_at", iso_date(values.get("creation-date", ""))),
                    ("updated_at", iso_date(values.get("date", ""))),
                    ("subject", values.get("subject", "")),
                    ("keywords", keywords),
                    ("language", values.get("language", "")),
                ]
            ),
        )

    def blocks(self, parent: Element, depth: int = 0, label: str = "") -> None:
        """Paragraphs, headings, lists, tables and frames below `parent`."""
        for element in parent:
            name = local(element)
            if name == "h":
                level = attribute(element, "outline-level") or "1"
                self.draft.heading(int(level) if level.isdigit() else 1, self.inline(element))
                self._frames(element)
            elif name == "p":
                text = self.inline(element)
                if label:
                    self.draft.item("  " * (depth - 1) + f"{label} {text}")
                    label = "" if text else label
                else:
                    self.draft.text(text)
                self._frames(element)
            elif name == "list":
                self._list(element, depth + 1, "")
            elif name == "table":
                self._table(element)
            elif name == "frame" or name in ("custom-shape", "rect", "ellipse", "line", "connector", "g", "a"):
                self._frame(element)
            elif name not in _SKIPPED:
                self.blocks(element, depth, label)

    def inline(self, element: Element) -> str:
        """The text of a paragraph; notes and comments are kept for the end."""
        parts: list[str] = [element.text or ""]
        for item in element:
            name = local(item)
            if name == "s":
                count = attribute(item, "c") or "1"
                parts.append(" " * (min(int(count), 100) if count.isdigit() else 1))
            elif name == "tab":
                parts.append("\t")
            elif name == "line-break":
                parts.append("\n")
            elif name == "note":
                kind = attribute(item, "note-class") or "footnote"
                citation, body = child(item, "note-citation"), child(item, "note-body")
                mark = (citation.text or "").strip() if citation is not None else ""
                text = "\n".join(self.inline(line) for line in descendants(body, "p"))
                parts.append(f"[{mark}]" if mark else "")
                self.notes.append((f"{kind} {mark}".strip(), f"[{mark}] {clean(text)}" if mark else text))
            elif name == "annotation":
                self._annotation(item)
            elif name not in _SKIPPED and name not in ("frame", "custom-shape", "rect", "g", "annotation-end"):
                parts.append(self.inline(item) if attribute(item, "style-name") not in self.hidden else "")
            parts.append(item.tail or "")
        return "".join(parts)

    def _annotation(self, element: Element, where: str = "") -> None:
        creator = child(element, "creator")
        author = one_line(creator.text or "") if creator is not None else ""
        text = clean("\n".join(self.inline(line) for line in descendants(element, "p")))
        if text:
            who = f" by {author}" if author else ""
            self.notes.append(("comment", f"Comment{' on ' + where if where else ''}{who}: {text}"))

    def _list(self, element: Element, depth: int, style: str) -> None:
        style = attribute(element, "style-name") or style
        format_, prefix, suffix = self.lists.get(style, {}).get(depth, ("", "", ""))
        number = 0
        for item in element:
            if local(item) not in ("list-item", "list-header"):
                continue
            start = attribute(item, "start-value")
            number = int(start) if start and start.isdigit() else number + 1
            label = f"{prefix}{render(number, _FORMATS.get(format_, 'decimal'))}{suffix}" if format_ else "-"
            first = True
            for part in item:
                if local(part) == "list":
                    self._list(part, depth + 1, style)
                else:
                    holder = [part]
                    self.blocks(holder, depth, label if first and local(item) == "list-item" else "")
                    first = False

    def _table(self, element: Element) -> None:
        rows = [list(cells.values()) for _, cells in self._rows(element, dense=True)]
        self.draft.table(rows)
        for frame in _own_frames(element):
            self._frame(frame)

    def _rows(self, table: Element, dense: bool = False) -> Iterator[tuple[int, dict[int, str]]]:
        """Row number and cells by column; repeats without text cost nothing."""
        number = 0
        for row in _table_rows(table):
            count = _repeat(row, "number-rows-repeated")
            cells: dict[int, str] = {}
            column = 0
            for cell in row:
                name = local(cell)
                if name not in ("table-cell", "covered-table-cell"):
                    continue
                width = _repeat(cell, "number-columns-repeated")
                lines = [self.inline(line) for line in descendants(cell, "p", "h") if _cell_of(line) is cell]
                text = one_line(" ".join(lines)) if name == "table-cell" else ""
                for note in cell:
                    if local(note) == "annotation":
                        self._annotation(note, _cell_name(number, column))
                if text or dense:
                    for extra in range(min(width, MAX_REPEATED if text else 64)):
                        cells[column + extra] = text
                column += width
            if any(cells.values()):
                for extra in range(min(count, MAX_REPEATED)):
                    self.draft.budget.write(0)
                    yield number + extra, dict(cells)
            number += count

    def _sheets(self, parent: Element) -> None:
        for number, table in enumerate((item for item in parent if local(item) == "table"), 1):
            name = one_line(attribute(table, "name") or f"Sheet {number}")
            if attribute(table, "style-name") in self.hidden:
                self.draft.warn(f"The hidden sheet {name} was not read.")
                continue
            self.draft.close_headings()
            self.draft.place(number, f"sheet {name}")
            rows = dict(self._rows(table))
            if rows:
                self.draft.heading(1, name)
            write_grid(self.draft, rows, f"sheet {name}")
            for frame in _own_frames(table):
                self._frame(frame)
            for kind, text in self.notes:
                self.draft.add(text, "note", f"sheet {name} {kind}")
            self.notes = []

    def _slides(self, parent: Element) -> None:
        for number, page in enumerate((item for item in parent if local(item) == "page"), 1):
            self.draft.close_headings()
            self.draft.place(number, f"slide {number}")
            frames = [item for item in page if local(item) not in ("notes", "annotation", "forms")]
            title = next((item for item in frames if attribute(item, "class") == "title"), None)
            if title is not None:
                self.draft.heading(1, " ".join(self.inline(line) for line in descendants(title, "p")))
            for frame in frames:
                if frame is not title and attribute(frame, "class") not in ("page-number",):
                    self._frame(frame)
            for item in page:
                if local(item) == "annotation":
                    self._annotation(item)
            for line in descendants(child(page, "notes"), "text-box"):
                text = "\n".join(self.inline(part) for part in descendants(line, "p"))
                self.draft.add(text, "note", f"slide {number} notes")
            for kind, text in self.notes:
                self.draft.add(text, "note", f"slide {number} {kind}")
            self.notes = []

    def _frames(self, paragraph: Element) -> None:
        for frame in _own_frames(paragraph):
            self._frame(frame)

    def _frame(self, frame: Element) -> None:
        for name in ("title", "desc"):
            description = child(frame, name)
            if description is not None and " " in (text := one_line(description.text or "")):
                self.draft.text(f"[Image: {text}]")
        for item in frame:
            if local(item) == "table":
                self._table(item)
            elif local(item) == "text-box":
                self.blocks(item)
            elif local(item) == "object":
                self._object(item)
            elif local(item) in ("frame", "custom-shape", "g", "rect", "ellipse", "a"):
                self._frame(item)
            elif local(item) in ("p", "list", "h"):
                self.blocks([item])

    def _object(self, element: Element) -> None:
        """An embedded sheet, chart or formula, kept in the same package (or right inside, in a flat file)."""
        name = (attribute(element, "href") or "").removeprefix("./").rstrip("/")
        root = element
        if name:
            if self.package is None or name in self.embedded:
                return
            self.embedded.add(name)
            root = self.package.xml(f"{name}/content.xml")
        for title in descendants(root, "title"):
            self.draft.text(" ".join(self.inline(line) for line in descendants(title, "p")))
        for table in descendants(root, "table"):
            self.draft.table([list(cells.values()) for _, cells in self._rows(table, dense=True)])
        for formula in descendants(root, "math"):
            written = next(descendants(formula, "annotation"), None)
            self.draft.text((written.text or "") if written is not None else "".join(formula.itertext()))

    def _margins(self) -> None:
        told: set[str] = set()
        for name in ("header", "footer"):
            for style in descendants(self.styles, "master-page"):
                for part in (item for item in style if local(item).startswith(name)):
                    text = clean("\n".join(self.inline(line) for line in descendants(part, "p", "h")))
                    if text and text not in told:
                        told.add(text)
                        self.draft.add(text, "note", f"page {name}")
        for style in descendants(self.styles, "master-page"):
            for frame in style:
                if local(frame) in ("notes", "header", "footer") or attribute(frame, "class") not in (None, "footer"):
                    continue
                lines = [self.inline(line) for line in descendants(frame, "p")]
                text = one_line(" ".join(lines))
                if text and text not in told and not text.startswith("<") and local(frame) in ("frame", "custom-shape"):
                    told.add(text)
                    self.draft.add(text, "note", "slide master")


def _table_rows(table: Element) -> Iterator[Element]:
    for item in table:
        if local(item) == "table-row":
            yield item
        elif local(item) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _table_rows(item)


def _own_frames(element: Element) -> Iterator[Element]:
    """Frames and shapes inside `element`, not those inside one another."""
    for item in element:
        if local(item) in ("frame", "custom-shape", "rect", "ellipse", "g"):
            yield item
        elif local(item) not in ("annotation", "note"):
            yield from _own_frames(item)


def _cell_of(element: Element) -> Element | None:
    """The table cell that a paragraph belongs to; None inside a comment or a frame."""
    parent = element.getparent()
    while parent is not None:
        name = local(parent)
        if name in ("annotation", "frame", "custom-shape", "note"):
            return None
        if name in ("table-cell", "covered-table-cell"):
            return parent
        parent = parent.getparent()
    return None


def _repeat(element: Element, name: str) -> int:
    text = attribute(element, name) or "1"
    return max(1, int(text)) if text.isdigit() and len(text) < 9 else 1


def _cell_name(row: int, column: int) -> str:
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
