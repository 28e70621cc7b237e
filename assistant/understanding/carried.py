"""A German, Spanish or French question → the same in English words, for an index and a model of English.

`carried.txt` has everyday words of work, written for this purpose: English | German | Spanish | French, forms of one
word apart by commas. Words are compared by their stem; German compounds are taken apart. It is word for word and no
translation: good enough to search by, never shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from core.text.words import folded
from retrieval.query.bm25 import searched_terms

LANGUAGES = ("de", "es", "fr")
_WORD = re.compile(r"\d[\d.,]*\d|[^\W_]+")
_LONGEST = 4
# Of several meanings so many are searched for.
_MEANINGS = 2
# So much of a question's words has to be known, or be names and numbers; less is another question.
_CARRIED = 0.6
_LEAST_PART = 4
# What joins the parts of a German compound.
_JOINTS = ("", "s", "es", "n", "en", "e")
# Words that an English question leaves out, or that only inflect others.
_LEFT_OUT = {
    "de": (
        "der die das den dem des ich du er sie es wir ihr mich mir mein meine meinen meinem unser unsere unseren "
        "uns man ist sind war wird werden wurde sein es da hier denn auch noch nur so an auf bei um durch gegen "
        "einen eines dieser diese dieses diesen ihre ihren sich hat ein eine einer einem zu zum zur nach"
    ),
    "es": (
        "el la los las lo de del a al yo tu su sus mi mis nuestro nuestra nuestros nuestras me se te nos le les "
        "es son era ser está están estar hay ha han he este esta estos estas ese esa que un unos unas una uno"
    ),
    "fr": (
        "le la les l d de du des à au aux je tu il elle on nous vous ils elles mon ma mes ton ta tes son sa ses "
        "notre nos votre vos leur leurs me m se s te t y est sont était être a ai c ce cet cette ces qu n un une"
    ),
}


def carried_over(question: str, language: str) -> str:
    """The question in English words, what isn't known as it stands; empty where too little of it is known."""
    if language not in LANGUAGES:
        return ""
    found = _WORD.findall(question)
    carried: list[str] = []
    known = counted = 0
    for text, english in _read(found, language):
        name = (text[:1].isupper() and language != "de") or not text.isalpha()
        if english is None:
            carried.append(text)
            counted += 1
            known += int(name)
        elif english:
            carried.append(english)
            counted += 1
            known += 1
    enough = counted and known >= _CARRIED * counted
    return f"{' '.join(carried)}?" if enough else ""


def _read(found: Sequence[str], language: str) -> Iterator[tuple[str, str | None]]:
    """Each word, or words that belong together, with its English: empty for what is left out, None for the unknown."""
    left_out = frozenset(folded(_LEFT_OUT[language]).split())
    place = 0
    while place < len(found):
        for length in range(min(_LONGEST, len(found) - place), 0, -1):
            text = " ".join(found[place : place + length])
            english = _english(text, language)
            if english:
                yield text, english
                break
        else:
            length, text = 1, found[place]
            if folded(text) in left_out:
                yield text, ""
            else:
                yield text, _of_parts(text, language) if language == "de" else None
        place += length


def _english(text: str, language: str) -> str:
    exact, stems = _dictionary(language)
    low = folded(text)
    meanings = exact.get(low) or (stems.get(_stem(low, language)) if " " not in low else None) or ()
    return " ".join(dict.fromkeys(" ".join(meanings[:_MEANINGS]).split()))


def _of_parts(word: str, language: str) -> str | None:
    """The English of a German compound's parts; None unless all of them are known."""
    low = folded(word)
    for cut in range(len(low) - _LEAST_PART, _LEAST_PART - 1, -1):
        end = _english(low[cut:], language)
        if not end:
            continue
        for joint in _JOINTS:
            begin = low[:cut].removesuffix(joint) if low[:cut].endswith(joint) else ""
            first = _english(begin, language) if len(begin) >= _LEAST_PART else ""
            first = first or (_of_parts(begin, language) or "" if len(begin) > 2 * _LEAST_PART else "")
            if first:
                return f"{first} {end}"
    return None


def _stem(word: str, language: str) -> tuple[int, ...]:
    return searched_terms(word, language)


@cache
def _dictionary(language: str) -> tuple[Mapping[str, tuple[str, ...]], Mapping[tuple[int, ...], tuple[str, ...]]]:
    """English meanings by the folded word, and by its stem."""
    column = 1 + LANGUAGES.index(language)
    exact: dict[str, tuple[str, ...]] = {}
    stems: dict[tuple[int, ...], tuple[str, ...]] = {}
    for line in files("assistant.understanding").joinpath("carried.txt").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        for form in filter(None, (folded(f).strip() for f in cells[column].split(","))):
            plain = " ".join(_WORD.findall(form))
            exact[plain] = (*exact.get(plain, ()), cells[0])
            stemmed = _stem(plain, language) if " " not in plain else ()
            if stemmed:
                stems[stemmed] = (*stems.get(stemmed, ()), cells[0])
    return exact, stems
