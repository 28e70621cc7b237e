"""A model's reply as it comes, before it is checked: its own "no", what it needs, a thought, the wrong language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from assistant.answers.reading.kinds import asks_for_one_fact, asks_whether
from assistant.answers.writing.blocks import Block
from assistant.answers.writing.markers import read_markers
from assistant.answers.writing.review import ADDED, Claim
from assistant.answers.writing.sheet import Sheet
from core.llm import Streamed, orphan_end
from core.text.detect import detect_language

# Small models write it in other capitals, too; in words only as they were told.
_NO_EVIDENCE = re.compile(r"\W*(?:NO EVIDENCE|(?i:NO_EVIDENCE))\b[.:\s]*")
_NEED = re.compile(r"^\W*NEED\s*[:–-]\s*(?P<query>\w.{1,200}?)\W*$", re.MULTILINE)
_MOST_NEEDED = 3
# How a reply begins that answers whether something is so; small models begin every reply like this.
_YES_OR_NO = re.compile(
    r"^(?P<mark>\W*)(?:yes|no|ja|nein|sí|oui|non)\s*[,:;–-]\s*"
    r"(?:(?:it|the sources?|they)?\s*(?:states?|says?) that\s+)?",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"[.!?:|)\]】”\"`]\s*$")
# Quotations, code and links may be in any language.
_QUOTED = re.compile(r"[“„«\"][^“”„«»\"]{3,}[”“»\"]|`[^`]+`|https?://\S+|\[\d[\d,; ]*\]")
# Fewer letters tell no language; and so sure it must be.
_TELLING_LETTERS, _SURE = 60, 0.95
# Models that begin with a thought whose opening tag isn't sent; known once one did.
_thinking_first: set[str] = set()


class ThoughtFirst(Exception):
    """What came so far was a thought; `rest` is what came behind it."""

    def __init__(self, rest: str) -> None:
        super().__init__("the reply began with a thought")
        self.rest = rest


def spoken(stream: Streamed) -> Iterator[str]:
    """The pieces of a reply; of a model that is known to think first, from the end of its thought on.

    Raises:
        ThoughtFirst: what was given so far turns out to be a thought.
    """
    text = held = ""
    for piece in stream:
        text += piece
        if end := orphan_end(text):
            known = stream.model in _thinking_first
            _thinking_first.add(stream.model)
            if not known:
                raise ThoughtFirst(text[end:])
            yield text[end:]
            yield from stream
            return
        if stream.model in _thinking_first:
            held += piece
        else:
            yield piece
    if held:
        yield held


def without_no(blocks: Iterable[Block], sheet: Sheet) -> Iterator[Block]:
    """The blocks without the model's own word that there is no evidence, or what it needs, and what explains that."""
    for block in blocks:
        needed = [match["query"].strip() for match in _NEED.finditer(block.text)]
        if needed:
            sheet.needs = [*sheet.needs, *needed][:_MOST_NEEDED]
            sheet.said_no = True
            continue
        said = _NO_EVIDENCE.search(block.text) if block.kind in {"paragraph", "heading", "item"} else None
        texts = [block.text]
        if said is not None:
            sheet.said_no = True
            texts = [block.text[: said.start()].strip(" *"), block.text[said.end() :].strip(" *\n")]
        for text in texts:
            if text and (not sheet.said_no or sheet.text or ADDED in text or read_markers(text)[1]):
                yield replace(block, text=text)


def without_yes(blocks: Iterable[Block], question: str) -> Iterator[Block]:
    """The blocks without a "yes" or "no" in front where the question asks for a fact, not whether something is so."""
    first = asks_for_one_fact(question) and not asks_whether(question)
    for block in blocks:
        said = _YES_OR_NO.match(block.text) if first and block.kind in {"paragraph", "item"} else None
        rest = block.text[said.end() :] if said else ""
        first = first and block.kind in {"heading", "rule"}
        yield replace(block, text=said["mark"] + rest[:1].upper() + rest[1:]) if said and rest else block


def with_sources_below(blocks: Iterable[Block]) -> Iterator[tuple[Block, tuple[int, ...]]]:
    """Each block with the sources that a line below it names, for what has no markers of its own."""
    unmarked: list[Block] = []
    for block in blocks:
        if block.kind == "sources":
            yield from ((one, block.numbers) for one in unmarked)
            unmarked = []
        elif read_markers(block.text)[1] or (unmarked and block.kind == "heading"):
            yield from ((one, ()) for one in unmarked)
            unmarked = []
            yield block, ()
        else:
            unmarked.append(block)
    yield from ((one, ()) for one in unmarked)


def other_language(text: str, asked: str, wanted: str) -> str:
    """The language that the text is in, where that clearly isn't the one wanted; else empty.

    Args:
        asked: The question; where its own language can't be told, any will do.
    """
    prose = _QUOTED.sub(" ", text)
    if sum(map(str.isalpha, prose)) < _TELLING_LETTERS or detect_language(asked, default="") != wanted:
        return ""
    found = detect_language(prose, default="", min_probability=_SURE)
    return "" if found == wanted else found


def unfinished(claim: Claim) -> bool:
    """Whether a reply that was cut off may end within this claim; half a sentence may say the opposite of the whole."""
    text = claim.text.rstrip()
    return not text.endswith("|") if claim.header is not None else not (claim.numbers or _WHOLE.search(text))
