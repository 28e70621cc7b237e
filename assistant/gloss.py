"""A message in another language in the English of the words that ask for something (routing/glossary.yaml).

The packaged embedding knows English only; routing needs to know what is wanted, not what is said about it, and that is
a few hundred words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from core.language import language_shares

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
# English counts as well, and needs less proof: most messages are.
_ENGLISH = "en"
_SURE = 0.6
_FEW = 2


def english_only(text: str) -> str:
    """The English of a foreign message's known words, names kept; an English message as it is."""
    language = likely_language(text)
    return text if language == _ENGLISH else english_of(text, language) or text


def english_of(text: str, language: str) -> str:
    """The known words of `text` in English, in their order; capitalised words that aren't known stay (names)."""
    exact, endings = _glossary()[language]
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = match.group().lower()
        english = exact.get(word) or next((e for start, e in endings if word.startswith(start)), "")
        if english and english not in found[-1:]:
            found.append(english)
        elif not english and match.group()[:1].isupper() and match.start() > 0:
            found.append(match.group())
    return " ".join(found)


def likely_language(text: str) -> str:
    """The language among English and the glossary's: by the words that are known, then by the letters."""
    words = [w.lower() for w in _WORD.findall(text)]
    if not words:
        return _ENGLISH
    known = {
        language: sum(w in exact or any(w.startswith(s) for s, _ in endings) for w in words)
        for language, (exact, endings) in _glossary().items()
    }
    shares = dict(language_shares(text, (_ENGLISH, *known)))
    best = max(known, key=lambda language: (shares.get(language, 0.0), known[language]))
    return best if shares.get(best, 0.0) >= _SURE and known[best] >= min(_FEW, len(words) // 3) else _ENGLISH


@cache
def _glossary() -> Mapping[str, tuple[Mapping[str, str], tuple[tuple[str, str], ...]]]:
    """Language → whole words, and beginnings with the longest first."""
    raw = yaml.safe_load(files("assistant").joinpath("routing/glossary.yaml").read_text(encoding="utf-8"))
    result = {}
    for language, words in raw.items():
        pairs = {str(k): str(v) for k, v in words.items()}
        endings = sorted(((k[:-1], v) for k, v in pairs.items() if k.endswith("*")), key=lambda p: -len(p[0]))
        result[language] = ({k: v for k, v in pairs.items() if not k.endswith("*")}, tuple(endings))
    return result
