"""An answer from records as it is put together: lines and table rows, each with the places that it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assistant.accounts.account import Place
from assistant.answers.form.citations import cite
from assistant.question import RECORDS
from core.tables import table_cell
from core.types import Answer, Citation, Outcome, Passage

# A cell's text, and where it stands.
TableCell = tuple[str, Place | None]
# Records say what they say; what was read into the question may be wrong all the same.
_SURE = 0.95


@dataclass
class Sheet:
    """The text so far, with its citations."""

    text: str = ""
    citations: list[Citation] = field(default_factory=list)
    _places: list[Place] = field(default_factory=list)

    def line(self, text: str, places: Iterable[Place] = (), separator: str = "\n\n") -> None:
        """Adds a line with its markers behind it."""
        self._add([(text, {place.key: place for place in places}.values())], separator)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[TableCell]]) -> None:
        """Adds a table; each cell's marker stands in it."""
        self._add([(f"| {' | '.join(map(table_cell, header))} |", ())], "\n\n")
        self._add([(f"| {' | '.join(['---'] * len(header))} |", ())], "\n")
        for row in rows:
            cells = [(text, (place,) if place else ()) for text, place in row]
            self._add([("|", ()), *((f" {table_cell(text)}", at) for text, at in cells)], "\n", " |")

    def answer(self, outcome: Outcome = "answered", notes: Sequence[str] = ()) -> Answer:
        """The Answer that holds all of it."""
        chunks = {place.chunk.id: place.chunk for place in self._places}
        return Answer(
            self.text,
            tuple(self.citations),
            outcome,
            route=RECORDS,
            confidence=_SURE if outcome == "answered" else 0.0,
            passages=tuple(Passage(chunk, 1.0) for chunk in chunks.values()),
            notes=tuple(notes),
        )

    def _add(self, pieces: Sequence[tuple[str, Iterable[Place]]], separator: str, after: str = "") -> None:
        """Adds pieces of text, each with its markers; `after` stands behind all but the first."""
        self.text += separator if self.text else ""
        for number, (text, places) in enumerate(pieces):
            begin = len(self.text)
            marks = "".join(f" [{self._marker(place, begin, begin + len(text))}]" for place in places)
            self.text += text + marks + (after if number else "")

    def _marker(self, place: Place, begin: int, end: int) -> int:
        """The number of the place; a new one becomes a citation of the text from `begin` to `end`."""
        keys = [p.key for p in self._places]
        if place.key in keys:
            return keys.index(place.key) + 1
        self._places.append(place)
        number = len(self._places)
        self.citations.append(cite(number, Passage(place.chunk, 1.0), (place.begin, place.end), begin=begin, end=end))
        return number
