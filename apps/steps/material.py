"""What a model writes from: inputs, results of steps, files and passages as numbered sources, within a limit.

A row that carries the number of its evidence goes under that number, so that a marker in the text leads to the
document which says it; whatever has no number yet gets one of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.language import AppFile
from apps.language.mentions import value_at, with_mentions
from apps.run import Context, SourceQuote
from apps.run.context import GivenSource

# Characters that a model gets to read in all; what is longer is cut evenly, and the run says so.
MATERIAL_CHARS = 24_000
# A longer value is a source; a shorter one stands in the prompt itself.
_INLINE_CHARS = 200
# Of a row what says where it is from, which its number says already, and what only machines read.
_UNREAD = frozenset(
    {"number", "url", "document_id", "locator", "score", "fits", "kind", "source", "marker", "begin", "end", "item",
     "turn", "turns", "mine", "id", "sources", "numbers", "charts", "bytes", "content", "media_type",
     "language", "found", "converted", "before_text", "after_text", "before_shown", "after_shown", "before_told",
     "after_told", "where_before", "where_after", "difference_text", "percent_text", "unit_text", "verdict_text"}
)  # fmt: skip
_ENDS = frozenset({"first", "previous"})
_OPEN, _CLOSE = "\ue000", "\ue001"


class Material:
    """Collects the sources of one text. `sources` are in the order of their numbers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lines: dict[int, list[str]] = {}

    def add(self, value: Any, name: str) -> bool:
        """Takes the value in under a number; whether there was anything in it."""
        before = sum(map(len, self._lines.values()))
        self._add(value, name)
        return sum(map(len, self._lines.values())) > before

    def sources(self) -> list[GivenSource]:
        """All that was taken in, as far as the limit reaches; a remark names what was cut."""
        whole = [
            GivenSource(number, self._context.evidence[number - 1].title, "\n".join(dict.fromkeys(lines)))
            for number, lines in sorted(self._lines.items())
        ]
        most = _share([len(source.text) for source in whole], MATERIAL_CHARS)
        cut = [source.title for source in whole if len(source.text) > most]
        if cut:
            self._context.notes.append(f"Only the first {most:,} characters of {', '.join(cut[:3])} were read.")
        return [replace(source, text=source.text[:most]) for source in whole]

    def said(self, path: str, values: Mapping[str, Any]) -> str:
        """How a prompt calls the value of the path: by what it is if that is short, else by its name."""
        value, name = value_at(path, values), path.replace("_", " ").replace(".", " › ")
        if isinstance(value, str | int | float) and len(str(value)) <= _INLINE_CHARS and "\n" not in str(value):
            return str(value) or f"(no {name})"
        return f"“{name}”" if self.add(value, name) else f"“{name}” (there is none)"

    def _add(self, value: Any, name: str) -> None:
        if isinstance(value, AppFile):
            self._take(self._number(value.title, value.text), value.text)
        elif isinstance(value, Mapping):
            self._add_mapping(value, name)
        elif isinstance(value, list | tuple):
            own = [v for v in value if not isinstance(v, Mapping | AppFile) and str(v).strip()]
            for one in value:
                if isinstance(one, Mapping | AppFile):
                    self._add(one, name)
            if own:
                self._take(self._number(name, str(own[0])), "\n".join(f"- {v}" for v in own))
        elif value is not None and str(value).strip():
            self._take(self._number(name, str(value)), str(value).strip())

    def _add_mapping(self, value: Mapping[str, Any], name: str) -> None:
        """A passage under its number, a row likewise; of a step's result the rows, and the rest together."""
        number = value.get("number")
        if isinstance(number, int) and 1 <= number <= len(self._context.evidence):
            self._take(number, str(value["text"]) if set(value) >= {"text", "title"} else f"{name}: {row_text(value)}")
            return
        plain: dict[str, Any] = {}
        for key, part in value.items():
            if key in _UNREAD:
                continue
            if isinstance(part, list | tuple) and any(isinstance(one, Mapping) for one in part):
                self._add(part, str(key).replace("_", " "))
            elif isinstance(part, AppFile) or (isinstance(part, Mapping) and "number" in part):
                self._add(part, str(key))
            else:
                plain[str(key)] = part
        if told := row_text(plain, "\n"):
            self._take(self._number(name, told), told)

    def _number(self, title: str, text: str) -> int:
        return self._context.cite(SourceQuote(title, quote=text[:400]))

    def _take(self, number: int, text: str) -> None:
        if text.strip():
            self._lines.setdefault(number, []).append(text.strip())


def row_text(row: Mapping[str, Any], between: str = "; ", unit: str = "") -> str:
    """A row as a person would read it out: "Uptime: value 97.2%; target 98%", without what is empty.

    A number has the unit that its row, or the row around it, says; a value of a period is "97.2% (2026-Q3)". The
    shorter it is, the surer the checks find in it what a sentence says.
    """
    own = str(row.get("unit") or unit)
    cells = dict(_cells(row, own))
    if set(cells) == {"period", "value"}:
        return f"{cells['value']} ({cells['period']})"
    # What a course ends with stands in it.
    told = [
        f"{k.replace('_', ' ')}: {text}" for k, text in cells.items() if text and not ("series" in cells and k in _ENDS)
    ]
    name = cells.get("name", "") if between == "; " else ""
    return f"{name} – {between.join(told[1:])}" if name and told[:1] == [f"name: {name}"] else between.join(told)


def prompt_text(template: str, fill: Any, material: Material, values: Mapping[str, Any]) -> str:
    """The prompt as the model reads it. `fill` evaluates `{{ … }}`; what comes out of it is never read for an @."""
    said: list[str] = []

    def mark(path: str) -> str:
        said.append(material.said(path, values))
        return f"{_OPEN}{len(said) - 1}{_CLOSE}"

    text = str(fill(with_mentions(template, mark)))
    for number, words in enumerate(said):
        text = text.replace(f"{_OPEN}{number}{_CLOSE}", words)
    return text.strip()


def _cells(row: Mapping[str, Any], unit: str) -> Iterator[tuple[str, str]]:
    for key, value in row.items():
        if key not in _UNREAD and key != "unit" and value not in (None, "", [], (), {}):
            yield key, _cell(value, unit)


def _cell(value: Any, unit: str) -> str:
    match value:
        case Mapping():
            inner = row_text(value, ", ", unit)
            return f"({inner})" if ": " in inner else inner
        case list() | tuple():
            return ", ".join(_cell(part, unit) for part in value)
        case bool():
            return "yes" if value else "no"
        case int() | float():
            text = f"{value:.12g}"
            return f"{text}%" if unit == "%" else f"{text} {unit}".strip()
    return str(value)


def _share(lengths: Sequence[int], most: int) -> int:
    """How long each may be so that all fit: the short ones whole, the long ones evenly."""
    left, count = most, len(lengths)
    for length in sorted(lengths):
        if length * count > left:
            return left // count
        left, count = left - length, count - 1
    return most
