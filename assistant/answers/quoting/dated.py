"""What is said beside a quote of its time: since when it holds, and which other source says another number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from assistant.answers.form.citations import Composer
from assistant.answers.form.wording import Phrase, say
from assistant.answers.reading.evidence import QuestionContext, ScoredStatement
from assistant.answers.reading.otherwise import said_on, said_otherwise, sent_on
from assistant.events import Event
from core.text.locale import long_date
from core.types import Chunk

_MOST = 2


def differing(
    asked: QuestionContext, lead: ScoredStatement, others: Sequence[ScoredStatement], composer: Composer, language: str
) -> Iterator[Event]:
    """A line for each other source that says the same as `lead` with another number, the older one named as that."""
    for one in said_otherwise(lead, others, asked.terms)[:_MOST]:
        mine, theirs = lead.passage.chunk, one.statement.passage.chunk
        line = say(
            _phrase(said_on(mine), said_on(theirs)),
            language,
            title=_title(mine),
            when=bracketed(mine, language),
            said=one.said,
            other=_title(theirs),
            other_when=bracketed(theirs, language),
            before=one.other,
        )
        quote = (one.statement.passage, one.statement.span.begin, one.statement.span.end)
        yield composer.add(line, [quote], "\n\n")


def stated(chunk: Chunk, language: str) -> str:
    """ "“Travel policy” states its validity: version 5, valid from 1 July 2026."; empty if it states none."""
    when = _when(chunk, language, stated_only=True)
    return say("states", language, title=_title(chunk), when=when) if when else ""


def earlier_message(chunk: Chunk) -> str:
    """Whose earlier message a mail quotes here, and of when; empty for what is no quotation."""
    return chunk.heading_path[-1] if chunk.kind == "history" and chunk.heading_path else ""


def _phrase(mine: tuple[date, date] | None, theirs: tuple[date, date] | None) -> Phrase:
    if mine is None or theirs is None or mine == theirs:
        return "sources_differ"
    return "versions_differ" if mine > theirs else "later_differs"


def _title(chunk: Chunk) -> str:
    return chunk.title or chunk.document_id


def bracketed(chunk: Chunk, language: str) -> str:
    """ " (version 5, valid from 1 July 2026)": of when the document is; empty if nothing says so."""
    when = earlier_message(chunk) or _when(chunk, language)
    return f" ({when})" if when else ""


def _when(chunk: Chunk, language: str, *, stated_only: bool = False) -> str:
    """The version and the days of validity that the document states; else the day of its last change."""
    named: tuple[Phrase, ...] = ("valid_from", "valid_until")
    days = [say(name, language, value=long_date(day, language)) for name in named if (day := chunk.metadata.get(name))]
    if stated_only and not days:
        return ""
    version = chunk.metadata.get("version")
    parts = [say("version", language, value=str(version))] if version and days else []
    if days:
        return ", ".join([*parts, *days])
    if as_of := chunk.metadata.get("as_of"):
        return say("as_of", language, value=long_date(as_of, language))
    if sent := sent_on(chunk):
        return say("sent_on", language, value=long_date(sent, language))
    changed = chunk.metadata.get("updated_at") or chunk.metadata.get("created_at")
    return say("changed_on", language, value=long_date(changed, language)) if changed else ""
