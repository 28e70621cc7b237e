"""Made-up passages with claims of known truth in four languages, put together from `made_up.yaml`.

A frame is a fact with ways of saying it, of saying less, and of contradicting it; a passage is some frames in one
language, and its claims are in that language or another.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from evals.fitting.claims.texts import Pair

LANGUAGES = ("en", "de", "es", "fr")
_SHARES = (4.0, 2.2, 2.0, 2.0)
_OTHER_LANGUAGE = 0.3
_MOST_FACTS = 8
# Articles that grow together with a preposition, and vowels that a letter is left out before.
_JOINED = {
    "es": ((r"\bde el\b", "del"), (r"\ba el\b", "al")),
    "fr": (
        (r"\bde les?\b", "des"),
        (r"\bà les?\b", "aux"),
        (r"\b([dq])(?:e|ue) (?=[aeiouéh])", r"\1'"),
        (r"\bsi il", "s'il"),
    ),
}
Values = Mapping[str, Any]


def passages(count: int, seed: int) -> Iterator[Pair]:
    """The claims of so many passages."""
    rng = random.Random(seed)
    for _ in range(count):
        yield from _passage(rng)


def _passage(rng: random.Random) -> Iterator[Pair]:
    language = rng.choices(LANGUAGES, _SHARES)[0]
    chosen = rng.sample(_stored()["frames"], rng.randint(2, _MOST_FACTS))
    facts = [(frame, _drawn(frame, rng)) for frame in chosen]
    text = " ".join(_said(frame["says"], values, language, rng) for frame, values in facts)
    for frame, values in facts:
        for _ in range(2):
            other = rng.choice(LANGUAGES) if rng.random() < _OTHER_LANGUAGE else language
            right = frame["says"] if "follows" not in frame or rng.random() < 0.5 else frame["follows"]
            yield Pair(_said(right, values, other, rng), text, True, "said", other, "made up")
            yield Pair(_denied(frame, values, other, rng), text, False, "unsaid", other, "made up")
    missing = rng.choice([frame for frame in _stored()["frames"] if frame not in chosen])
    absent = _said(missing["says"], _drawn(missing, rng), language, rng)
    yield Pair(absent, text, False, "absent", language, "made up")


def _drawn(frame: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """A value for each slot, and another one under its name with a 2."""
    values: dict[str, Any] = {}
    for slot, source in frame["draws"].items():
        choices = [c for c in _choices(source) if c not in values.values()]
        values[slot], values[f"{slot}2"] = rng.sample(choices, 2)
    return values


def _choices(source: str | list[int]) -> list[Any]:
    if isinstance(source, list):
        return source
    lines = _stored()["words"][source].strip().splitlines()
    return [tuple(part.strip() for part in line.split("|")) for line in lines]


def _said(wordings: Mapping[str, str], values: Values, language: str, rng: random.Random) -> str:
    """One of the wordings with its slots filled, as a sentence."""
    told: dict[str, Any] = {}
    for slot, value in values.items():
        if slot.endswith("2"):
            continue
        if isinstance(value, tuple):
            word = value[LANGUAGES.index(language)] if len(value) > 1 else value[0]
            told[slot] = word
            if word.count(",") == 3:  # an action
                verb, told["pp"], told["inf"], told["o"] = (part.strip() for part in word.split(","))
                told[slot], _, told["tail"] = verb.partition(" ")
        else:
            told[slot] = value
    text = rng.choice(wordings[language].split(" / ")).format(**told)
    for pattern, joined in _JOINED.get(language, ()):
        text = re.sub(pattern, joined, text)
    text = " ".join(text.split())
    return f"{text[0].upper()}{text[1:]}."


def _denied(frame: Mapping[str, Any], values: Values, language: str, rng: random.Random) -> str:
    """The contrary, or the fact with another value in one of its slots."""
    slots = frame.get("exchanged", [])
    if slots and ("contrary" not in frame or rng.random() < 0.5):
        slot = rng.choice(slots)
        return _said(frame["says"], {**values, slot: values[f"{slot}2"]}, language, rng)
    return _said(frame["contrary"], values, language, rng)


@cache
def _stored() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(
        files("evals.fitting.claims").joinpath("made_up.yaml").read_text(encoding="utf-8")
    )
    return loaded
