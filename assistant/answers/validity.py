"""Which passages hold today: what was superseded stands beside what replaced it only where the past is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.types import Passage

_SUPERSEDED = "superseded"
# A year, a quarter, a version, or a word for what was: then both are wanted.
_PAST = re.compile(
    r"\b(?:20\d\d|[qt][1-4]|v?\d+\.\d+|version|old\w*|earlier|former\w*|previous\w*|prior|before|until now|used to|"
    r"(?<!^)was|were|did|chang\w+|differ\w*|compar\w+|since|instead|superseded|replaced|history|develop\w*|trend|last|"
    r"alt\w*|früher\w*|bisher\w*|vorher\w*|vorig\w*|letzt\w*|geändert|änder\w*|vergleich\w*|unterschied\w*|seit|"
    r"antigu\w+|anterior\w*|antes|cambi\w+|diferenci\w+|compar\w+|últim\w+|desde|"
    r"ancien\w*|précédent\w*|avant|chang\w+|différen\w+|derni\w+|depuis)\b",
    re.IGNORECASE,
)


def asks_for_past(question: str) -> bool:
    """Whether the question asks for what was, or for how it became what it is."""
    return _PAST.search(question) is not None


def holding_today(question: str, passages: Sequence[Passage]) -> list[Passage]:
    """The passages without those of superseded documents; all where the past is asked for, or nothing else is there."""
    if asks_for_past(question):
        return list(passages)
    current = [p for p in passages if p.chunk.metadata.get("vetting") != _SUPERSEDED]
    return current or list(passages)
