"""Whole sentences out of longer texts: what an inquiry asks, and the beginning of a passage that fits a letter."""

from __future__ import annotations

import re

from apps.language.app_file import AppFile
from core.text.sentences import sentence_texts
from core.text.words import terms

# A question that isn't put as one.
_WANTS = re.compile(
    r"\b(?:wants?|would like|need) to (?:know|understand)\b"
    r"|\b(?:could|can) you (?:please )?(?:tell|explain|say|describe)"
    r"|\bplease (?:tell|explain|advise|describe)\b|\b(?:möchten?|wollen|würden?) .{0,40}\bwissen\b|\berklären Sie\b"
    r"|\b(?:quisier\w+|querem\w*|quiere\w*|me gustaría|nos gustaría) saber\b|\bexplíqu\w+|\bexpliquen?\b"
    r"|\b(?:souhait\w+|aimer\w+|voudr\w+) (?:savoir|comprendre)\b|\bexpliquez\b"
    r"|\bmerci de (?:nous )?(?:dire|expliquer)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"^(?:\d+[.)]|(?:and |und |y |et )?(?:first|second|third|fourth|last|another|finally|erstens|zweitens|drittens|"
    r"primero|segundo|tercero|premièrement|deuxièmement|troisièmement)(?: question| frage| pregunta)?)\s*[:,]\s*",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^(?:From|To|Cc|Date|Subject|Von|An|Betreff|De|Para|Asunto|À|Objet):.*$\n?", re.MULTILINE)
_MARKS = re.compile(r"^\s*(?:[-*•▪]|\d{1,3}[.)])\s+|\*\*|__")
# A question of fewer content words can't be understood without what it is about.
_BRIEF = 3


def questions_in(inquiry: object, most: int = 4) -> list[str]:
    """The questions of a text or a mail, each to be understood alone; the text itself where it asks none."""
    text, title = (inquiry.text, inquiry.parsed.title) if isinstance(inquiry, AppFile) else (str(inquiry or ""), "")
    body = _HEADER.sub("", text).strip()
    asked = []
    for sentence in sentence_texts(body):
        if sentence.endswith("?") or _WANTS.search(sentence):
            question = _ORDINAL.sub("", sentence)
            brief = len(set(terms(question))) < _BRIEF
            asked.append(f"{title}: {question}" if brief and title else question[:1].upper() + question[1:])
    return asked[:most] or [" ".join(body.split())[:1000]]


def excerpt(text: object, chars: int = 400) -> str:
    """The first whole sentences of a passage, as many as fit; without tables, headings, list and emphasis marks."""
    sentences: list[str] = []
    for line in str(text).splitlines():
        if line.lstrip().startswith(("|", "#")) or not line.strip():
            continue
        plain = _MARKS.sub("", line).strip()
        closed = plain if plain.endswith((".", "!", "?", "…", ":", ";")) else f"{plain}."
        sentences += sentence_texts(closed)
    kept: list[str] = []
    for sentence in sentences:
        if kept and len(" ".join([*kept, sentence])) > chars:
            break
        kept.append(sentence)
    found = " ".join(kept).removesuffix(":").strip()
    if len(found) <= chars * 2:
        return found
    return found[: chars - 1].rsplit(" ", 1)[0] + "…"
