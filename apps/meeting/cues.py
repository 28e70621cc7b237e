"""What people say when they promise, decide, leave something open …: the forms of `cues/*.yaml`, one file a language.

    match = cue("promise").search("I'll send the list on Monday.")
    match.what                                   # "send the list on Monday."

All languages are always tried, as two are often spoken in one meeting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = ("en", "de", "es", "fr")
_GROUP = re.compile(r"\(\?P<(\w+)>")


@dataclass(frozen=True, slots=True)
class CueMatch:
    """Where a form of words was found.

    Attributes:
        what: What remains when the form is taken away; "" when the form has no such part.
        language: Of the form.
        parts: The named parts of the form that were there.
    """

    begin: int
    end: int
    what: str
    language: str
    parts: Mapping[str, str]


class Cue:
    """All forms of one kind, in all languages."""

    def __init__(self, forms: list[tuple[str, str]]) -> None:
        """Args: forms: (language, pattern)."""
        self._languages = [language for language, _ in forms]
        numbered = (
            f"(?P<f{n}>{_GROUP.sub(lambda m, n=n: f'(?P<{m[1]}_{n}_{m.start()}>', form)})"  # type: ignore[misc]
            for n, (_, form) in enumerate(forms)
        )
        self._pattern = re.compile("|".join(numbered) or r"(?!)", re.IGNORECASE)

    def search(self, text: str) -> CueMatch | None:
        """The first place where one of the forms stands."""
        found = self._pattern.search(plain(text))
        return self._told(found) if found else None

    def fullmatch(self, text: str) -> CueMatch | None:
        found = self._pattern.fullmatch(plain(text))
        return self._told(found) if found else None

    def finditer(self, text: str) -> Iterator[CueMatch]:
        return map(self._told, self._pattern.finditer(plain(text)))

    def sub(self, text: str) -> str:
        """The text without the form."""
        return self._pattern.sub("", plain(text))

    def _told(self, found: re.Match[str]) -> CueMatch:
        parts: dict[str, str] = {}
        number = ""
        for name, value in found.groupdict().items():
            if value is None:
                continue
            if re.fullmatch(r"f\d+", name):
                number = name[1:]
            else:
                parts.setdefault(name.rsplit("_", 2)[0], value)
        what = parts.get("what", "").strip(" ,")
        return CueMatch(found.start(), found.end(), what, self._languages[int(number)], parts)


def plain(text: str) -> str:
    """The text with one kind of apostrophe; offsets stay."""
    return text.replace("’", "'").replace("‘", "'")


@cache
def cue(kind: str) -> Cue:
    """The forms of a kind; none where no language has it."""
    forms = [
        (language, line.strip())
        for language in LANGUAGES
        for line in str(words_of(language).get(kind, "")).splitlines()
        if line.strip()
    ]
    return Cue(forms)


@cache
def words_of(language: str) -> Mapping[str, Any]:
    """What a language's file holds."""
    text = files("apps.meeting").joinpath("cues", f"{language}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
