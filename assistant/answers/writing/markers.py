"""Citation markers as models write them, read out of a text: [1], [2, 3], [1-2], 【1†source】, [^1], (Source 1), ¹ …

What stands in code, belongs to an expression (`limits[0]`, `= [1, 2]`) or stands so in a source is no marker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MOST_IN_A_RANGE = 20
_NUMBERS = r"\d{1,3}(?:\s*(?:[,;&–-]|and|und|y|et)\s*\d{1,3})*"
_WORD = r"(?:sources?|quellen?|fuentes?|documents?|docs?|refs?|references?|citations?)"
_MARKER = re.compile(
    rf"[ \t]*(?:"
    rf"[\[【]\^?(?P<square>{_NUMBERS})(?:†[^】\]]*|:\d+†[^】\]]*)?[\]】]"
    rf"|[\[(【]\s*{_WORD}[\s:.#]*(?:\[?(?P<word>{_NUMBERS})\]?)\s*[\])】]"
    rf"|<sup>\s*\[?(?P<sup>{_NUMBERS})\]?\s*</sup>"
    rf"|(?P<raised>[¹²³⁴⁵⁶⁷⁸⁹⁰]+(?:[,˒ ]?[¹²³⁴⁵⁶⁷⁸⁹⁰]+)*)"
    rf"|\((?P<round>\d{{1,2}})\)(?=\s*[.!?]?\s*$)"
    rf"|\s[–—-]?\s?{_WORD}[\s:#]+(?P<last>{_NUMBERS})(?=\s*[.!?]?\s*$)"
    r")",
    re.IGNORECASE,
)
# "citeturn0file2" between private-use characters: the first file has number 0.
_PRIVATE = re.compile(r"[\ue000-\uf8ff]*cite[\ue000-\uf8ff]*(?P<ids>(?:turn\d+\w+?\d+[\ue000-\uf8ff]*)+)")
_PRIVATE_LEFT = re.compile(r"[\ue000-\uf8ff]")
_TURN = re.compile(r"turn\d+[a-z]+(\d+)")
_CODE = re.compile(r"(`+)(?:(?!\1).)+\1", re.DOTALL)
_FOOTNOTE = re.compile(r"^\s*\[\^(\w+)\]:")
_LIST_OF_SOURCES = re.compile(rf"^\W*{_WORD}\s*:?\W*$", re.IGNORECASE)
_RAISED = str.maketrans("¹²³⁴⁵⁶⁷⁸⁹⁰", "1234567890")
_OPERATOR = re.compile(r"[=(\[{<>+*/,:]\s*$")
_ATTACHED = re.compile(r"[\w\])]+$")
# Behind an attached bracket these go on with an expression.
_GOES_ON = re.compile(r"\s*(?:[=(\[]|\.[a-z_]\w*\()")


def read_markers(text: str, verbatim: str = "") -> tuple[str, tuple[int, ...]]:
    """(the text without its markers, the numbers that they name in order).

    Args:
        verbatim: What the sources say: a bracket that stands there with the word before it is theirs.
    """
    numbers: list[int] = []
    text = _PRIVATE.sub(lambda match: _turns(match, numbers), text)
    text = _PRIVATE_LEFT.sub("", text)
    code = [match.span() for match in _CODE.finditer(text)]

    def taken(match: re.Match[str]) -> str:
        found = list(_numbers(match))
        if not found or _in_code(match, code) or _of_expression(text, match, verbatim):
            return match.group()
        numbers.extend(found)
        return ""

    bare = _MARKER.sub(taken, text)
    return re.sub(r"[ \t]+([.,;:!?])(?=\s|$)", r"\1", bare).strip(), tuple(dict.fromkeys(numbers))


def is_footnote(line: str) -> bool:
    """Whether the line only says what a marker stands for ("[^1]: Data retention policy")."""
    return _FOOTNOTE.match(line) is not None


def only_markers(text: str) -> tuple[int, ...] | None:
    """The numbers of a line that has nothing but markers ("Sources: [1], [3]"); None for any other."""
    line = text.strip().strip("*_ ")
    bare, numbers = read_markers(line)
    if numbers and (not re.sub(r"[\W_]+", "", bare) or _LIST_OF_SOURCES.match(bare)):
        return numbers
    plain = re.fullmatch(rf"\W*{_WORD}\W+({_NUMBERS})\W*", line, re.IGNORECASE)
    return tuple(_ranges(plain.group(1))) if plain else None


def _turns(match: re.Match[str], numbers: list[int]) -> str:
    numbers.extend(int(one) + 1 for one in _TURN.findall(match.group("ids")))
    return ""


def _in_code(match: re.Match[str], code: list[tuple[int, int]]) -> bool:
    return any(begin <= match.start() < end for begin, end in code)


def _numbers(match: re.Match[str]) -> Iterator[int]:
    if match["raised"]:
        yield from (int(one) for one in match["raised"].translate(_RAISED).replace("˒", " ").replace(",", " ").split())
        return
    written = next(match[name] for name in ("square", "word", "sup", "round", "last") if match[name])
    yield from _ranges(written)


def _ranges(written: str) -> Iterator[int]:
    for first, last in re.findall(r"(\d+)(?:\s*[–-]\s*(\d+))?", written):
        begin, end = int(first), int(last or first)
        if begin >= 1 and end - begin < _MOST_IN_A_RANGE:
            yield from range(begin, end + 1)


def _of_expression(text: str, match: re.Match[str], verbatim: str) -> bool:
    """Whether the bracket is part of what is written, and no reference."""
    before, whole = text[: match.start()], match.group()
    if match["raised"]:
        return bool(re.search(r"\b[kcdm]?m$", before))  # m², cm³
    if not match["square"]:
        return False
    if _OPERATOR.search(before) and not re.search(r"[:,]\s*$", before):
        return True
    attached = _ATTACHED.search(before) if not whole[0].isspace() else None
    if attached is None:
        return False
    if verbatim and f"{attached.group()}{whole}" in verbatim:
        return True
    return _GOES_ON.match(text, match.end()) is not None and not text[match.end() :].lstrip().startswith(("[", "("))
