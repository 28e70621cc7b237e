"""pptx, pptm, potx → sections: each slide under its title, with tables, charts, diagrams, notes and comments."""

from __future__ import annotations

from core.errors import ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, one_line
from ingestion.parse.merged_cells import Grid
from ingestion.parse.office.drawing import alternative_text, chart, diagram, embedded, paragraph_text, paragraphs
from ingestion.parse.office.package import Element, Package, Relation, attribute, child, descendants, local
from ingestion.parse.reading_order import Box, reading_order

_TITLES = ("title", "ctrTitle")
_SHAPES = ("sp", "grpSp", "graphicFrame", "pic", "cxnSp")


def parse_slides(file: File) -> Parsed:
    """A presentation's slides in their order."""
    return Deck(file).parse()


class Deck:
    """One pptx package being read."""

    def __init__(self, file: File) -> None:
        self.package = Package(file)
        mains = self.package.related("", "officeDocument")
        self.main = (mains or [self.package.find("ppt/presentation.xml") or ""])[0]
        root = self.package.xml(self.main) if self.main else None
        if root is None:
            raise ParseError("it is damaged: it has no readable presentation part; open and save it again")
        self.draft = Draft(file.budget)
        self.repeated: set[str] = set()  # footers and the like, told once
        relations = self.package.relations(self.main)
        self.slides: list[str] = []
        for element in descendants(root, "sldId"):
            key = next((value for name, value in element.attrib.items() if name.endswith("}id")), "")
            target = self.package.find(relations[key].target) if key in relations else None
            if target:
                self.slides.append(target)
        self.authors = self._read_authors()

    def parse(self) -> Parsed:
        """The whole presentation."""
        title, metadata = self.package.properties()
        first = ""
        for number, part in enumerate(self.slides, 1):
            heading = self._slide(number, part)
            first = first or heading
        self._masters()
        for name in self.package.damaged:
            self.draft.warn(f"The part {name} is damaged; what could be read of it was kept.")
        if title.lower() in ("powerpoint presentation", "presentation", "slide 1"):
            title = ""
        return self.draft.parsed(title or first, metadata)

    def _slide(self, number: int, part: str) -> str:
        root = self.package.xml(part)
        self.draft.close_headings()
        self.draft.place(number, f"slide {number}")
        tree = child(root, "cSld", "spTree")
        if tree is None:
            self.draft.warn(f"Slide {number} can't be read.")
            return ""
        self.relations = self.package.relations(part)
        title = next((shape for shape in descendants(tree, "sp") if _placeholder(shape) in _TITLES), None)
        heading = one_line(" ".join(text for _, text in paragraphs(_body(title)))) if title is not None else ""
        self.draft.heading(1, heading)
        self._shapes(tree, title)
        embedded(self.draft, self.package, part)
        for notes in self._related("notesSlide"):
            self._notes(number, notes)
        for kind in ("comments", "comment"):
            for comments in self._related(kind):
                self._comments(number, comments)
        self.draft.close_headings()
        return heading

    def _shapes(self, parent: Element, title: Element | None) -> None:
        for shape in self._in_order(list(parent)):
            name = local(shape)
            properties = next(descendants(shape, "cNvPr"), None) if name != "grpSp" else None
            if properties is not None and attribute(properties, "hidden") in ("1", "true"):
                continue
            if name == "grpSp":
                self._shapes(shape, title)
            elif name == "sp" and shape is not title:
                self._text(shape)
            elif name == "graphicFrame":
                self._frame(shape)
            elif name == "AlternateContent":
                choice, fallback = child(shape, "Choice"), child(shape, "Fallback")
                inner = choice if choice is not None and any(True for _ in choice) else fallback
                if inner is not None:
                    self._shapes(inner, title)
            if name in ("pic", "graphicFrame") and (text := alternative_text(properties)):
                self.draft.text(f"[Image: {text}]")

    def _in_order(self, shapes: list[Element]) -> list[Element]:
        """The shapes as eyes read them; as the file has them where it doesn't say of each where it stands."""
        seen = [shape for shape in shapes if local(shape) in _SHAPES]
        boxes = [box for shape in seen if (box := _box(shape) or self._inherited(shape)) is not None]
        if len(boxes) < len(seen):
            return shapes
        return [*(shape for shape in shapes if shape not in seen), *(seen[n] for n in reading_order(boxes))]

    def _inherited(self, shape: Element) -> Box | None:
        """Where the slide's layout, or its master, puts a placeholder that has no place of its own."""
        holder = next(descendants(shape, "ph"), None)
        for layout in self._related("slideLayout") if holder is not None else ():
            for part in (layout, *self.package.related(layout, "slideMaster")):
                root = self.package.xml(part)
                for other in descendants(root, "sp"):
                    if _same_holder(holder, next(descendants(other, "ph"), None)) and (box := _box(other)) is not None:
                        return box
        return None

    def _text(self, shape: Element) -> None:
        kind = _placeholder(shape)
        if kind == "sldNum":
            return
        lines = list(paragraphs(_body(shape)))
        if kind in ("ftr", "dt", "hdr"):
            text = one_line(" ".join(text for _, text in lines))
            if text and text not in self.repeated:
                self.repeated.add(text)
                self.draft.add(text, "note", "slide footer", ())
            return
        for at, (level, text) in enumerate(lines):
            line = "  " * level + ("- " if level else "") + text
            self.draft.text(line, "\n\n" if at == 0 else "\n")

    def _frame(self, frame: Element) -> None:
        for table in descendants(frame, "tbl"):
            grid = Grid()
            for row in descendants(table, "tr"):
                grid.rows.append([])
                for at, cell in enumerate(item for item in row if local(item) == "tc"):
                    text = " ".join(paragraph_text(item) for item in descendants(cell, "p"))
                    goes_on = attribute(cell, "vMerge") in ("1", "true") and len(grid.rows) > 1
                    if goes_on and at < len(grid.rows[-2]):
                        text = grid.rows[-2][at]
                    if attribute(cell, "hMerge") in ("1", "true") and at:
                        text = grid.rows[-1][-1]
                        grid.beside.add((len(grid.rows) - 1, at))
                    grid.extend(text, below=goes_on)
            self.draft.grid(grid)
        for reference in descendants(frame, "chart"):
            if (part := self._target(reference, "id")) is not None:
                heading, rows = chart(self.package, part)
                self.draft.text(heading)
                self.draft.table(rows)
        for reference in descendants(frame, "relIds"):
            if (part := self._target(reference, "dm")) is not None:
                for text in diagram(self.package, part):
                    self.draft.item(f"- {text}")

    def _masters(self) -> None:
        """What layouts and masters show on every slide that uses them (not their prompts), once."""
        layouts = dict.fromkeys(part for slide in self.slides for part in self.package.related(slide, "slideLayout"))
        masters = dict.fromkeys(part for layout in layouts for part in self.package.related(layout, "slideMaster"))
        self.draft.close_headings()
        self.draft.place(None, "")
        for part in [*masters, *layouts]:
            for shape in descendants(self.package.xml(part), "sp"):
                text = one_line(" ".join(text for _, text in paragraphs(_body(shape))))
                if text and text not in self.repeated and _placeholder(shape) in ("", "ftr"):
                    self.repeated.add(text)
                    self.draft.add(text, "note", "slide master")

    def _notes(self, number: int, part: str) -> None:
        for shape in descendants(self.package.xml(part), "sp"):
            if _placeholder(shape) in ("sldNum", "sldImg", "hdr", "ftr", "dt"):
                continue
            text = "\n".join(text for _, text in paragraphs(_body(shape)))
            self.draft.add(text, "note", f"slide {number} notes")

    def _comments(self, number: int, part: str) -> None:
        for comment in descendants(self.package.xml(part), "cm", "reply"):
            author = self.authors.get(attribute(comment, "authorId") or "", "")
            plain = child(comment, "text")
            body = child(comment, "txBody")
            text = (plain.text or "") if plain is not None else "\n".join(text for _, text in paragraphs(body))
            if text.strip():
                who = f"Comment by {author}: " if author else "Comment: "
                self.draft.add(who + text, "note", f"slide {number} comment")

    def _read_authors(self) -> dict[str, str]:
        authors: dict[str, str] = {}
        for kind in ("commentAuthors", "authors"):
            for part in self.package.related(self.main, kind):
                for element in descendants(self.package.xml(part), "cmAuthor", "author"):
                    name, initials = attribute(element, "name") or "", attribute(element, "initials") or ""
                    authors[attribute(element, "id") or ""] = one_line(f"{name} ({initials})" if initials else name)
        return authors

    def _related(self, kind: str) -> list[str]:
        return [
            name
            for relation in self.relations.values()
            if relation.kind == kind and (name := self._part(relation)) is not None
        ]

    def _target(self, reference: Element, name: str) -> str | None:
        found = self.relations.get(attribute(reference, name) or "")
        return None if found is None else self._part(found)

    def _part(self, relation: Relation) -> str | None:
        return None if relation.external else self.package.find(relation.target)


def _box(shape: Element) -> Box | None:
    """Where a shape stands, in EMU; None if it doesn't say."""
    place = child(shape, "spPr", "xfrm")
    place = place if place is not None else child(shape, "grpSpPr", "xfrm")
    place = place if place is not None else child(shape, "xfrm")
    offset, extent = child(place, "off"), child(place, "ext")
    if offset is None or extent is None:
        return None
    try:
        left, top = int(attribute(offset, "x") or ""), int(attribute(offset, "y") or "")
        return Box(left, top, left + int(attribute(extent, "cx") or ""), top + int(attribute(extent, "cy") or ""))
    except ValueError:
        return None


def _same_holder(one: Element | None, other: Element | None) -> bool:
    """Whether two placeholders are the same: by their number, else by their kind."""
    if one is None or other is None:
        return False
    number = attribute(one, "idx")
    if number is not None and attribute(other, "idx") is not None:
        return attribute(other, "idx") == number
    return (attribute(one, "type") or "body") == (attribute(other, "type") or "body")


def _placeholder(shape: Element) -> str:
    """The kind of placeholder ("title", "body", …); "" for a free shape."""
    holder = next(descendants(shape, "ph"), None)
    return "" if holder is None else attribute(holder, "type") or "body"


def _body(shape: Element | None) -> Element | None:
    return child(shape, "txBody")
