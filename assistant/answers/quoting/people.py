"""Who could know: the people who keep, wrote or last changed the documents nearest to a question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answers.form.wording import say
from core.text.programs import is_program
from core.types import Passage

# Whoever keeps a document true knows most about it today, whoever wrote it next.
_ROLES = ("owner", "authors", "modified_by", "last_modified_by", "consultant")
_ASKS = re.compile(
    r"\bwho(?:m)?\b.{0,30}\b(?:knows?|could know|ask|talk to|speak to|turn to|contact)\b.{0,20}\b(?:about|on|for)\b"
    r"|\bwho (?:is|are) (?:the |our )?experts?\b|\bwho has (?:experience|expertise)\b"
    r"|\bwer (?:weiß|kennt sich|könnte|hat erfahrung)|\bwen (?:kann|könnte|soll) ich\b.{0,40}\bfragen\b"
    r"|\bqui (?:sait|connaît|pourrait savoir)|\bà qui (?:puis-je|peut-on|dois-je) (?:demander|parler|m'adresser)"
    r"|\bqui[eé]n (?:sabe|podría saber|conoce)|\ba qui[eé]n (?:puedo|podría|debo) preguntar",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class KnowledgeablePerson:
    """Somebody who may know, as the documents name them, and the nearest of their documents."""

    name: str
    passage: Passage


def asks_for_people(question: str) -> bool:
    """Whether the question is "who knows about …?" rather than what the documents say."""
    return _ASKS.search(question) is not None


def who_could_know(passages: Sequence[Passage], limit: int = 3) -> list[KnowledgeablePerson]:
    """Up to `limit` people of the documents that the asking person may read, nearest document first."""
    found: dict[str, KnowledgeablePerson] = {}
    for passage in passages:
        for value in _people_of(passage):
            found.setdefault(_key(value), KnowledgeablePerson(_readable(value), passage))
    return list(found.values())[:limit]


def sentence_of(people: Iterable[KnowledgeablePerson], language: str = "en") -> str:
    """ "Who could know: Ana Ruiz (“Retention policy”), …"; empty without people."""
    named = [f"{p.name} (“{p.passage.chunk.title or p.passage.chunk.document_id}”)" for p in people]
    return say("know", language, people=", ".join(named)) if named else ""


def _people_of(passage: Passage) -> list[str]:
    metadata = passage.chunk.metadata
    for role in _ROLES:
        value = metadata.get(role)
        values = value if isinstance(value, tuple) else (value,)
        people = [v.strip() for v in values if isinstance(v, str) and v.strip() and not is_program(v)]
        if people:
            return people[:2]
    return []


def _readable(value: str) -> str:
    """ "ana.ruiz@x.com" as "Ana Ruiz <ana.ruiz@x.com>", so that she can be written to; a name as it is."""
    account, at, _ = value.partition("@")
    if not at:
        return value
    name = " ".join(part.capitalize() for part in re.split(r"[._-]+", account) if part.isalpha())
    return f"{name} <{value}>" if " " in name else value


def _key(value: str) -> str:
    account = value.partition("@")[0]
    return " ".join(re.split(r"[\s._-]+", account.casefold()))
