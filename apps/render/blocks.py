"""Markdown → the blocks that a document is built of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

ACCENT = "1F5F7A"
INK = "22303A"


@dataclass(frozen=True, slots=True)
class TextRun:
    """Text with one look."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class RenderedBlock:
    """A heading (level 1–6), a paragraph, a bullet or number (level 0…), or a table (rows, the first its header).

    A quoted paragraph ("> …") is a note: for the speaker in a presentation, a paragraph elsewhere.
    """

    kind: Literal["heading", "paragraph", "note", "bullet", "number", "table"]
    runs: tuple[TextRun, ...] = ()
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """Its words without looks."""
        return "".join(r.text for r in self.runs)


def read_blocks(markdown: str) -> list[RenderedBlock]:
    """The blocks of a Markdown text in order. HTML in it is kept as text."""
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown)
    blocks: list[RenderedBlock] = []
    lists: list[str] = []
    heading = quoted = 0
    row: list[str] = []
    rows: list[tuple[str, ...]] | None = None
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append("bullet")
            case "ordered_list_open":
                lists.append("number")
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "blockquote_open" | "blockquote_close":
                quoted += token.nesting
            case "heading_open":
                heading = int(token.tag[1:])
            case "heading_close":
                heading = 0
            case "table_open":
                rows = []
            case "table_close":
                blocks.append(RenderedBlock("table", rows=tuple(rows or ())))
                rows = None
            case "tr_open":
                row = []
            case "tr_close" if rows is not None:
                rows.append(tuple(row))
            case "inline":
                runs = _runs(token.children or [])
                if rows is not None:
                    row.append("".join(r.text for r in runs))
                elif heading:
                    blocks.append(RenderedBlock("heading", runs, heading))
                elif lists:
                    blocks.append(RenderedBlock("bullet" if lists[-1] == "bullet" else "number", runs, len(lists) - 1))
                else:
                    blocks.append(RenderedBlock("note" if quoted else "paragraph", runs))
            case "fence" | "code_block":
                blocks.append(RenderedBlock("paragraph", (TextRun(token.content.rstrip()),)))
            case _:
                pass
    return blocks


def _runs(children: Sequence[Token]) -> tuple[TextRun, ...]:
    runs: list[TextRun] = []
    bold = italic = 0
    for child in children:
        match child.type:
            case "strong_open":
                bold += 1
            case "strong_close":
                bold -= 1
            case "em_open":
                italic += 1
            case "em_close":
                italic -= 1
            case "softbreak" | "hardbreak":
                runs.append(TextRun("\n" if child.type == "hardbreak" else " ", bool(bold), bool(italic)))
            case "text" | "code_inline":
                runs.append(TextRun(child.content, bool(bold), bool(italic)))
            case _:
                pass
    return tuple(runs)


def file_name(title: str, suffix: str) -> str:
    """A name that every file system takes."""
    stem = re.sub(r"[^\w-]+", "-", title).strip("-")[:80] or "document"
    return f"{stem}.{suffix}"
