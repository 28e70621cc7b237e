"""A message in another language in the English of the words that ask for something (routing/glossary.txt).

The packaged embedding knows English only; routing needs to know what is wanted, not what is said about it, and that is
a few hundred words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from core.errors import SettingsError
from core.text.detect import language_shares

_WORD = re.compile(r"[^\W\d_]+(?:[-'’_][^\W\d_]+)*")
# "l'appel", "dell'incontro": the article says nothing.
_ELISION = re.compile(r"^(?:l|d|j|qu|s|n|c|m|t|un|dell|all|nell|sull|dall|quell)['’](?=\w{2})")
_ENGLISH = "en"
# Stands for a name: it says who is meant, not what is wanted.
NAMED = "the customer"
# In German every noun is capitalised, so that a capital marks no name.
_CAPITALISES = "de"
# German and Dutch join words. Each part has so many letters or more; so many may stand between the known beginning of
# the first and the second.
_JOINING = frozenset({"de", "nl"})
_PART = 4
# A language must be this much ahead of English: most messages are English, and short ones share words with others.
_AHEAD = 0.25


@dataclass(frozen=True, slots=True)
class _Glossary:
    """One language: whole words, beginnings of words, and phrases as patterns with what joins them by "_"."""

    exact: Mapping[str, str]
    beginnings: Mapping[str, str]
    phrases: tuple[tuple[str, str], ...]

    def english(self, word: str) -> str:
        """The English of a lower-case word; empty when it isn't known."""
        if word in self.exact:
            return self.exact[word]
        return next((self.beginnings[word[:n]] for n in range(len(word), 1, -1) if word[:n] in self.beginnings), "")


def english_only(text: str) -> str:
    """The English of a foreign message's known words, names kept; an English message as it is."""
    language = likely_language(text)
    return text if language == _ENGLISH else english_of(text, language) or text


def english_of(text: str, language: str) -> str:
    """The known words of `text` in English, in their order; a name is `NAMED`, and what is English already stays."""
    glossary = _glossaries()[language]
    for phrase, joined in glossary.phrases:
        text = re.sub(phrase, joined, text, flags=re.IGNORECASE)
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = match.group()
        english = (_joined if language in _JOINING else _translated)(word.lower(), glossary)
        if english and english not in found[-1:]:
            found.append(english)
        elif not english and match.start() > 0:
            name = _ELISION.sub("", word)
            if name.lower().removesuffix("s") in _english_words():
                found.append(name)
            elif name[:1].isupper() and language != _CAPITALISES and found[-1:] != [NAMED]:
                found.append(NAMED)
    return " ".join(found) + ("?" if found and text.rstrip().endswith("?") else "")


def likely_language(text: str) -> str:
    """The language among English and the glossary's: by the share of words that are known, and by the letters."""
    words = [w.lower() for w in _WORD.findall(text)]
    if not words:
        return _ENGLISH
    glossaries = _glossaries()
    known = {code: sum(bool(_translated(w, own)) for w in words) / len(words) for code, own in glossaries.items()}
    english = sum(w in _english_words() for w in words) / len(words)
    shares = dict(language_shares(text, (_ENGLISH, *known)))
    best = max(known, key=lambda code: known[code] + shares.get(code, 0.0))
    ahead = known[best] + shares.get(best, 0.0) - english - shares.get(_ENGLISH, 0.0)
    return best if known[best] and ahead >= _AHEAD else _ENGLISH


def _translated(word: str, glossary: _Glossary) -> str:
    return glossary.english(word) or glossary.english(_ELISION.sub("", word))


def _joined(word: str, glossary: _Glossary) -> str:
    """The English of a lower-case word; of both parts when it joins two that are known ("Kundenanfrage")."""
    english = _translated(word, glossary)
    known = max((n for n in range(_PART, len(word)) if word[:n] in glossary.beginnings), default=0)
    if not known or word in glossary.exact:
        return english
    # The first part may have an ending and a joint before the second begins.
    for begin in range(known, min(known + _PART, len(word) - _PART) + 1):
        last = glossary.english(word[begin:])
        if last and last != english:
            return f"{english} {last}"
    return english


@cache
def _english_words() -> frozenset[str]:
    return frozenset(word for line in _table()[1:] for word in line[0].lower().split())


@cache
def _glossaries() -> Mapping[str, _Glossary]:
    header, *lines = _table()
    result = {}
    for column, language in enumerate(header[1:], start=1):
        pairs: dict[str, str] = {}
        for line in lines:
            for word in line[column].split():
                pairs.setdefault(word, line[0])
        result[language] = _Glossary(
            {word: english for word, english in pairs.items() if not word.endswith("*")},
            {word[:-1]: english for word, english in pairs.items() if word.endswith("*")},
            tuple((r"\b" + r"\s+".join(map(re.escape, w.split("_"))) + r"\b", w) for w in pairs if "_" in w),
        )
    return result


@cache
def _table() -> list[list[str]]:
    """The lines of the glossary, cut into their columns; the first names the languages."""
    text = files("assistant.routing").joinpath("glossary.txt").read_text(encoding="utf-8")
    lines = [[c.strip() for c in line.split("|")] for line in text.splitlines() if line and not line.startswith("#")]
    for line in lines:
        if len(line) != len(lines[0]):
            raise SettingsError(
                f"routing/glossary.txt: the line of '{line[0]}' has {len(line)} columns and the header has "
                f"{len(lines[0])}; separate every language with '|'."
            )
    return lines
