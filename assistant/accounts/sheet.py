"""An answer from records as it is put together: lines and table rows, each with the places that it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assistant.accounts import ROUTE
from assistant.accounts.known import Place
from assistant.answers.citations import cite
from core.tables import table_cell
from core.types import Answer, Citation, Outcome, Passage

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
        self._add(text, "", places, separator)

    def table(self, header: Sequence[str], rows: Iterable[tuple[Sequence[str], Sequence[Place]]]) -> None:
        """Adds a table; the markers of a row stand in its last cell."""
        self._add(f"| {' | '.join(map(table_cell, header))} |", "", (), "\n\n")
        self._add(f"| {' | '.join(['---'] * len(header))} |", "", (), "\n")
        for cells, places in rows:
            self._add(f"| {' | '.join(map(table_cell, cells))}", " |", places, "\n")

    def answer(self, outcome: Outcome = "answered", notes: Sequence[str] = ()) -> Answer:
        """The Answer that holds all of it."""
        chunks = {place.chunk.id: place.chunk for place in self._places}
        return Answer(
            self.text,
            tuple(self.citations),
            outcome,
            route=ROUTE,
            confidence=_SURE if outcome == "answered" else 0.0,
            passages=tuple(Passage(chunk, 1.0) for chunk in chunks.values()),
            notes=tuple(notes),
        )

    def _add(self, text: str, end: str, places: Iterable[Place], separator: str) -> None:
        begin = len(self.text) + (len(separator) if self.text else 0)
        marks = ""
        for place in {place.key: place for place in places}.values():
            keys = [p.key for p in self._places]
            known = place.key in keys
            number = keys.index(place.key) + 1 if known else len(keys) + 1
            marks += f" [{number}]"
            if not known:
                self._places.append(place)
                quote = (place.begin, place.end)
                passage = Passage(place.chunk, 1.0)
                self.citations.append(cite(number, passage, quote, begin=begin, end=begin + len(text)))
        self.text += (separator if self.text else "") + text + marks + end
