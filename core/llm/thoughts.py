"""A stream without the model's thoughts: what stands between `<think>` and `</think>`, however the tags are split.

Models that think write it into the reply when the server doesn't take it out. A block is known by its tag at the
beginning of the reply or of a line, outside of code, so that a text *about* such a tag stays whole. A block that never
closes goes on to the reply's end.
"""

from __future__ import annotations

import re

# Calls of tools that a model writes as text, having been given none, are no text for a person either.
_TAGS = ("think", "thinking", "thought", "reasoning", "reflection", "tool_call", "tool_calls", "function_call")
_PAIRS = {f"<{tag}>": f"</{tag}>" for tag in _TAGS} | {
    "[THINK]": "[/THINK]",
    "[TOOL_CALLS]": "\n\n",
    "<|channel|>analysis": "<|channel|>final<|message|>",
}
_OPENING = tuple(sorted(_PAIRS, key=len, reverse=True))
_FENCES = ("```", "~~~")
_ORPHAN = re.compile(r"</think(?:ing)?>\s*")
# In a stream the tag counts at a line's end or beginning only, where no text about such tags has it.
_ORPHAN_LINE = re.compile(r"(?:^[ \t]*</think(?:ing)?>|</think(?:ing)?>[ \t]*(?=\n))\s*", re.MULTILINE)
_FENCED = re.compile(r"\A\s*(```+|~~~+)[^\n`]*\n(.*?)\n?[ \t]*\1[ \t]*\s*\Z", re.DOTALL)


class Thoughts:
    """Takes a reply piece by piece and gives back what isn't thought.

    Example:
        >>> thoughts = Thoughts()
        >>> [thoughts.feed(p) for p in ("<thi", "nk>90? [2]</th", "ink>Kept", " for 90 days.")], thoughts.end()
        (['', '', 'Kept', ' for 90 days.'], '')
    """

    def __init__(self) -> None:
        self.found = False
        self._held = ""
        self._closing = ""  # what ends the thought that we are in
        self._at_start = True  # of a line
        self._trim = True  # white space at the reply's beginning and behind a thought
        self._in_code = False

    def feed(self, piece: str) -> str:
        """What of the text so far is certain to be shown."""
        self._held += piece
        shown = ""
        while self._held and self._advance():
            head, newline, self._held = self._held.partition("\n")
            if self._at_start and head.lstrip(" \t").startswith(_FENCES):
                self._in_code = not self._in_code
            shown += head + newline
            self._at_start = bool(newline)
        return shown

    def end(self) -> str:
        """What was held back until it was clear that it is no tag."""
        rest, self._held = ("" if self._closing else self._held), ""
        return rest

    def _advance(self) -> bool:
        """Drops thoughts from the beginning of what is held; whether the line that it then begins with can be shown."""
        while True:
            if self._closing and not self._dropped():
                return False
            if self._trim:
                self._held = self._held.lstrip()
                self._trim = not self._held
            if not self._at_start:
                return bool(self._held)
            bare = self._held.lstrip(" \t")
            tag = "" if self._in_code else next((tag for tag in _OPENING if bare.startswith(tag)), "")
            if not tag:
                return bool(bare) and not self._unclear(bare)
            self._closing, self.found, self._held = _PAIRS[tag], True, bare[len(tag) :]

    def _dropped(self) -> bool:
        """Drops what belongs to the thought; whether its end was found."""
        at = self._held.find(self._closing)
        if at < 0:
            self._held = self._held[1 - len(self._closing) :]
            return False
        self._held = self._held[at + len(self._closing) :]
        self._closing, self._trim, self._at_start = "", True, True
        return True

    def _unclear(self, bare: str) -> bool:
        """Whether what comes next decides if this is a tag or a fence."""
        starts = _FENCES if self._in_code else (*_OPENING, *_FENCES)
        return any(len(bare) < len(start) and start.startswith(bare) for start in starts)


def without_thoughts(text: str) -> str:
    """A whole reply without thoughts, also where the opening tag stood in the prompt and only the closing one came."""
    thoughts = Thoughts()
    rest = thoughts.feed(text) + thoughts.end()
    if not thoughts.found and (orphan := _ORPHAN.search(rest)):
        rest = rest[orphan.end() :]
    return rest.strip()


def orphan_end(text: str) -> int:
    """Where a thought ends whose opening tag stood in the prompt; 0 where the text has none."""
    found = _ORPHAN_LINE.search(text)
    return found.end() if found is not None and text.count("```", 0, found.start()) % 2 == 0 else 0


def unfenced(text: str) -> str:
    """The text within a code fence that stands around all of it, else the text as it is."""
    found = _FENCED.match(text)
    return found.group(2) if found and found.group(1) not in found.group(2) else text
