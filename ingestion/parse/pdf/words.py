"""What a whole PDF says about its lines: words cut by hyphens, headings by size, headers and footers that repeat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ingestion.parse.draft import one_line
from ingestion.parse.pdf.layout import PageBlock

_CUT = re.compile(r"(\w+)(?:\ufffe|\x02|[-\u2010\u00ad]\n)\s*(\w+)")
_CUT_END = re.compile(r"\w+[\ufffe\x02\u2010\u00ad-]\s*$")
MIN_REPEATS = 3


def join_lines(lines: Sequence[str], vocabulary: frozenset[str]) -> str:
    """A paragraph's lines as running text; a word cut at a line's end is joined."""
    text = "\n".join(line.strip() for line in lines)

    def join(match: re.Match[str]) -> str:
        left, right = match.group(1), match.group(2)
        whole = (left + right).lower()
        if not left[-1].isalpha() or not right[0].islower():
            return f"{left}-{right}"
        both = min(len(left), len(right)) > 3 and left.lower() in vocabulary and right.lower() in vocabulary
        # "chat-optimized" is written with its hyphen, "rea-soning" is one word: the rest of the document knows.
        return left + right if whole in vocabulary or not both else f"{left}-{right}"

    return " ".join(_CUT.sub(join, text).replace("\ufffe", "-").replace("\x02", "-").split("\n"))


def words_of(pages: Sequence[Sequence[PageBlock]]) -> frozenset[str]:
    """All whole words of the document in lower case."""
    words: set[str] = set()
    for blocks in pages:
        for block in blocks:
            cut = False
            for line in block.lines:
                inner = re.sub(r"^\s*\w+", " ", line) if cut else line
                cut = _CUT_END.search(line) is not None
                words.update(word.lower() for word in re.findall(r"[^\W\d_]{2,}", _CUT_END.sub(" ", inner)))
    return frozenset(words)


def heading_levels(pages: Sequence[Sequence[PageBlock]]) -> dict[int, int]:
    """Letter heights (in half points) that are headings, with their level: the up to three larger than the text."""
    sizes: Counter[int] = Counter()
    for blocks in pages:
        for block in blocks:
            if block.rows is None and block.height:
                sizes[half_points(block.height)] += sum(map(len, block.lines))
    if not sizes:
        return {}
    body = sizes.most_common(1)[0][0]
    larger = sorted((size for size in sizes if size >= 1.18 * body), reverse=True)
    if sum(sizes[size] for size in larger) > 0.3 * sizes.total():
        return {}  # so much large text is a poster or a slide, not headings
    levels: dict[int, int] = {}
    level, last = 0, 0
    for size in larger:
        level += not last or size < 0.93 * last
        levels[size], last = min(level, 3), size
    return levels


def half_points(height: float) -> int:
    """A letter height rounded to half a point."""
    return round(2 * height)


def is_heading(block: PageBlock, levels: dict[int, int]) -> bool:
    """Whether a paragraph is a heading: large, short, and words rather than numbers."""
    text = one_line(" ".join(block.lines))
    return (
        half_points(block.height) in levels
        and len(block.lines) <= 3
        and 2 < len(text) <= 150
        and sum(char.isalpha() for char in text) > 0.5 * len(text.replace(" ", ""))
        and not text.endswith((".", ",", ";"))
    )


def repeated_margins(pages: Sequence[Sequence[PageBlock]]) -> dict[str, str]:
    """First and last lines that most pages share, numbers aside: their pattern → how one of them reads."""
    seen: Counter[str] = Counter()
    first: dict[str, str] = {}
    for blocks in pages:
        patterns = {margin_pattern(block): block for block in margin_blocks(blocks)}
        for pattern, block in patterns.items():
            if pattern:
                seen[pattern] += 1
                first.setdefault(pattern, one_line(" ".join(block.lines)))
    enough = max(MIN_REPEATS, 0.5 * len(pages))
    return {pattern: first[pattern] for pattern, count in seen.items() if count >= enough}


def margin_blocks(blocks: Sequence[PageBlock]) -> list[PageBlock]:
    """The two highest and two lowest paragraphs of a page."""
    texts = sorted((block for block in blocks if block.rows is None), key=lambda block: block.box[1])
    return texts[:2] + texts[2:][-2:]


def margin_pattern(block: PageBlock) -> str:
    """A paragraph with its numbers as #, "" if it is too long to be a header."""
    text = one_line(" ".join(block.lines))
    return re.sub(r"\d+", "#", text) if len(text) <= 120 else ""
