"""The characters that a reader can't see: the one set, for what is stored, what is compared and what is watched for."""

from __future__ import annotations

import re

# Controls, zero-width characters, bidi controls, variation selectors, tag characters, private use and unassigned
# noncharacters. An instruction can be hidden in them; no word needs them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff]"
)
_JOINER = re.compile("[\u200c\u200d]")
# The two joiners shape words in Arabic and Indic scripts; anywhere else they are invisible too.
_STRAY_JOINER = re.compile("(?<![\u0600-\u08ff\u0900-\u0dff\u0e00-\u109f\u1780-\u17ff])[\u200c\u200d]")
# Four controls count as white space and may stand between two words, which must not become one.
_SEPARATOR = re.compile("[\x1c-\x1f]")
_NO_XML = re.compile("[\x0b\x0c]")
# Glyphs of symbol fonts, such as Word's bullets, are drawn: who pastes a list hides nothing.
_GLYPH = re.compile("[\ue000-\uf8ff]")


def visible(text: str) -> str:
    """`text` without invisible characters, as it is stored and shown; the joiners that shape a word stay."""
    return _STRAY_JOINER.sub("", _INVISIBLE.sub("", text))


def bare(text: str) -> str:
    """`text` without invisible characters and without any joiner: for comparing, never for showing."""
    return _JOINER.sub("", _INVISIBLE.sub("", _SEPARATOR.sub(" ", text)))


def printable(text: str) -> str:
    """`text` as office files may hold it: what XML has no place for, such as a form feed or half a letter, is out."""
    return _NO_XML.sub(" ", visible(text))


def is_invisible(character: str) -> bool:
    """Whether nobody sees the character."""
    return _INVISIBLE.match(character) is not None


def count_hidden(text: str) -> int:
    """How many characters of `text` nobody sees; the glyphs of symbol fonts don't count."""
    return len(text) - len(visible(text)) - len(_GLYPH.findall(text))
