"""What a mail quotes of the messages before it: kept apart from what its writer says, under who wrote it and when.

Known are ">" at the beginning of lines, "On … wrote:", and the block of headers that Outlook puts above a reply, in
English, German, French, Spanish, Italian and Dutch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from core.types import Section
from ingestion.parse.draft import Draft, one_line

_WROTE = re.compile(
    r"(?:on|am|le|el|il|op)\b.{5,250}?"
    r"(?:\bwrote|\bschrieb\b[^:]{0,120}|a écrit|\bescribió|ha scritto|\bschreef[^:]{0,120})\s*:\s*",
    re.IGNORECASE | re.DOTALL,
)
_FROM = re.compile(r"\W{0,3}(?:from|von|de|da|van)\s?:\W{0,3}\s*(\S.*)", re.IGNORECASE)
_SENT = re.compile(
    r"\W{0,3}(?:sent|date|gesendet|datum|envoyé|enviado(?: el)?|fecha|inviato|data|verzonden)\s?:\W{0,3}\s*(\S.*)",
    re.IGNORECASE,
)
_OTHER_HEADER = re.compile(
    r"\W{0,3}(?:to|cc|bcc|subject|an|betreff|kopie|à|objet|para|asunto|a|oggetto|aan|onderwerp|importance|priorität)"
    r"\s?:.*",
    re.IGNORECASE,
)
_DIVIDER = re.compile(
    r"[-_=*\s]*(?:(?:original|forwarded) message|(?:ursprüngliche|weitergeleitete) nachricht|message (?:d['’]origine|"
    r"transféré)|mensaje (?:original|reenviado)|messaggio (?:originale|inoltrato)|oorspronkelijk bericht)"
    r"[-_=*:\s]*|_{8,}",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^\s*((?:>\s?)+)")
_HEADER_LINES = 8
_ANSWERED_CHARS = 150
_EARLIER = "Earlier message"


def write_message_text(draft: Draft, sections: Iterable[Section]) -> None:
    """Writes a mail's text to `draft`: the writer's own words as text, what is quoted as sections of kind "history"."""
    writer = _Writer(draft)
    for section in sections:
        writer.section(section)
    writer.close()


class _Writer:
    """Goes through a mail's lines.

    Attributes:
        under: The headings that it stands under.
        attribution: Who wrote what is being read, and when; empty for the mail's own writer.
        marked: Each quoted line begins with ">", so that the quotation ends where that ends.
    """

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.attribution = ""
        self.marked = False
        self.lines: list[str] = []
        self.answered = ""
        self.under: tuple[str, ...] = ()

    def section(self, section: Section) -> None:
        """A section as the parser of the body made it."""
        if section.kind != "text":
            self.close()
            path = (*self.draft.heading_path, *filter(None, [self.attribution]), *section.heading_path)
            self.draft.include_section(replace(section, heading_path=path))
            return
        if section.heading_path != self.under:
            self.close()
            self.under = section.heading_path
        lines = section.text.split("\n")
        while lines:
            del lines[: self._line(lines)]
        self.lines.append("")

    def _line(self, lines: list[str]) -> int:
        """Takes in the first of the lines; how many were read with it."""
        match = _QUOTED.match(lines[0])
        bare = [_QUOTED.sub("", line, count=1) for line in lines[: _HEADER_LINES + 1]]
        said, read = _attribution(bare)
        if said:
            following = next((line for line in lines[read:] if line.strip()), "")
            self._begin(said, marked=bool(match or _QUOTED.match(following)))
        elif match and not self.attribution:
            self._begin(_EARLIER, marked=True)
            self.lines.append(bare[0])
        elif self.attribution and self.marked and not match and bare[0].strip():
            self._back()
            self.lines.append(lines[0])
        elif not _DIVIDER.fullmatch(bare[0].strip()):
            self.lines.append(bare[0])
        return read

    def _begin(self, attribution: str, *, marked: bool) -> None:
        self.close()
        self.attribution, self.marked = attribution, marked

    def _back(self) -> None:
        """The mail's own writer goes on below a quotation: an answer to its last lines."""
        self.answered = next((line for line in reversed(self.lines) if line.strip()), "")
        self.close()
        self.attribution, self.marked = "", False

    def close(self) -> None:
        """Writes what has been gathered."""
        text, self.lines = "\n".join(self.lines).strip(), []
        if not text:
            return
        path = self.draft.heading_path
        if self.attribution:
            self.draft.add(text, "history", "earlier message", (*path, self.attribution, *self.under))
        elif self.answered:
            path = (*path, *self.under, f"In answer to: {one_line(self.answered)[:_ANSWERED_CHARS]}")
            self.draft.add(text, "text", "", path)
        elif self.under:
            self.draft.add(text, "text", "", (*path, *self.under))
        else:
            self.draft.text(text)


def _attribution(lines: list[str]) -> tuple[str, int]:
    """(who wrote what follows and when, how many lines say so); ("", 1) where the first line says no such thing."""
    start = next((n for n, line in enumerate(lines) if line.strip() and not _DIVIDER.fullmatch(line.strip())), None)
    if start is None or (start and not _DIVIDER.fullmatch(lines[0].strip())):
        return "", 1
    for count in (1, 2, 3):
        joined = " ".join(line.strip() for line in lines[start : start + count])
        if _WROTE.fullmatch(joined):
            return f"{_EARLIER}: {one_line(joined).rstrip(':')}", start + count
    sender = _FROM.fullmatch(lines[start].strip())
    if sender is None:
        return "", 1
    sent, end = "", start + 1
    while end < len(lines):
        line = lines[end].strip()
        date = _SENT.fullmatch(line)
        if date is None and not _OTHER_HEADER.fullmatch(line):
            break
        sent, end = (date[1] if date and not sent else sent), end + 1
    return (f"{_EARLIER}: {one_line(sender[1])}, {one_line(sent)}", end) if sent else ("", 1)
