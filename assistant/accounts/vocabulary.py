"""The words of words.yaml, and how a question's words are compared with them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from assistant.accounts.periods import is_one_of
from core.text.words import FUNCTION_WORDS, folded, stem

_TOKEN = re.compile(r"[^\W_]+")
# Letters that are left of words with an apostrophe or a hyphen: "customer's", "l'état", "e-mail".
_LEAST = 2

Words = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Vocabulary:
    """words.yaml. A pattern is a tuple of sets of words of which each must be met."""

    fields: Mapping[str, tuple[Words, ...]]
    intents: Mapping[str, tuple[Words, ...]]
    labels: Mapping[str, frozenset[str]]
    meetings: Mapping[str, tuple[str, ...]]
    lists: Mapping[str, tuple[str, ...]]
    mail: tuple[str, ...]
    reports: tuple[str, ...]
    before: tuple[str, ...]
    fillers: tuple[str, ...]
    synonyms: Mapping[str, tuple[str, ...]]


@cache
def vocabulary() -> Vocabulary:
    """The words of the file beside this one."""
    raw: dict[str, Any] = yaml.safe_load(files("assistant.accounts").joinpath("words.yaml").read_text("utf-8"))

    def patterns(lines: Iterable[str]) -> tuple[Words, ...]:
        return tuple(tuple(tuple(part.split("|")) for part in str(line).split()) for line in lines)

    return Vocabulary(
        {name: patterns(lines) for name, lines in raw["fields"].items()},
        {name: patterns(lines) for name, lines in raw["intents"].items()},
        {name: frozenset(lines) for name, lines in raw["labels"].items()},
        {name: tuple(map(str, words)) for name, words in raw["meetings"].items()},
        {name: tuple(map(str, words)) for name, words in raw["lists"].items()},
        tuple(raw["mail"]),
        tuple(raw["reports"]),
        tuple(raw["before"]),
        (*str(raw["fillers"]).split(), *FUNCTION_WORDS),
        {word: tuple(said.split()) for word, said in raw["synonyms"].items()},
    )


def tokens_of(text: str) -> list[str]:
    """The words of a question, folded; "e-mail" is one word."""
    return _TOKEN.findall(re.sub(r"\be-(?=mails?\b)", "e", folded(text)))


def met(patterns: Iterable[Words], tokens: Sequence[str]) -> frozenset[str]:
    """The tokens by which the first pattern of `patterns` that all of its sets are met is met; empty if none is."""
    found: set[str] = set()
    for pattern in patterns:
        used = [[t for t in tokens if is_one_of(t, words)] for words in pattern]
        if all(used):
            found.update(t for part in used for t in part)
    return frozenset(found)


def said(words: Sequence[str], tokens: Iterable[str]) -> frozenset[str]:
    """The tokens that are one of `words`."""
    return frozenset(t for t in tokens if is_one_of(t, words))


def without_fillers(tokens: Iterable[str]) -> list[str]:
    """The tokens that say what is asked for."""
    fillers = vocabulary().fillers
    return [t for t in tokens if len(t) >= _LEAST and not is_one_of(t, fillers)]


def stems(tokens: Iterable[str]) -> frozenset[str]:
    """The tokens in English, as far as the file knows them, without endings."""
    known = vocabulary().synonyms
    return frozenset(stem(word) for token in tokens for word in known.get(token, (token,)))


def label_stems(label: str) -> frozenset[str]:
    """The words of a field's or a figure's own name as `stems` gives them."""
    return stems(tokens_of(label.replace("_", " ")))


def standard_field(label: str) -> str:
    """The name in core/records.py of what a document labels so; "" for a label of its own."""
    plain = " ".join(tokens_of(label))
    return next((name for name, known in vocabulary().labels.items() if plain in known), "")


def covered(tokens: Collection[str], *used: Iterable[str]) -> list[str]:
    """What is left of the tokens without those that were used."""
    gone = {token for part in used for token in part}
    return [t for t in tokens if t not in gone]
