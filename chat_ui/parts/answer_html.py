"""An answer as HTML: Markdown with numbered chips that open the quoted passage in place.

A chip is a <details> element: it opens without a round trip, by mouse or keyboard, and screen readers know it.
All text from documents and models is escaped; images are never loaded, and links keep only http, https and mailto.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.answers import deep_link
from chat_ui.parts.passages import Excerpt
from core.types import Answer, Citation

# Private-use characters stand for chips and marks while the text is Markdown.
_CHIP_OPEN, _CHIP_CLOSE, _MARK_OPEN, _MARK_CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
_PRIVATE = re.compile("[\ue000-\ue003]")
_CHIP = re.compile(f"{_CHIP_OPEN}(\\d+){_CHIP_CLOSE}")
_MARKER = re.compile(r"[ \t]*\[(\d+)\](?!\()")
_CODE = re.compile(r"(^[ ]{0,3}```.*?^[ ]{0,3}```[ \t]*$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
# An address in text, of what isn't a page or a mail; what stands in a tag's own attributes begins with a quote.
# A day isn't broken at its hyphens.
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ADDRESS = re.compile(r"(?<![\w\"'=/])((?!https?:)[a-z][a-z0-9+-]{1,20}://[^\s<>\"]+)", re.IGNORECASE)
_LINK = re.compile(r"^(https?|mailto):|^recording\?", re.IGNORECASE)  # the last one is a page of our own


def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    # A <p> would be closed by the <details> inside it, so paragraphs are <div class="p">.
    parser.add_render_rule("paragraph_open", _paragraph_open)
    parser.add_render_rule("paragraph_close", _paragraph_close)
    parser.add_render_rule("link_open", _link_open)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("td_open", _cell_open)
    return parser


def _paragraph_open(_self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    return "" if tokens[index].hidden else '<div class="p">'


def _paragraph_close(_self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    return "" if tokens[index].hidden else "</div>"


def _cell_open(_self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    """A cell that knows its column's name: on a phone, where a row is a card, it stands before the value."""
    table = next(n for n in range(index, -1, -1) if tokens[n].type == "table_open")
    row = next(n for n in range(index, -1, -1) if tokens[n].type == "tr_open")
    column = sum(token.type == "td_open" for token in tokens[row:index])
    names = [tokens[n + 1].content for n in range(table, row) if tokens[n].type == "th_open"]
    name = escape(_PRIVATE.sub("", names[column])) if column < len(names) else ""
    return f'<td data-label="{name}">'


def _link_open(_self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    href = str(tokens[index].attrGet("href") or "")
    if not _LINK.match(href):
        return "<a>"
    return f'<a href="{escape(href)}" target="_blank" rel="noopener noreferrer">'


def _image(_self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    return escape(tokens[index].content)


_MARKDOWN = _markdown()


def answer_html(text: str, citations: Sequence[Citation], excerpts: Mapping[int, Excerpt], key: str) -> str:
    """The answer's text as HTML, each "[1]" (or each citation's end, where the text has no markers) a chip.

    Args:
        key: Unique on the page; one chip of an answer is open at a time.
    """
    by_marker = {c.marker: c for c in citations}
    html = _MARKDOWN.render(_with_chips(text, by_marker))

    def chip(match: re.Match[str]) -> str:
        citation = by_marker[int(match.group(1))]
        return _chip(citation, excerpts.get(citation.marker, Excerpt(citation.quote, exact=False)), key)

    return f'<div class="answer">{_CHIP.sub(chip, _ADDRESS.sub(_folded, html))}</div>'


def cell_html(text: str) -> str:
    """A table's cell: an address is a link, or folded away where no browser opens it; a day stays on its line."""
    html = escape(text)
    if text.startswith(("https://", "http://")) and " " not in text:
        return f'<a href="{html}" target="_blank" rel="noopener noreferrer">{html}</a>'
    return f'<span class="whole">{html}</span>' if _DAY.fullmatch(text) else _ADDRESS.sub(_folded, html)


def _folded(match: re.Match[str]) -> str:
    """An address that no browser opens, such as that of a file in a store: there for who wants it."""
    return f'<details class="address"><summary>where it lies</summary><code>{match.group(1)}</code></details>'


def sources_html(citations: Sequence[Citation], dates: Mapping[str, str]) -> str:
    """The cited documents, one row each, with the chips' numbers, place, date and link.

    Args:
        dates: Document id → when it was last changed, as shown.
    """
    rows = []
    for document_id in dict.fromkeys(c.document_id for c in citations):
        own = [c for c in citations if c.document_id == document_id]
        places = ", ".join(dict.fromkeys(c.locator for c in own if c.locator))
        numbers = ", ".join(str(c.marker) for c in own)
        details = " · ".join(filter(None, (escape(places), escape(dates.get(document_id, "")))))
        title = _link(deep_link(own[0]), own[0].title)
        rows.append(
            f'<li><span class="numbers">{numbers}</span><span class="title">{title}</span>'
            f'<span class="place">{details}</span></li>'
        )
    return f'<ul class="sources" aria-label="Sources">{"".join(rows)}</ul>'


def quote_html(view: Excerpt) -> str:
    """An excerpt with the quote marked."""
    if view.kind == "table":
        before, quote, after = (_PRIVATE.sub("", part) for part in (view.before, view.quote, view.after))
        html = str(_MARKDOWN.render(before + _marked_cells(quote) + after))
        return html.replace(_MARK_OPEN, "<mark>").replace(_MARK_CLOSE, "</mark>")
    mark = f"<mark>{escape(view.quote)}</mark>" if view.quote else ""
    return f'<div class="text">{escape(view.before)}{mark}{escape(view.after)}</div>'


def with_markers(answer: Answer) -> str:
    """The answer's text with the number of each citation behind its statement, as it can be edited."""
    return _CHIP.sub(r"[\1]", _with_chips(answer.text, {c.marker: c for c in answer.citations}))


def _with_chips(text: str, by_marker: Mapping[int, Citation]) -> str:
    text = _PRIVATE.sub(" ", text)

    def replaced(match: re.Match[str]) -> str:
        known = int(match.group(1)) in by_marker
        return f"{_CHIP_OPEN}{match.group(1)}{_CHIP_CLOSE}" if known else match.group(0)

    # What stands in code is part of it: `limits[1]` is no reference.
    parts = _CODE.split(text)
    marked = "".join(part if n % 2 else _MARKER.sub(replaced, part) for n, part in enumerate(parts))
    if _CHIP_OPEN in marked:
        return marked
    for citation in sorted(by_marker.values(), key=lambda c: (c.end, c.marker), reverse=True):
        # A chip belongs inside the last table cell and before the line's end.
        end = len(text[: citation.end].rstrip(" \t\n|"))
        text = f"{text[:end]}{_CHIP_OPEN}{citation.marker}{_CHIP_CLOSE}{text[end:]}"
    return text


def _chip(citation: Citation, view: Excerpt, key: str) -> str:
    place = " · ".join(filter(None, (citation.locator, " › ".join(view.heading_path))))
    label = f"Source {citation.marker}: {citation.title}{', ' + citation.locator if citation.locator else ''}"
    title = _link(deep_link(citation), citation.title)
    return (
        f'<details class="cite" name="{escape(key)}"><summary aria-label="{escape(label)}" title="{escape(label)}">'
        f"{citation.marker}</summary>"
        f'<div class="passage"><div class="head"><span class="title">{title}</span>'
        f'<span class="place">{escape(place)}</span></div>{quote_html(view)}</div></details>'
    )


def _link(url: str, title: str) -> str:
    if not _LINK.match(url):
        return escape(title)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(title)}</a>'


def _marked_cells(quote: str) -> str:
    """Each cell of a quoted table row marked by itself, since a mark can't span cells."""
    parts = re.split(r"(\s*[|\n]\s*)", quote)
    return "".join(p if i % 2 or not p.strip() else f"{_MARK_OPEN}{p}{_MARK_CLOSE}" for i, p in enumerate(parts))
