"""`@name` in a prompt: an input, a step, or a field of one, written as people write to each other.

    mentions("Write to @customer about @meeting.decisions.")      # those of "customer" and "meeting.decisions"

An e-mail address is none, since a letter stands before its sign; "@@" is a plain @.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MENTION = re.compile(r"(?<![\w.@/+-])@([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")


@dataclass(frozen=True, slots=True)
class Mention:
    """`path` as it stands behind the @, and the line of the text that it stands in, from 0."""

    path: str
    line: int

    @property
    def name(self) -> str:
        """The input or step."""
        return self.path.partition(".")[0]

    @property
    def field(self) -> str:
        """The first field that is asked of it; empty for all of it."""
        return self.path.partition(".")[2].partition(".")[0]


def mentions(text: str) -> Iterator[Mention]:
    """What the text names, in order."""
    for match in MENTION.finditer(text):
        yield Mention(match.group(1), text.count("\n", 0, match.start()))


def with_mentions(text: str, said: Callable[[str], str]) -> str:
    """The text with what `said` gives for each path in its place."""
    return MENTION.sub(lambda match: said(match.group(1)), text).replace("@@", "@")


def value_at(path: str, values: Mapping[str, Any]) -> Any:
    """The value of the path; None where it leads nowhere."""
    found: Any = values
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else getattr(found, part, None)
    return found
