"""How people order something written into another system, in four languages: a file each, en.yaml explains the keys.

Messages mix languages, so the words of all are one; `records` adds to what each kind of system calls its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = ("en", "de", "es", "fr")


@dataclass(frozen=True)
class OrderWords:
    """What tells an order, as patterns over the message in lower case.

    Attributes:
        order: From its beginning to the end of its verb, or of a need.
        last: A question that is an order, wherever its verb stands.
        need: An order that needs a colon.
        skip: What may stand before the record.
        after: What may follow it, or its end.
        made: What is made out of records, and is none.
        records: kind.operation → words for it.
        names: kind → what people call the system besides its own name.
    """

    order: re.Pattern[str]
    last: re.Pattern[str]
    need: re.Pattern[str]
    skip: re.Pattern[str]
    after: str
    made: re.Pattern[str]
    records: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[str, ...]]


@cache
def order_words() -> OrderWords:
    """The words of all languages."""
    told: list[Mapping[str, Any]] = [
        yaml.safe_load(files(__name__).joinpath(f"{language}.yaml").read_text(encoding="utf-8"))
        for language in LANGUAGES
    ]

    def every(key: str) -> list[str]:
        return [str(phrase) for one in told for phrase in one[key]]

    lead, verbs, needs, skip = _one_of(every("lead")), _one_of(every("verbs")), _one_of(every("needs")), every("skip")
    # "l'incident": what ends so has no space behind it.
    words, elided = (_one_of(w for w in skip if w.endswith("'") is short) for short in (False, True))
    begin = rf"^\W*(?:(?:{lead})[\s,]+)*"
    return OrderWords(
        order=re.compile(rf"{begin}(?:{verbs}|{needs})(?!\w)", re.IGNORECASE),
        last=re.compile(rf"^\W*(?:bitte\s+)?(?:{_one_of(every('last'))})(?!\w)", re.IGNORECASE),
        need=re.compile(rf"{begin}(?:{needs})(?!\w)", re.IGNORECASE),
        skip=re.compile(rf"^\W*(?:(?:{words})\s+|(?:{elided}))*"),
        after=rf"\s*(?:[:.,!?;]|$|(?:{_one_of(every('after'))})(?!\w))",
        made=re.compile(rf"(?:{_one_of(every('made'))})(?!\w)"),
        records=_collected(told, "records"),
        names=_collected(told, "names"),
    )  # fmt: skip


def _collected(told: Sequence[Mapping[str, Any]], key: str) -> dict[str, tuple[str, ...]]:
    names = {name for one in told for name in one[key]}
    return {name: tuple(str(word) for one in told for word in one[key].get(name, ())) for name in names}


def _one_of(phrases: Iterable[str]) -> str:
    """A pattern of the phrases, the longest first."""
    ordered = sorted(set(phrases), key=len, reverse=True)
    return "|".join(_pattern(phrase) for phrase in ordered)


def _pattern(phrase: str) -> str:
    """A phrase of a file: any blanks between its words, any ending where it ends in "*"."""
    plain = re.escape(phrase.removesuffix("*")).replace(r"\ ", r"\s+")
    return plain + (r"\w*" if phrase.endswith("*") else "")
