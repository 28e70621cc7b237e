"""What may be asked and shown: blocked phrases and topics, injected instructions, foreign links, personal data.

The rules of a deployment stand in the YAML file that `guardrails_file` names (see docs/answers.md):

    phrases:
      - match: ["salary of", "gehalt von"]
        message: Questions about salaries go to the people team.
        except_groups: [people-team]
    topics:
      - name: acquisitions
        examples: ["Which company are we buying?", "Is there a merger planned?"]
        message: Plans of this kind aren't discussed here.
        similarity: 0.62
    restrict:
      - match: ["termination", "layoff"]
        filter: document_type=policy
    links: {allow: ["*.example.com"]}
    redact: [email, phone, card, iban, ip]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field

from assistant.checks.injection import normalised, unaccented
from core.errors import SettingsError
from core.settings import Settings, validate
from core.text.invisible import is_invisible
from core.types import User
from core.yaml_text import load_yaml
from retrieval.query import Filter, all_of, parse_filter

Personal = Literal["email", "phone", "card", "iban", "ip", "ssn", "url"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PhraseRule(_Closed):
    """Questions with one of these phrases get the message instead of an answer."""

    match: tuple[str, ...] = Field(min_length=1)
    message: str
    groups: tuple[str, ...] = ()
    except_groups: tuple[str, ...] = ()


class TopicRule(_Closed):
    """Questions that mean about the same as an example get the message."""

    name: str
    examples: tuple[str, ...] = Field(min_length=1)
    message: str
    similarity: float = Field(default=0.6, ge=0, le=1)
    groups: tuple[str, ...] = ()
    except_groups: tuple[str, ...] = ()


class RestrictRule(_Closed):
    """Questions with one of these phrases are answered from documents that match the filter only."""

    match: tuple[str, ...] = Field(min_length=1)
    filter: str
    groups: tuple[str, ...] = ()
    except_groups: tuple[str, ...] = ()


class LinkRule(_Closed):
    """Hosts that an answer may link to, as patterns; documents' own addresses always may be."""

    allow: tuple[str, ...] = ()


class GuardrailsFile(_Closed):
    """The whole file."""

    phrases: tuple[PhraseRule, ...] = ()
    topics: tuple[TopicRule, ...] = ()
    restrict: tuple[RestrictRule, ...] = ()
    links: LinkRule = LinkRule()
    redact: tuple[Personal, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardrailVerdict:
    """What the rules say to a question. `refusal` is the message to show; empty lets the question through."""

    refusal: str = ""
    rule: str = ""
    filter: Filter | None = None


class Guardrails:
    """A deployment's rules, ready to be applied."""

    def __init__(self, rules: GuardrailsFile, encoder: Any) -> None:
        """Args: encoder: has `encode_query`; needed when there are topics."""
        self.rules = rules
        self._encoder = encoder
        self._examples = [np.stack([encoder.encode_query(e) for e in topic.examples]) for topic in rules.topics]

    def judge(self, question: str, user: User) -> GuardrailVerdict:
        """Whether the question may be answered for this person, and from what."""
        folded = _spellings(question)
        for phrase in self.rules.phrases:
            if _applies(phrase, user) and _matches(folded, phrase.match):
                return GuardrailVerdict(phrase.message, f"phrase {phrase.match[0]!r}")
        topics = [n for n, topic in enumerate(self.rules.topics) if _applies(topic, user)]
        if topics:
            vector = self._encoder.encode_query(question)
            for number in topics:
                topic = self.rules.topics[number]
                if float((self._examples[number] @ vector).max()) >= topic.similarity:
                    return GuardrailVerdict(topic.message, f"topic {topic.name}")
        limits = [
            parse_filter(rule.filter)
            for rule in self.rules.restrict
            if _applies(rule, user) and _matches(folded, rule.match)
        ]
        return GuardrailVerdict("", "restricted" if limits else "", all_of(*limits))

    def similarities(self, question: str) -> list[float]:
        """How near the question is to each topic's nearest example, -1..1, in the order of the rules."""
        if not self._examples:
            return []
        vector = self._encoder.encode_query(question)
        return [float((examples @ vector).max()) for examples in self._examples]


def load_guardrails(settings: Settings) -> GuardrailsFile:
    """The rules of `guardrails_file`; none when none is named.

    Raises:
        SettingsError: the file is missing or wrong.
    """
    if settings.guardrails_file is None:
        return GuardrailsFile()
    path = settings.path(settings.guardrails_file)
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError as error:
        raise SettingsError(f"guardrails_file names {path}, which doesn't exist; correct the path.") from error
    return _read(path, changed)


def parse_guardrails(text: str, place: Path) -> GuardrailsFile:
    """The rules that the text of a file says.

    Args:
        place: Where the text stands, for messages.

    Raises:
        SettingsError: it isn't YAML, has an unknown or a wrong key, or a wrong pattern.
        FilterError: a filter is wrong.
    """
    try:
        raw = load_yaml(text) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{place} is not valid YAML: {' '.join(str(error).split())}; mend that line.") from error
    rules = validate(GuardrailsFile, raw, place)
    for rule in rules.restrict:
        parse_filter(rule.filter)
    return rules


@lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> GuardrailsFile:
    # `changed` is part of the cache's key: a file that was written since is read anew.
    return parse_guardrails(path.read_text(encoding="utf-8"), path)


def _applies(rule: PhraseRule | TopicRule | RestrictRule, user: User) -> bool:
    groups = set(user.groups)
    return (not rule.groups or bool(groups & set(rule.groups))) and not groups & set(rule.except_groups)


def _spellings(question: str) -> tuple[str, ...]:
    """The question as phrases are looked for in it: accents off; marks within and between words gone, or blanks."""
    spread = "".join(" " if is_invisible(c) else c for c in question)
    folded = {unaccented(normalised(form)) for form in (question, spread)}
    joined = {re.sub(r"(?<=\w)[^\w\s]+(?=\w)", "", form).replace("_", "") for form in folded}
    spaced = {" ".join(re.sub(r"[\W_]+", " ", form).split()) for form in folded}
    # "s a l a r y": letters that stand alone, three or more in a row, are a word.
    letters = {re.sub(r"\b\w(?: \w\b){2,}", lambda m: m.group().replace(" ", ""), form) for form in spaced}
    return tuple(sorted(folded | joined | spaced | letters))


def _matches(folded: tuple[str, ...], phrases: Sequence[str]) -> bool:
    wanted = [re.compile(rf"(?<!\w){_worded(p)}(?!\w)") for p in phrases]
    return any(pattern.search(form) for pattern in wanted for form in folded)


def _worded(phrase: str) -> str:
    """The phrase's pattern: each word, or its plural in -s, -es and -ies."""
    words = unaccented(normalised(phrase)).split()
    return r"\s+".join(
        f"{re.escape(w[:-1])}(?:y|ies|ys)" if w.endswith("y") else f"{re.escape(w)}(?:e?s)?" for w in words
    )
