"""What guardrails would do to the questions that people have asked, beside what the saved ones do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.checks.guardrails import Guardrails, GuardrailVerdict
from assistant.records.usage import AskedQuestion
from core.identity import Directory
from core.types import User


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A question that would be treated otherwise than now."""

    question: str
    user: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What the rules do to a number of questions: refused and limited, now and then."""

    questions: int
    refused: tuple[int, int]
    limited: tuple[int, int]
    changes: tuple[VerdictChange, ...]


def effect(questions: Sequence[AskedQuestion], directory: Directory, before: Guardrails, after: Guardrails) -> Effect:
    """The effect on these questions, each judged for the person who asked it."""
    verdicts = []
    for question in questions:
        listed = question.user in directory.entries
        user = directory.user(question.user) if listed else User(question.user, directory.groups_of(question.user))
        verdicts.append((question, before.judge(question.question, user), after.judge(question.question, user)))
    changes = tuple(
        VerdictChange(question.question, question.user, said(was), said(now))
        for question, was, now in verdicts
        if said(was) != said(now)
    )
    return Effect(
        len(verdicts),
        (sum(bool(was.refusal) for _, was, _ in verdicts), sum(bool(now.refusal) for _, _, now in verdicts)),
        (sum(_limited(was) for _, was, _ in verdicts), sum(_limited(now) for _, _, now in verdicts)),
        changes,
    )


def said(verdict: GuardrailVerdict) -> str:
    """A verdict in a few words."""
    if verdict.refusal:
        return f"refused by {verdict.rule}: {verdict.refusal}"
    return f"limited to {verdict.filter}" if verdict.filter is not None else "goes through"


def _limited(verdict: GuardrailVerdict) -> bool:
    return not verdict.refusal and verdict.filter is not None
