"""The cue words of questions, as patterns."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml


@cache
def cue(name: str) -> str:
    """The alternatives of one cue as a group without a number, the longest first."""
    return "(?:" + "|".join(sorted(_cues()[name].split("; "), key=len, reverse=True)) + ")"


@cache
def asking_words() -> frozenset[str]:
    """Words that ask and join, folded."""
    return frozenset(_cues()["asking"].split())


def is_cue(word: str) -> bool:
    """Whether a single word is what questions are made of: average, total, most."""
    low = word.casefold()
    return any(
        re.fullmatch(cue(name), low)
        for name in _cues()
        if name not in ("asking", "return", "each", "not", "person", "named")
    )


@cache
def any_cue() -> re.Pattern[str]:
    """Any cue in a folded text, the longest first."""
    names = [name for name in _cues() if name not in ("asking", "person", "named")]
    every = sorted({form for name in names for form in _cues()[name].split("; ")}, key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(every)})(?![^\W_])")


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A pattern in which {name} stands for a cue; word borders are put around it."""
    made = re.sub(r"\{([a-z_]+)\}", lambda m: cue(m[1]), text)
    return re.compile(rf"(?<![^\W_])(?:{made})(?![^\W_])")


@cache
def _cues() -> dict[str, str]:
    values: dict[str, str] = yaml.safe_load((files(__package__) / "cues.yaml").read_text(encoding="utf-8"))
    return values
