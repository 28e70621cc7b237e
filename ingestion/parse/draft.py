"""The sections of one document while they are being collected, and the limits that hold for all of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from core.errors import TooLarge
from core.tables import markdown_table
from core.text.invisible import visible
from core.text.programs import is_program
from core.types import Attributes, Parsed, Rows, Section
from ingestion.parse.merged_cells import Grid, unit_of, with_unit

Kind = Literal["text", "table", "turn", "note", "code", "history"]

# Ligatures and Arabic presentation forms are ways to draw letters; PDF files hand them out as characters.
_DRAWN_FORM = re.compile("[\ufb00-\ufb06\ufb50-\ufdfb\ufe70-\ufefc]")
# Symbol fonts put their glyphs into private use; these few mean something in a document.
_SYMBOLS = str.maketrans(
    {
        "\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "➢", "\uf0fc": "✓", "\uf0fb": "✗", "\uf0fe": "☒", "\uf078": "☒",
        "\uf0a8": "☐", "\uf06f": "☐", "\uf071": "☐", "\uf0e0": "→", "\uf0df": "←", "\uf052": "☑", "\uf0a3": "☐",
    }
)  # fmt: skip
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_PEOPLE = ("authors", "last_modified_by")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """What one file may cost. Times in seconds, memory in MiB, sizes in bytes or characters."""

    max_bytes: int = 50_000_000
    max_unpacked_bytes: int = 500_000_000
    timeout_s: float = 60.0
    max_memory_mb: int = 2_000
    max_chars: int = 5_000_000
    max_sections: int = 50_000
    max_depth: int = 6
    max_members: int = 20_000
    ocr: bool = False

    def out_of_memory(self) -> str:
        """What to say when a file needs more memory than it may have."""
        return (
            f"parsing it needs more than {self.max_memory_mb:,} MB of memory; split it, or raise parsing.max_memory_mb"
        )


@dataclass(slots=True)
class Budget:
    """What a file has used of its limits, counted over everything nested in it."""

    limits: ParseLimits = field(default_factory=ParseLimits)
    unpacked: int = 0
    chars: int = 0
    sections: int = 0
    members: int = 0

    def unpack(self, size: int) -> None:
        """Counts `size` unpacked bytes.

        Raises:
            TooLarge: over `max_unpacked_bytes`.
        """
        self.unpacked += size
        if self.unpacked > self.limits.max_unpacked_bytes:
            raise TooLarge(
                f"it unpacks to more than {self.limits.max_unpacked_bytes:,} bytes; "
                "split it, or raise parsing.max_unpacked_bytes if it is what it claims to be"
            )

    def write(self, chars: int) -> None:
        """Counts `chars` characters of text.

        Raises:
            TooLarge: over `max_chars`.
        """
        self.chars += chars
        if self.chars > self.limits.max_chars:
            raise TooLarge(f"it holds more than {self.limits.max_chars:,} characters of text; split it into parts")

    def member(self) -> None:
        """Counts one attachment or archive member.

        Raises:
            TooLarge: over `max_members`.
        """
        self.members += 1
        if self.members > self.limits.max_members:
            raise TooLarge(f"it holds more than {self.limits.max_members:,} files; split it into parts")


@dataclass(frozen=True, slots=True)
class File:
    """One file to parse: its bytes, what it is called, and the budget it shares with what it is nested in."""

    body: bytes
    name: str = ""
    media_type: str = ""
    budget: Budget = field(default_factory=Budget)
    depth: int = 0

    def inner(self, body: bytes, name: str, media_type: str = "") -> File:
        """A file that this one contains."""
        return File(body, name, media_type, self.budget, self.depth + 1)


def clean(text: str) -> str:
    """`text` in NFC without invisible characters, with runs of blanks and of empty lines collapsed."""
    if not text:
        return ""
    if not text.isascii():
        text = text.translate(_SYMBOLS)
        text = _DRAWN_FORM.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    text = _LINE_BREAKS.sub("\n", text)
    text = unicodedata.normalize("NFC", visible(text))
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip()


def one_line(text: str) -> str:
    """`clean` text on a single line."""
    return " ".join(clean(text).split())


def clean_code(text: str) -> str:
    """`text` as `clean` makes it, but with the indentation of its lines."""
    text = _LINE_BREAKS.sub("\n", text.replace("\r\n", "\n"))
    text = unicodedata.normalize("NFC", visible(text))
    return "\n".join(line.rstrip() for line in text.expandtabs(4).split("\n")).strip("\n")


def compact_rows(rows: Sequence[Sequence[str]]) -> Rows:
    """`rows` on one line a cell, equally long, without empty rows and columns; () if nothing is left."""
    cleaned = [[one_line(cell) for cell in row] for row in rows]
    kept = [row for row in cleaned if any(row)]
    width = max((len(row) for row in kept), default=0)
    columns = [n for n in range(width) if any(n < len(row) and row[n] for row in kept)]
    return tuple(tuple(row[n] if n < len(row) else "" for n in columns) for row in kept)


class Draft:
    """Collects paragraphs, tables and notes in reading order under a stack of headings."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.page: int | None = None
        self.locator = ""
        self.warnings: list[str] = []
        self._sections: list[Section] = []
        self._headings: list[tuple[int, str, bool]] = []  # level, text, whether anything stands under it
        self._buffer: list[str] = []

    @property
    def heading_path(self) -> tuple[str, ...]:
        """The headings that the next paragraph stands under, outermost first."""
        return tuple(text for _, text, _ in self._headings)

    @property
    def empty(self) -> bool:
        """Whether nothing has been collected yet."""
        return not (self._sections or self._buffer or self._headings)

    def heading(self, level: int, text: str) -> None:
        """Opens a heading of `level` (1 = outermost) and closes those of the same or a deeper level."""
        text = one_line(text)
        if not text:
            return
        self.close_headings(level)
        self.budget.write(len(text))
        # A "heading" of many lines is a styled paragraph: it must not travel with every chunk below it.
        if len(text) > 200:
            self.text(text)
            return
        self._headings = [(lvl, head, True) for lvl, head, _ in self._headings]
        self._headings.append((level, text, False))

    def close_headings(self, level: int = 0) -> None:
        """Closes the headings of `level` and deeper; one with nothing under it becomes a section itself."""
        self._flush()
        while self._headings and self._headings[-1][0] >= level:
            _, text, used = self._headings.pop()
            if not used:
                self._append(Section(text, self.heading_path, self.page, self.locator))

    def text(self, text: str, gap: str = "\n\n") -> None:
        """A paragraph; `gap` is what separates it from the one before ("\\n" between list items)."""
        text = clean(text)
        if text:
            self.budget.write(len(text))
            self._buffer.append((gap if self._buffer else "") + text)

    def item(self, text: str) -> None:
        """A line that belongs closely to the one before: a list item."""
        self.text(text, "\n")

    def table(self, rows: Sequence[Sequence[str]], locator: str = "") -> None:
        """A table, header row first. One with a single column is text."""
        kept = compact_rows(rows)
        if not kept:
            return
        unit = unit_of(self._buffer[-1]) if self._buffer else unit_of(self.heading_path[-1]) if self._headings else ""
        if unit and len(kept[0]) > 1:
            kept = compact_rows(with_unit(kept, unit))
        if len(kept[0]) == 1:
            for row in rows:
                self.item(" ".join(row))
            return
        text = clean(markdown_table(kept[0], kept[1:]))
        self._section(Section(text, self.heading_path, self.page, locator or self.locator, "table", kept))

    def grid(self, grid: Grid, locator: str = "") -> None:
        """A table with merged cells; a row over its whole width above the header is its title."""
        titles, rows = grid.lines()
        for title in titles:
            self.item(title)
        self.table(rows, locator)

    def add(self, text: str, kind: Kind, locator: str = "", heading_path: tuple[str, ...] | None = None) -> None:
        """A section of its own: a note, a turn, code."""
        text = clean_code(text) if kind == "code" else clean(text)
        if not text:
            return
        path = self.heading_path if heading_path is None else heading_path
        self._section(Section(text, path, self.page, locator or self.locator, kind))

    def place(self, page: int | None, locator: str) -> None:
        """Moves on to a page, slide or sheet."""
        self._flush()
        self.page, self.locator = page, locator

    def include_section(self, section: Section) -> None:
        """Takes over a section as it is, at its page and place in this document."""
        self._section(replace(section, page=self.page, locator=section.locator or self.locator))

    def include(self, parsed: Parsed, path: tuple[str, ...]) -> None:
        """Takes over the sections of a file nested in this one, under the headings `path`."""
        self._flush()
        for section in parsed.sections:
            self._append(replace(section, heading_path=path + section.heading_path))
        self.warnings.extend(f"{path[-1]}: {warning}" if path else warning for warning in parsed.warnings)

    def warn(self, text: str) -> None:
        """Notes something that a person should know about this file."""
        if text not in self.warnings and len(self.warnings) < 50:
            self.warnings.append(text)

    def parsed(self, title: str = "", metadata: Attributes | None = None) -> Parsed:
        """Everything collected."""
        self.close_headings()
        return Parsed(tuple(self._sections), one_line(title)[:300], dict(metadata or {}), tuple(self.warnings))

    def _section(self, section: Section) -> None:
        """Ends the running paragraph and adds a section after it."""
        self._flush()
        self.budget.write(len(section.text))
        self._append(section)
        self._mark_used()

    def _flush(self) -> None:
        if self._buffer:
            text, self._buffer = "".join(self._buffer), []
            self._append(Section(text, self.heading_path, self.page, self.locator))
            self._mark_used()

    def _mark_used(self) -> None:
        if self._headings:
            level, text, _ = self._headings[-1]
            self._headings[-1] = (level, text, True)

    def _append(self, section: Section) -> None:
        self.budget.sections += 1
        if self.budget.sections > self.budget.limits.max_sections:
            raise TooLarge(f"it has more than {self.budget.limits.max_sections:,} sections; split it into parts")
        self._sections.append(section)


def attributes(pairs: Iterable[tuple[str, str | Sequence[str]]]) -> dict[str, str | tuple[str, ...]]:
    """The pairs that say something, cleaned, as document metadata."""
    found: dict[str, str | tuple[str, ...]] = {}
    for key, given in pairs:
        value = given
        if key in _PEOPLE:  # nobody wrote a document by the name of a program
            value = "" if isinstance(given, str) and is_program(given) else given
            value = value if isinstance(value, str) else [name for name in value if not is_program(name)]
        if isinstance(value, str):
            if text := one_line(value)[:500]:
                found[key] = text
        elif items := tuple(dict.fromkeys(text[:200] for item in value if (text := one_line(item)))):
            found[key] = items
    return found
