"""The words of reports that words.yaml lists: what a column is, what turns a sentence round, which way is better."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from core.text.words import folded

Role = Literal["value", "target", "previous", "unit", "number", "change"]
Better = Literal["higher", "lower", "neither"]

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


@cache
def cues() -> Mapping[str, Any]:
    """What words.yaml holds."""
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def word_set(name: str, part: str = "") -> frozenset[str]:
    """The words under a name of words.yaml, whether it holds one line or several."""
    held = cues()[name][part] if part else cues()[name]
    return frozenset(" ".join([held] if isinstance(held, str) else held).split())


def plain_words(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    return _WORD.findall(folded(text))


def role_of(heading: str) -> Role | None:
    """What a column with this heading holds, if its words say nothing but that."""
    if heading.strip() and not plain_words(heading):
        return "number"  # "#", "№"
    found = [[r for r in get_args(Role) if w in word_set("roles", r)] for w in plain_words(heading)]
    known = [roles for roles, word in zip(found, plain_words(heading), strict=True) if word not in word_set("fillers")]
    if not known or not all(known):
        return None
    # "Target value" is a target: what says least, that there is a value, counts last.
    return max((roles[0] for roles in known), key=lambda role: role != "value")


def negatives(text: str) -> int:
    """How many words of the text deny or lack something."""
    text = re.sub(r"n['’]t\b", " not", text.lower()).replace("cannot", "can not")
    return sum(word in word_set("negative") for word in plain_words(text))


def is_denied(word: str, other: str) -> bool:
    """Whether one of two words is the other behind a prefix that denies it."""
    short, long = sorted((word, other), key=len)
    return len(short) > 3 and any(long == f"{prefix}{short}" for prefix in word_set("negative_prefixes"))


def better_way(name: str, declared: Mapping[str, Better]) -> Better:
    """Which way is better for a metric: as declared (longest matching name wins), else by its words."""
    for key in sorted(declared, key=len, reverse=True):
        if key.lower() in name.lower():
            return declared[key]
    plain = folded(name)
    return next((way for way, pattern in _ways() if pattern.search(plain)), "neither")


def bound_of(target: str) -> tuple[Better, str]:
    """Which way is better by the words or signs in front of a target ("≥ 95 %", "max. 5"), and the target without."""
    for way, pattern in _bounds():
        if match := pattern.match(target):
            return way, target[match.end() :]
    return "neither", target


@cache
def _bounds() -> tuple[tuple[Better, re.Pattern[str]], ...]:
    bounds: Mapping[Better, str] = cues()["bounds"]
    return tuple((way, re.compile(rf"\s*(?:{pattern})\s*", re.IGNORECASE)) for way, pattern in bounds.items())


@cache
def _ways() -> tuple[tuple[Better, re.Pattern[str]], ...]:
    ways: Mapping[Better, Iterable[str]] = cues()["better"]
    return tuple((way, re.compile(rf"\b(?:{'|'.join(patterns)})")) for way, patterns in ways.items())
