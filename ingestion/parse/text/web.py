"""html → sections: what a browser shows of the main content; navigation, scripts and hidden text left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree, html

from core.errors import ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, attributes, clean, one_line
from ingestion.parse.merged_cells import Grid
from ingestion.parse.office.package import Element, iso_date
from ingestion.parse.text.plain import decode

MAX_DEPTH = 300

_SKIPPED = frozenset(
    "script style noscript template head svg canvas iframe object embed audio video map input select button "
    "datalist dialog nav link meta param source track".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form "
    "header hgroup hr html li main menu ol p pre section summary table tbody td tfoot th thead tr ul legend caption "
    "label optgroup".split()
)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(\.0+)?\s*(;|!|$)|font-size\s*:\s*0(\.0+)?(px|pt|em|%)?\s*(;|!|$)"
    r"|text-indent\s*:\s*-\d{3,}|mso-hide\s*:\s*all",
    re.IGNORECASE,
)
_BOILERPLATE_ROLES = frozenset("navigation search banner contentinfo dialog alertdialog menu menubar toolbar".split())
_BOILERPLATE_CLASS = re.compile(
    r"(?:^|\s)(noprint|navbox|navbar|sr-only|visually-hidden|skip-link|cookie-banner)(?:\s|$)"
)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"""^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w:.-]{2,40})""")


def parse_web(file: File) -> Parsed:
    """An HTML page's main content."""
    if not file.body.strip():
        raise ParseError("it is empty (0 bytes of content); upload the finished file")
    declared = ""
    if match := re.search(r"charset\s*=\s*\"?([\w:.-]+)", file.media_type or ""):
        declared = match.group(1)
    return html_sections(file, _decode(file.body, declared))


def html_sections(file: File, text: str, whole_page: bool = True) -> Parsed:
    """Sections of HTML `text`; `whole_page` False (mail bodies, book chapters) drops no navigation."""
    root = _tree(text)
    draft = Draft(file.budget)
    if root is None:
        draft.text(re.sub(r"<[^>]{0,1000}>", " ", text))
        return draft.parsed()
    title = one_line(" ".join(root.xpath("string(//head/title | //title[not(ancestor::svg)])").split()))
    reader = _Reader(draft, whole_page)
    main = _main(root) if whole_page else None
    reader.block(main if main is not None else root, 0)
    reader.flush()
    parsed = draft.parsed(title or reader.first_heading, _metadata(root))
    if not parsed.sections and main is not None:
        return html_sections(file, text, whole_page=False)
    if not parsed.sections and draft.warnings:  # nested deeper than any parser goes
        draft.text(re.sub(r"<[^<>]{0,1000}>", " ", text))
        parsed = draft.parsed(title, parsed.metadata)
    return parsed


class _Reader:
    """Walks the tree; inline text gathers until a block ends."""

    def __init__(self, draft: Draft, whole_page: bool) -> None:
        self.draft = draft
        self.whole_page = whole_page
        self.parts: list[str] = []
        self.first_heading = ""
        self.ordinals: dict[Element, int] = {}
        self.quoted = 0

    def flush(self, prefix: str = "", gap: str = "\n\n") -> None:
        """Ends the current paragraph."""
        text = re.sub(r"[ \t\r\n\f]+", " ", "".join(self.parts)).replace("\0", "\n")
        self.parts = []
        if text.strip():
            shown = prefix + text.strip()
            self.draft.text("\n".join("> " * self.quoted + line for line in shown.split("\n")), gap)

    def block(self, element: Element, depth: int) -> None:
        """A block element's content."""
        if depth > MAX_DEPTH:
            self.parts.append(" ".join(element.itertext()))
            self.draft.warn("It is nested very deeply; deeper parts were read without their structure.")
            return
        self.parts.append(element.text or "")
        for item in element:
            self.element(item, depth)
            self.parts.append(item.tail or "")

    def element(self, item: Element, depth: int) -> None:
        """One child element, by what it is."""
        tag = item.tag if isinstance(item.tag, str) else ""
        if tag and not (tag in _SKIPPED and (self.whole_page or tag != "nav")) and not self._dropped(item, tag):
            if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
                self.flush()
                text = self.inline(item, depth)
                self.first_heading = self.first_heading or one_line(text)
                self.draft.heading(int(tag[1]), text)
            elif tag == "table":
                self.flush()
                self.table(item, depth)
            elif tag == "pre":
                self.flush()
                self.draft.add("".join(_all_text(item)), "code")
            elif tag == "br":
                self.parts.append("\0")
            elif tag == "img":
                alt = one_line(item.get("alt") or "")
                if " " in alt:
                    self.parts.append(f" [Image: {alt}] ")
            elif tag in ("li", "dt", "dd"):
                self.flush()
                marker = "- " if tag == "li" else ""
                if tag == "li" and (parent := item.getparent()) is not None and parent.tag == "ol":
                    self.ordinals[parent] = self.ordinals.get(parent, _start(parent) - 1) + 1
                    marker = f"{self.ordinals[parent]}. "
                self.list_item(item, depth, marker)
            elif tag in _BLOCKS:
                cited = tag == "blockquote" and not self.whole_page and _cites(item)
                self.flush()
                self.quoted += cited
                self.block(item, depth + 1)
                self.flush()
                self.quoted -= cited
            elif tag == "textarea":
                self.parts.append(" ")
            else:
                self.block(item, depth + 1)

    def list_item(self, item: Element, depth: int, marker: str) -> None:
        """A list item: its first paragraph carries the marker."""
        self.parts.append(item.text or "")
        first = True
        for inner in item:
            tag = inner.tag if isinstance(inner.tag, str) else ""
            if tag in _BLOCKS and "".join(self.parts).strip():
                self.flush(marker if first else "", "\n")
                first = False
            elif tag in ("p", "div") and first:
                self.block(inner, depth + 1)
                self.flush(marker, "\n")
                first = False
                self.parts.append(inner.tail or "")
                continue
            self.element(inner, depth + 1)
            self.parts.append(inner.tail or "")
        self.flush(marker if first else "", "\n")

    def inline(self, item: Element, depth: int) -> str:
        """The text of `item` alone, on one line."""
        inner = _Reader(Draft(self.draft.budget), self.whole_page)
        inner.block(item, depth + 1)
        inner.flush()
        return " ".join(section.text for section in inner.draft.parsed().sections)

    def table(self, item: Element, depth: int) -> None:
        """A data table as rows; one used for layout as its content."""
        rows = [row for row in item.iter("tr") if _owner(row) is item]
        cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
        nested = next((True for inner in item.iter("table") if inner is not item), False)
        layout = nested or item.get("role") in ("presentation", "none") or all(len(line) <= 1 for line in cells)
        if (layout and not any(cell.tag == "th" for line in cells for cell in line)) or not rows:
            self.block(item, depth + 1)
            self.flush()
            return
        for caption in item.findall("caption"):
            self.draft.text(self.inline(caption, depth))
        grid = Grid(headers=_header_rows(rows, cells))
        open_cells: dict[int, tuple[int, str, bool]] = {}  # column: rows left, text, whether it repeats its left
        for line in cells:
            grid.rows.append([])
            queue = list(line)
            while queue or any(column >= len(grid.rows[-1]) for column in open_cells):
                column = len(grid.rows[-1])
                if column in open_cells:  # a cell that spans rows counts for each of them
                    left, text, beside = open_cells.pop(column)
                    if left > 1:
                        open_cells[column] = (left - 1, text, beside)
                    grid.beside.update([(len(grid.rows) - 1, column)] if beside else [])
                    grid.extend(text, below=True)
                    continue
                if not queue:
                    grid.extend("")
                    continue
                cell = queue.pop(0)
                text = "" if self._dropped(cell, "td") else self.inline(cell, depth)
                span, height = _span(cell, "colspan"), _span(cell, "rowspan")
                if height > 1:
                    open_cells.update((column + n, (height - 1, text, n > 0)) for n in range(span))
                grid.extend(text, span)
        self.draft.grid(grid)

    def _dropped(self, item: Element, tag: str) -> bool:
        if item.get("hidden") is not None and item.get("hidden") != "until-found":
            return True
        style = item.get("style")
        if style and _HIDDEN_STYLE.search(style):
            return True
        if not self.whole_page:
            return False
        if item.get("aria-hidden") == "true" or item.get("role") in _BOILERPLATE_ROLES:
            return True
        return bool(_BOILERPLATE_CLASS.search(item.get("class") or ""))


def _main(root: Element) -> Element | None:
    """The element with the page's own content: <main> or the only <article>, if it holds enough of the text."""
    whole = len(" ".join(root.xpath("string(//body)").split())) or 1
    for path in ("//main", "//*[@role='main']", "//article"):
        found = root.xpath(path)
        if len(found) == 1 and len(" ".join(" ".join(found[0].itertext()).split())) > 0.2 * whole:
            return found[0]
    return None


def _decode(body: bytes, declared: str) -> str:
    head = body[:4_000]
    if not declared and (match := _CHARSET.search(head) or _XML_CHARSET.search(head)):
        declared = match.group(1).decode("ascii")
    if declared.lower().startswith("utf-16") or declared.lower().startswith("utf16"):
        declared = ""  # a page that says so in ASCII bytes isn't
    return decode(body, declared)


def _tree(text: str) -> Element | None:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff"))
    # Null bytes and lone surrogates end the parser's input early.
    text = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    parser = html.HTMLParser(no_network=True, recover=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = html.document_fromstring(text, parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None
    return root


def _metadata(root: Element) -> dict[str, str | tuple[str, ...]]:
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        key = (meta.get("name") or meta.get("property") or meta.get("http-equiv") or "").lower()
        if key and meta.get("content"):
            found.setdefault(key, meta.get("content"))
    return attributes(
        [
            ("authors", [found.get("author", "")]),
            ("created_at", iso_date(found.get("article:published_time") or found.get("date") or "")),
            ("updated_at", iso_date(found.get("article:modified_time") or found.get("last-modified") or "")),
            ("description", found.get("description") or found.get("og:description") or ""),
            ("keywords", found.get("keywords", "").split(",")),
            ("language", clean(root.get("lang") or "")),
        ]
    )


def _all_text(item: Element) -> list[str]:
    parts = [item.text or ""]
    for inner in item.iter():
        if inner is item:
            continue
        if inner.tag == "br":
            parts.append("\n")
        parts.append((inner.text or "") if inner.tag not in ("script", "style") else "")
        parts.append(inner.tail or "")
    return parts


def _owner(row: Element) -> Element | None:
    parent = row.getparent()
    while parent is not None and parent.tag != "table":
        parent = parent.getparent()
    return parent


def _header_rows(rows: Sequence[Element], cells: Sequence[Sequence[Element]]) -> int:
    """How many rows stand in the head of the table or hold nothing but header cells, where that is more than one."""
    count = 0
    for row, line in zip(rows, cells, strict=True):
        parent = row.getparent()
        in_head = parent is not None and parent.tag == "thead"
        if not in_head and not (line and all(cell.tag == "th" for cell in line)):
            break
        count += 1
    return count if count > 1 else 0


def _cites(quotation: Element) -> bool:
    """Whether a mail quotes the message before it there, as mail programs mark it."""
    return quotation.get("type") == "cite" or "gmail_quote" in (quotation.get("class") or "")


def _start(items: Element) -> int:
    start = items.get("start") or "1"
    return int(start) if re.fullmatch(r"\d{1,6}", start) else 1


def _span(cell: Element, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    return max(1, min(int(text), 100)) if re.fullmatch(r"\d{1,4}", text) else 1
