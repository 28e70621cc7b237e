"""Written passages with claims that they say and that they don't, of every kind of company: `texts/*.txt`.

A passage begins with "@@ id language | title"; below "--" stand its claims, "+" for what it says and "-" for what it
doesn't, with the kind of claim and, where it is another than the passage's, its language ("role@de"). The passages of
real documents are named only ("@@ ref:id"); they come from the sets that `real.py` reads.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

_BLOCK = re.compile(r"^@@ ", re.MULTILINE)
_HEAD = re.compile(r"(\S+) (\w\w)(?: \| (.*))?$")
_CLAIM = re.compile(r"([+-]) ([^|]+) \| (.*)$")
# One in so many passages was kept out of training: by it the thresholds were chosen.
_CHOSEN_BY = 6


@dataclass(frozen=True)
class Pair:
    """A claim and a text.

    Attributes:
        said: Whether the text says the claim.
        kind: How the claim was made, such as "role" for one that names another doer.
        group: Which material it is of.
    """

    claim: str
    text: str
    said: bool
    kind: str
    language: str
    group: str


@dataclass(frozen=True)
class Written:
    """A passage and its claims."""

    id: str
    language: str
    title: str
    text: str
    claims: tuple[Pair, ...]

    @property
    def kept(self) -> bool:
        """Whether it was kept out of training."""
        return int(hashlib.sha1(self.id.encode()).hexdigest(), 16) % _CHOSEN_BY == 0


def written(names: Iterable[str], real: Mapping[str, tuple[str, str]]) -> Iterator[Written]:
    """The passages of the files; those of real documents only as far as `real` (id → title, text) has them."""
    for name in names:
        stored = files("evals.fitting.claims").joinpath("texts", f"{name}.txt").read_text(encoding="utf-8")
        for block in _BLOCK.split(stored)[1:]:
            head, rest = block.split("\n", 1)
            matched = _HEAD.match(head)
            if matched is None:
                raise ValueError(f"{name}.txt: “{head}” isn't “id language | title”")
            text, claims = rest.split("--\n", 1)
            title = matched[3] or ""
            if matched[1].startswith("ref:"):
                if matched[1] not in real:
                    continue
                title, text = real[matched[1]]
            yield _passage(matched[1], matched[2], title, text.strip(), claims)


def shown(title: str, text: str) -> str:
    """What the model reads of a passage."""
    return f"{title}\n{text}" if title else text


def _passage(name: str, language: str, title: str, text: str, lines: str) -> Written:
    claims = []
    for line in lines.strip().splitlines():
        matched = _CLAIM.match(line)
        if matched is None:
            raise ValueError(f"{name}: “{line}” isn't “+ kind | claim”")
        kind, _, other = matched[2].strip().partition("@")
        claims.append(Pair(matched[3].strip(), shown(title, text), matched[1] == "+", kind, other or language, "hand"))
    return Written(name, language, title, text, tuple(claims))
