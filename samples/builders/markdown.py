"""The small part of Markdown that the sample texts use, as blocks that every writer understands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from core.tables import is_rule_line, split_row


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list item or table.

    Attributes:
        level: Heading depth from 1; 0 for anything else.
        rows: A table's cells, header row first.
    """

    kind: Literal["heading", "paragraph", "bullet", "number", "quote", "note", "table"]
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


_HEADING = re.compile(r"(#{1,4}) (.+)")
_BULLET = re.compile(r"[-*] (.+)")
_NUMBER = re.compile(r"\d+\. (.+)")


def parse(text: str) -> list[Block]:
    """The blocks of a text in reading order."""
    blocks: list[Block] = []
    paragraph: list[str] = []
    table: list[tuple[str, ...]] = []

    def flush() -> None:
        if paragraph:
            blocks.append(Block("paragraph", " ".join(paragraph)))
            paragraph.clear()
        if table:
            blocks.append(Block("table", rows=tuple(table)))
            table.clear()

    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("|"):
            if paragraph:
                flush()
            if not is_rule_line(line):
                table.append(tuple(split_row(line)))
            continue
        block = _single(line)
        if block or not line:
            flush()
        if block:
            blocks.append(block)
        elif line:
            if table:
                flush()
            paragraph.append(line)
    flush()
    return blocks


def _single(line: str) -> Block | None:
    if match := _HEADING.fullmatch(line):
        return Block("heading", match[2], level=len(match[1]))
    if match := _BULLET.fullmatch(line):
        return Block("bullet", match[1])
    if match := _NUMBER.fullmatch(line):
        return Block("number", match[1])
    if line.startswith("> "):
        return Block("quote", line[2:])
    if line.startswith("Note: "):
        return Block("note", line[6:])
    return None


def runs(text: str) -> list[tuple[str, bool]]:
    """The text cut at its **bold** marks: pieces and whether each is bold."""
    pieces = re.split(r"\*\*(.+?)\*\*", text)
    return [(piece, index % 2 == 1) for index, piece in enumerate(pieces) if piece]


def plain(text: str) -> str:
    """The text without bold marks."""
    return text.replace("**", "")
