"""Instructions to a language model that hide in documents, attachments and questions: scored and defused.

Sources are data. What reads like an instruction in them never reaches a model, and no source can bring about an
action, a route or a citation, whatever it says.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

import yaml

from core.text.invisible import bare, count_hidden, visible

# A line of a source that scores this much is taken out before a model reads it.
_NEUTRALISE_FROM = 0.5
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝгАВЕКМНОРСТХІЅЈοΑΒΕΖΗΙΚΜΝΟΡΤΥΧօɑᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "aeopcyxijsdhqwrABEKMHOPCTXISJoABEZHIKMNOPTYXoaabcdefghijklmnoprstuvwyz",
)


def normalised(text: str) -> str:
    """Text as rules compare it: without invisible characters, look-alike letters made Latin, folded, one space."""
    plain = unicodedata.normalize("NFKC", bare(text))
    if re.search(r"[A-Za-z]", plain):
        # Only words that mix alphabets are disguised; a Russian sentence stays Russian.
        plain = re.sub(r"\S*[A-Za-z]\S*", lambda m: m.group().translate(_LOOKALIKES), plain)
    return " ".join(plain.casefold().split())


def unaccented(text: str) -> str:
    """The text without accents and strokes over its letters."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def injection_score(text: str) -> float:
    """0..1: how much the text reads like an instruction to a language model rather than to a person."""
    plain = unicodedata.normalize("NFKC", bare(text))
    doubt = 1.0
    for weight, pattern in _patterns():
        if pattern.search(plain) or pattern.search(normalised(plain)):
            doubt *= 1 - weight
    if count_hidden(text) > 20:
        doubt *= 0.5
    return round(1 - doubt, 4)


def neutralised(text: str) -> str:
    """The text with invisible characters gone and lines that instruct a model marked as quoted and defused."""
    lines = []
    for line in visible(text).split("\n"):
        if injection_score(line) >= _NEUTRALISE_FROM:
            lines.append(f"[a passage that addresses a language model was taken out: {len(line)} characters]")
        else:
            lines.append(line)
    return "\n".join(lines)


@cache
def _patterns() -> tuple[tuple[float, re.Pattern[str]], ...]:
    entries = yaml.safe_load(files("assistant.checks").joinpath("injection.yaml").read_text(encoding="utf-8"))
    return tuple((float(e["weight"]), re.compile(e["pattern"], re.IGNORECASE | re.DOTALL)) for e in entries)
