"""Which statement may lead an answer, and whether it can be the whole of it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answers.evidence import QuestionContext, ScoredStatement
from assistant.answers.lists import says_something
from assistant.answers.otherwise import newest_first, stating_first
from assistant.answers.subject import names_known
from assistant.answers.validity import asked_window, asks_for_past, in_force
from core.text.facts import numbers
from core.types import Passage

# A statement beside the leading one may have the number asked for, if it scores at most this much lower.
_NEAR = 3.0


def in_order(
    asked: QuestionContext, evidence: Sequence[ScoredStatement], passages: Sequence[Passage]
) -> tuple[ScoredStatement, ...]:
    """The statements without titles, headings and lead-ins that nothing is shown with; the newest of several leads."""
    whole = asked.expected == "open"
    kept = [e for e in evidence if says_something(e, passages, whole=whole)] or list(evidence)
    window = asked_window(asked.text)
    if window is not None and kept:
        kept = stating_first(kept, window)
    elif not asks_for_past(asked.text):
        kept = newest_first(kept, asked.terms)
    return tuple(kept)


def can_answer(
    asked: QuestionContext, evidence: Sequence[ScoredStatement], passages: Sequence[Passage], language: str
) -> bool:
    """Whether the leading statement can be the whole answer.

    It can't where it doesn't hold at the time asked about, where the number that is asked for stands neither in
    it nor in the next, where no passage has a name that the question has, and where it is a table's row though the
    question has a word that no passage has: that may be the label of another row.
    """
    window = asked_window(asked.text)
    holds = not evidence or window is None or in_force(evidence[0].passage.chunk, window)
    if evidence and evidence[0].cells and any(term not in asked.weight for term in asked.terms):
        return False
    return holds and names_known(asked.text, passages, language) and _offers(asked, evidence)


def _offers(asked: QuestionContext, evidence: Sequence[ScoredStatement]) -> bool:
    near = [e for e in evidence[:2] if e.score >= evidence[0].score - _NEAR]
    if asked.expected == "number":
        return not near or any(not fact.soft for e in near for fact in numbers(e.span.text))
    # "When?" has answers without a day: at noon, after 30 days, when the customer has paid.
    return True
