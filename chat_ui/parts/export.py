"""An answer, or a whole conversation, as a file to take away: Markdown or Word, with numbered sources."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docx import Document as new_docx
from docx.document import Document as Docx
from markdown_it import MarkdownIt
from markdown_it.token import Token

from apps.render.word import add_chart
from core.text.invisible import printable
from core.types import Answer, Citation
from warehouse.ask import DataAnswer
from warehouse.shown import cell_text

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NO_NAME = re.compile(r"[\\/:*?\"<>|\x00-\x1f]")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def markdown(turns: Iterable[tuple[str, Answer]], title: str = "") -> str:
    """Questions as headings, answers below them, each with the list of what it cites."""
    parts = [f"# {title}"] if title else []
    for question, answer in turns:
        parts += [f"## {' '.join(question.split())}", answer.text]
        if answer.citations:
            parts.append("\n".join(f"{c.marker}. {_source(c)}" for c in answer.citations))
    return "\n\n".join(parts) + "\n"


def word(
    turns: Iterable[tuple[str, Answer]], title: str = "", charts: Mapping[int, Mapping[str, Any]] | None = None
) -> bytes:
    """The same as a .docx file; `charts`: number of the turn → its chart's Vega-Lite specification, as a picture."""
    document = new_docx()
    if title:
        document.add_heading(printable(title), 0)
    for number, (question, answer) in enumerate(turns):
        document.add_heading(printable(" ".join(question.split())), 1)
        if spec := (charts or {}).get(number):
            add_chart(document, {"title": printable(question), "spec": spec})
        add_markdown(document, answer.text)
        if answer.citations:
            document.add_heading("Sources", 2)
        for citation in answer.citations:
            document.add_paragraph(printable(f"[{citation.marker}] {_source(citation)}"))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def data_as_word(found: DataAnswer) -> bytes:
    """Rows of the company's tables as a .docx file: the query in words, the chart, the table, where it comes from."""
    document = new_docx()
    document.add_heading(printable(found.question or found.words), 1)
    document.add_paragraph(printable(found.words))
    if found.spec is not None:
        add_chart(document, {"title": found.words, "spec": found.spec})
    _add_table(document, [list(found.columns), *([cell_text(v) for v in row] for row in found.shown())])
    document.add_paragraph(printable(f"From {', '.join(found.tables)}, read {found.at:%d %B %Y, %H:%M} UTC."))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def text_as_word(text: str, title: str = "") -> bytes:
    """Any Markdown as a .docx file, below its title if it has none of its own."""
    document = new_docx()
    document.core_properties.title = printable(title)[:250]
    if title and not text.lstrip().startswith("# "):
        document.add_heading(printable(title), 0)
    add_markdown(document, text)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def file_name(ending: str, *parts: str) -> str:
    """A name for a file to take away: its parts, such as customer, title and day, without what names can't have."""
    words = (" ".join(_NO_NAME.sub(" ", part).split())[:60].strip(" .") for part in parts)
    return f"{' - '.join(dict.fromkeys(filter(None, words))) or 'Answer'}.{ending}"


def add_markdown(document: Docx, text: str) -> None:
    """Appends Markdown's headings, paragraphs, lists and tables to a Word document."""
    tokens = _MARKDOWN.parse(text)
    lists: list[str] = []
    row: list[str] = []
    rows: list[list[str]] = []
    style = ""
    for position, token in enumerate(tokens):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                lists.append("List Bullet" if token.type.startswith("bullet") else "List Number")
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "heading_open":
                style = f"Heading {min(int(token.tag[1]) + 1, 9)}"
            case "tr_open":
                row = []
            case "tr_close":
                rows.append(row)
            case "table_close":
                _add_table(document, rows)
                rows = []
            case "fence" | "code_block":
                document.add_paragraph(printable(token.content.rstrip()))
            case "inline" if tokens[position - 1].type in ("td_open", "th_open"):
                row.append("".join(text for text, _, _ in _runs(token)))
            case "inline":
                paragraph = document.add_paragraph(style=style or (lists[-1] if lists else None))
                for content, bold, italic in _runs(token):
                    run = paragraph.add_run(content)
                    run.bold, run.italic = bold or None, italic or None
                style = ""


def _runs(token: Token) -> list[tuple[str, bool, bool]]:
    """The token's text in pieces: (text, bold, italic)."""
    runs, bold, italic = [], False, False
    for child in token.children or ():
        if child.type in ("strong_open", "strong_close"):
            bold = child.type == "strong_open"
        elif child.type in ("em_open", "em_close"):
            italic = child.type == "em_open"
        elif child.type in ("softbreak", "hardbreak"):
            runs.append(("\n" if child.type == "hardbreak" else " ", bold, italic))
        elif child.content:
            runs.append((printable(child.content), bold, italic))
    return runs


def _add_table(document: Docx, rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    table = document.add_table(rows=len(rows), cols=max(map(len, rows)), style="Table Grid")
    for row, values in zip(table.rows, rows, strict=True):
        for cell, value in zip(row.cells, values, strict=False):
            cell.text = printable(value)


def _source(citation: Citation) -> str:
    url = citation.url if citation.url.startswith(("https://", "http://")) else ""
    return " · ".join(filter(None, (citation.title, citation.locator, url)))
